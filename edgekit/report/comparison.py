"""A comparison in words: what changed from the baseline, and what each gate says about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from edgekit.bench.compare import Verdict, find_value
from edgekit.bench.result import BenchmarkResult
from edgekit.report.tables import ABSENT, format_accuracy
from edgekit.units import format_bytes, format_count, format_energy_uj, format_latency_us, format_ratio

_QUANTITIES: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("latency median", "latency_us.median", format_latency_us),
    ("latency p99", "latency_us.p99", format_latency_us),
    ("instructions", "instructions.median", lambda value: format_count(round(value))),
    ("modelled cycles", "cycles_modelled.median", lambda value: format_count(round(value))),
    ("model size", "memory.model_bytes", lambda value: format_bytes(round(value))),
    ("arena", "memory.arena_bytes", lambda value: format_bytes(round(value))),
    ("flash", "memory.flash_bytes", lambda value: format_bytes(round(value))),
    ("RSS", "memory.rss_bytes", lambda value: format_bytes(round(value))),
    ("energy", "energy_uj.value", format_energy_uj),
    ("accuracy", "accuracy.value", format_ratio),
)


def comparison_cells(
    baseline: BenchmarkResult | None, results: Sequence[BenchmarkResult]
) -> tuple[list[str], list[list[str]]]:
    """One row a result, the baseline first; columns that nobody measured are left out."""
    everyone = [*([baseline] if baseline is not None else []), *results]
    used = [
        each for each in _QUANTITIES if any(find_value(result, each[1]) is not None for result in everyone)
    ]
    columns = ["model", "device", *(title for title, _, _ in used)]
    rows = []
    for result in everyone:
        device = result.device + (" (emulated)" if result.emulated else "")
        name = result.model.name + (" (baseline)" if result is baseline else "")
        reference = None if result is baseline else baseline
        rows.append([name, device, *(_cell(result, reference, key, unit) for _, key, unit in used)])
    return columns, rows


def _cell(
    result: BenchmarkResult, baseline: BenchmarkResult | None, key: str, unit: Callable[[float], str]
) -> str:
    value = find_value(result, key)
    if value is None:
        return ABSENT
    before = find_value(baseline, key) if baseline is not None else None
    if key == "accuracy.value":
        return _accuracy_cell(result, baseline)
    # Times of an emulator and of silicon have different keys, so no change is ever shown between them.
    return unit(value) if before is None else f"{unit(value)} ({format_change(value, before, key)})"


def _accuracy_cell(result: BenchmarkResult, baseline: BenchmarkResult | None) -> str:
    """Metrics of two kinds stand beside each other without a change between them."""
    found, before = result.accuracy, None if baseline is None else baseline.accuracy
    assert found is not None  # noqa: S101  the caller has seen its value
    if before is None or before.metric != found.metric:
        return format_accuracy(found)
    if found.metric == "top1":
        return f"{format_accuracy(found)} ({format_change(found.value, before.value, 'accuracy.value')})"
    return f"{format_accuracy(found)} ({found.value - before.value:+.4f})"


def format_change(value: float, before: float, key: str) -> str:
    """A percentage of the baseline; accuracies, which are percentages already, change by points."""
    if key == "accuracy.value":
        return f"{(value - before) * 100:+.2f} points"
    if not before:
        return "unchanged" if value == before else "from 0"
    return f"{(value - before) / before:+.1%}"


def verdict_cells(
    verdicts: Sequence[tuple[BenchmarkResult, Verdict]],
) -> tuple[list[str], list[list[str]]]:
    rows = [
        [
            "FAILED" if verdict.failed else "passed",
            verdict.gate.text,
            result.model.name,
            result.device,
            f"{verdict.value:g}",
            ABSENT if verdict.baseline is None else f"{verdict.baseline:g}",
            _compared(verdict),
        ]
        for result, verdict in verdicts
    ]
    return ["verdict", "gate", "model", "device", "value", "baseline", "change"], rows


def verdict_json(result: BenchmarkResult, verdict: Verdict) -> dict[str, Any]:
    record: dict[str, Any] = {
        "gate": verdict.gate.text,
        "model": result.model.name,
        "device": result.device,
        "value": verdict.value,
        "failed": verdict.failed,
    }
    if verdict.baseline is not None:
        record["baseline"] = verdict.baseline
        record["change"] = verdict.value - verdict.baseline
    return record


def _compared(verdict: Verdict) -> str:
    if verdict.baseline is None:
        return ABSENT
    return f"{verdict.compared:+.2%}" if verdict.gate.kind == "relative" else f"{verdict.compared:+g}"
