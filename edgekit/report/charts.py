"""Which plots a set of results gives; latencies and emulated instructions are never in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from edgekit.bench.result import BenchmarkResult
from edgekit.report import plots


@dataclass(frozen=True)
class Plot:
    title: str
    svg: Markup
    legend: list[tuple[str, str]]
    note: str = ""


def draw_charts(results: Sequence[BenchmarkResult]) -> list[Plot]:
    numbered = [(number, each) for number, each in enumerate(results, start=1) if each.accuracy is not None]
    drawn = []
    sizes = {
        (each.model.sha256, each.model.name, each.accuracy): (number, each)
        for number, each in reversed(numbered)
    }
    if sizes:
        points = [_point(number, each, each.model.num_bytes, 0) for number, each in reversed(sizes.values())]
        drawn.append(
            _plot("Accuracy against model size", points, plots.size_axis([p.x for p in points]), "size", [])
        )
    timed = [
        (number, each, each.latency_us.median) for number, each in numbered if each.latency_us is not None
    ]
    if timed:
        axis = plots.latency_axis([x for _, _, x in timed])
        drawn.append(_device_plot("Accuracy against latency", timed, axis, "latency"))
    counted = [
        (number, each, each.instructions.median) for number, each in numbered if each.instructions is not None
    ]
    if counted:
        axis = plots.instructions_axis([x for _, _, x in counted])
        note = "Instructions of an emulated core. They are not time, and stand beside no latency."
        drawn.append(
            _device_plot("Accuracy against instructions (emulated)", counted, axis, "instructions", note)
        )
    return drawn


def _device_plot(
    title: str,
    timed: Sequence[tuple[int, BenchmarkResult, float]],
    axis: plots.Axis,
    name: str,
    note: str = "",
) -> Plot:
    devices = list(dict.fromkeys(each.device for _, each, _ in timed))
    points = [_point(number, each, x, devices.index(each.device)) for number, each, x in timed]
    return _plot(title, points, axis, name, devices, note)


def _plot(
    title: str,
    points: Sequence[plots.Point],
    axis: plots.Axis,
    name: str,
    groups: Sequence[str],
    note: str = "",
) -> Plot:
    # The SVG is matplotlib's, which escapes every text it writes.
    svg = Markup(plots.accuracy_plot(points, axis, name))  # noqa: S704
    legend = [(group, plots.PALETTE[i % len(plots.PALETTE)]) for i, group in enumerate(groups)]
    return Plot(title, svg, legend, note)


def _point(number: int, result: BenchmarkResult, x: float, group: int) -> plots.Point:
    assert result.accuracy is not None  # noqa: S101  the callers chose results that have one
    interval = result.accuracy.confidence_interval
    return plots.Point(
        x, result.accuracy.value, interval.low, interval.high, result.model.name, number, group
    )
