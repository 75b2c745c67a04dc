"""Results as rows of text, the same for the terminal and for the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.bench.result import Accuracy, BenchmarkResult, BitExact, Distribution, Energy
from edgekit.runtime_options import EDGEKIT
from edgekit.units import format_bytes, format_count, format_latency_us, format_ratio

ABSENT = "–"

COLUMNS = (
    "model",
    "device",
    "latency / instructions",
    "p99",
    "arena",
    "flash",
    "RSS",
    "energy",
    "model size",
    "accuracy",
    "bit-exact",
)


@dataclass(frozen=True)
class Row:
    """One result in words; every cell is text, `ABSENT` where nothing was measured."""

    model: str
    device: str
    time: str
    tail: str
    arena: str
    flash: str
    rss: str
    energy: str
    model_size: str
    accuracy: str
    bit_exact: str

    def cells(self) -> tuple[str, ...]:
        return (
            self.model, self.device, self.time, self.tail, self.arena, self.flash, self.rss, self.energy,
            self.model_size, self.accuracy, self.bit_exact,
        )  # fmt: skip


def result_row(result: BenchmarkResult) -> Row:
    memory = result.memory
    return Row(
        model=result.model.name,
        device=device_cell(result),
        time=time_cell(result),
        tail=format_latency_us(result.latency_us.p99) if result.latency_us else ABSENT,
        arena=bytes_cell(memory.arena_bytes),
        flash=bytes_cell(memory.flash_bytes),
        rss=bytes_cell(memory.rss_bytes),
        energy=energy_cell(result.energy_uj),
        model_size=format_bytes(memory.model_bytes),
        accuracy=accuracy_cell(result.accuracy),
        bit_exact=bit_exact_cell(result.bit_exact),
    )


def table_cells(results: Sequence[BenchmarkResult]) -> tuple[list[str], list[list[str]]]:
    """Columns and rows, without the columns in which nothing was measured on any device."""
    rows = [result_row(each).cells() for each in results]
    kept = [i for i in range(len(COLUMNS)) if i < 2 or any(row[i] != ABSENT for row in rows)]
    return [COLUMNS[i] for i in kept], [[row[i] for i in kept] for row in rows]


def device_cell(result: BenchmarkResult) -> str:
    """The device, and what of it makes its numbers unlike those of others."""
    if result.emulated:
        return f"{result.device} (emulated)"
    return f"{result.device} (reference kernels)" if uses_slow_kernels(result) else result.device


def uses_slow_kernels(result: BenchmarkResult) -> bool:
    """Reference kernels of a Linux runtime are exact and many times slower than what it would use by itself."""
    return (
        result.hardware.kind == "linux"
        and result.options.kernels == "reference"
        and result.options.runtime != EDGEKIT
    )


def time_cell(result: BenchmarkResult) -> str:
    """Microseconds of a real device; instructions, never time, of an emulated one."""
    if result.instructions is not None:
        return f"{format_instructions(result.instructions)} instructions"
    return format_latency_us(result.latency_us.median) if result.latency_us is not None else ABSENT


def format_instructions(counted: Distribution) -> str:
    return format_count(round(counted.median))


def bytes_cell(num_bytes: int | None) -> str:
    return ABSENT if num_bytes is None else format_bytes(num_bytes)


def energy_cell(energy: Energy | None) -> str:
    if energy is None:
        return ABSENT
    return format_energy(energy) + ("" if energy.scope == "board" else " (rails)")


def format_energy(energy: Energy) -> str:
    """Value and uncertainty in one unit, with the digits that the uncertainty leaves."""
    unit, size = next(
        each
        for each in (("J", 1e6), ("mJ", 1e3), ("µJ", 1.0))
        if abs(energy.value) >= each[1] or each[1] == 1.0
    )
    uncertainty = energy.uncertainty / size
    digits = min(6, max(0, 1 - math.floor(math.log10(uncertainty)))) if uncertainty > 0 else 2
    return f"{energy.value / size:.{digits}f} ± {uncertainty:.{digits}f} {unit}"


def accuracy_cell(accuracy: Accuracy | None) -> str:
    if accuracy is None:
        return ABSENT
    interval = accuracy.confidence_interval
    if accuracy.metric != "top1":
        return f"{format_accuracy(accuracy)} [{interval.low:.3f}, {interval.high:.3f}]"
    return f"{format_accuracy(accuracy)} [{interval.low * 100:.1f}, {interval.high * 100:.1f}]"


def format_accuracy(accuracy: Accuracy) -> str:
    """A share of the samples as a percentage; an area under a curve is none, and says so."""
    if accuracy.metric != "top1":
        return f"{metric_name(accuracy)} {accuracy.value:.3f}"
    return format_ratio(accuracy.value)


def metric_name(accuracy: Accuracy) -> str:
    return "accuracy" if accuracy.metric == "top1" else accuracy.metric.upper()


def bit_exact_cell(exact: BitExact | None) -> str:
    if exact is None:
        return ABSENT
    if exact.equal:
        return f"equal, {exact.num_samples}/{exact.num_samples}"
    if exact.within_tolerance:
        return f"within {exact.tolerance_lsb} LSB, {exact.num_samples}/{exact.num_samples}"
    largest = "" if exact.max_abs_difference is None else f", max {exact.max_abs_difference:g}"
    return f"differs, {exact.num_different}/{exact.num_samples}{largest}"
