from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from edgekit.report.plots import Axis, Point, accuracy_plot, instructions_axis, latency_axis, size_axis

AXIS = Axis("median latency", "ms", 1000)


def point(x: float, name: str = "model", number: int = 1, accuracy: float = 0.9, group: int = 0) -> Point:
    return Point(x, accuracy, accuracy - 0.05, min(1.0, accuracy + 0.05), name, number, group)


def texts(svg: str) -> list[str]:
    root = ET.fromstring(re.sub(r"^<svg ", '<svg xmlns:x="x" ', svg))  # noqa: S314  our own output
    return ["".join(each.itertext()).strip() for each in root.iter("text")]


def test_the_same_points_give_the_same_bytes() -> None:
    points = [point(1000, "a"), point(2000, "b")]
    assert accuracy_plot(points, AXIS, "latency") == accuracy_plot(points, AXIS, "latency")


def test_axes_say_quantity_and_unit() -> None:
    found = texts(accuracy_plot([point(1500)], AXIS, "latency"))
    assert "median latency (ms)" in found
    assert "accuracy (%)" in found


@pytest.mark.parametrize("name", ["$x^2$", "_hidden", "<b>&amp;", "a\\b", "模型"])
def test_names_are_text_and_no_formula(name: str) -> None:
    assert name in texts(accuracy_plot([point(1.0, name)], AXIS, "n"))


def test_many_points_carry_their_row_numbers() -> None:
    points = [point(1000 * 2**i, f"model_{i}", i + 1, 0.5 + i / 40) for i in range(12)]
    found = texts(accuracy_plot(points, AXIS, "n"))
    assert "#1" in found
    assert "#12" in found
    assert "model_1" not in found


def test_a_wide_range_is_logarithmic_and_says_so() -> None:
    found = texts(accuracy_plot([point(100.0), point(100_000.0, "b", 2)], AXIS, "n"))
    assert "median latency (ms, log scale)" in found


@pytest.mark.parametrize("x", [0.0, 1e-9, 5.0, 1e12])
def test_a_single_point_anywhere_can_be_drawn(x: float) -> None:
    assert "model" in texts(accuracy_plot([point(x)], AXIS, "n"))


def test_a_long_name_is_shortened() -> None:
    found = texts(accuracy_plot([point(1.0, "m" * 80)], AXIS, "n"))
    assert "m" * 25 + "…" in found


def test_colours_of_text_and_lines_are_the_page_s() -> None:
    svg = accuracy_plot([point(1.0)], AXIS, "n")
    assert "currentColor" in svg
    assert "var(--line)" in svg
    assert not re.search(r"#0[0-9]0[0-9]0[0-9]\b", svg)
    assert "#000000" not in svg


@pytest.mark.parametrize(
    ("axis", "unit", "divisor"),
    [
        (latency_axis([5.0, 900.0]), "µs", 1),
        (latency_axis([5.0, 1000.0]), "ms", 1e3),
        (latency_axis([2e6]), "s", 1e6),
        (instructions_axis([50_000]), "thousand", 1e3),
        (instructions_axis([2_656_760]), "million", 1e6),
        (size_axis([11_432]), "KiB", 1024),
        (size_axis([11_432, 2**21]), "MiB", 2**20),
    ],
)
def test_units_fit_the_largest_value(axis: Axis, unit: str, divisor: float) -> None:
    assert (axis.unit, axis.divisor) == (unit, divisor)
