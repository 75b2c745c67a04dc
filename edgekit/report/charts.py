"""Which plots a set of results gives; latencies and emulated instructions are never in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from edgekit.bench.result import BenchmarkResult
from edgekit.report import plots
from edgekit.report.tables import metric_name


@dataclass(frozen=True)
class Plot:
    title: str
    svg: Markup
    legend: list[tuple[str, str]]
    note: str = ""


def draw_charts(results: Sequence[BenchmarkResult]) -> list[Plot]:
    """Each metric has plots of its own."""
    by_metric: dict[str, list[tuple[int, BenchmarkResult]]] = {}
    for number, each in enumerate(results, start=1):
        if each.accuracy is not None:
            by_metric.setdefault(metric_name(each.accuracy), []).append((number, each))
    return [plot for metric, numbered in by_metric.items() for plot in _draw_metric(metric, numbered)]


def _draw_metric(metric: str, numbered: Sequence[tuple[int, BenchmarkResult]]) -> list[Plot]:
    drawn = []
    sizes = {
        (each.model.sha256, each.model.name, each.accuracy): (number, each)
        for number, each in reversed(numbered)
    }
    if sizes:
        points = [_point(number, each, each.model.num_bytes, 0) for number, each in reversed(sizes.values())]
        axis = plots.size_axis([p.x for p in points])
        drawn.append(_plot("against model size", metric, points, axis, "size", []))
    timed = [
        (number, each, each.latency_us.median) for number, each in numbered if each.latency_us is not None
    ]
    if timed:
        axis = plots.latency_axis([x for _, _, x in timed])
        drawn.append(_device_plot("against latency", metric, timed, axis, "latency"))
    counted = [
        (number, each, each.instructions.median) for number, each in numbered if each.instructions is not None
    ]
    if counted:
        axis = plots.instructions_axis([x for _, _, x in counted])
        note = "Instructions of an emulated core. They are not time, and stand beside no latency."
        title = "against instructions (emulated)"
        drawn.append(_device_plot(title, metric, counted, axis, "instructions", note))
    return drawn


def _device_plot(
    title: str,
    metric: str,
    timed: Sequence[tuple[int, BenchmarkResult, float]],
    axis: plots.Axis,
    name: str,
    note: str = "",
) -> Plot:
    devices = list(dict.fromkeys(each.device for _, each, _ in timed))
    points = [_point(number, each, x, devices.index(each.device)) for number, each, x in timed]
    return _plot(title, metric, points, axis, name, devices, note)


def _plot(
    title: str,
    metric: str,
    points: Sequence[plots.Point],
    axis: plots.Axis,
    name: str,
    groups: Sequence[str],
    note: str = "",
) -> Plot:
    # The SVG is matplotlib's, which escapes every text it writes.
    is_accuracy = metric == "accuracy"
    name = name if is_accuracy else f"{metric.lower()}-{name}"
    svg = Markup(plots.accuracy_plot(points, axis, name, metric))  # noqa: S704
    legend = [(group, plots.PALETTE[i % len(plots.PALETTE)]) for i, group in enumerate(groups)]
    return Plot(f"{'Accuracy' if is_accuracy else metric} {title}", svg, legend, note)


def _point(number: int, result: BenchmarkResult, x: float, group: int) -> plots.Point:
    assert result.accuracy is not None  # noqa: S101  the callers chose results that have one
    interval = result.accuracy.confidence_interval
    return plots.Point(
        x, result.accuracy.value, interval.low, interval.high, result.model.name, number, group
    )
