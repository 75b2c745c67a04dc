from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from edgekit.bench.result import BenchmarkResult, BitExact, Delegate, Runtime
from edgekit.report.page import render_page
from edgekit.report.section import describe_delegate

Make = Callable[..., BenchmarkResult]


@pytest.mark.parametrize(
    ("delegate", "text"),
    [
        (Delegate("xnnpack", 7, 2), "xnnpack, 7 operators in 2 partitions"),
        (Delegate("edgetpu", 1, 1), "edgetpu, 1 operator in 1 partition"),
        (Delegate("xnnpack", 0, 0), "xnnpack, 0 operators"),
        (Delegate("edgetpu"), "edgetpu"),
        (Delegate("none", 0, 0), "none"),
    ],
)
def test_a_delegate_is_told_with_what_it_took(delegate: Delegate, text: str) -> None:
    assert describe_delegate(delegate) == text


def test_the_page_shows_what_was_in_force(make_result: Make) -> None:
    runtime = Runtime(
        "litert 9", kernels="fast", delegate=Delegate("xnnpack", 7, 2), threads=3, cores=(0, 1, 3)
    )
    exact = BitExact("tflm 1", False, 360, 4, 1.0, 8, None, 1, 0)
    page = render_page([replace(make_result(), runtime=runtime, harness_us=0.15, bit_exact=exact)])
    for text in (
        "xnnpack, 7 operators in 2 partitions",
        "<dt>threads</dt><dd>3</dd>",
        "<dt>cores</dt><dd>0-1,3</dd>",
        "0.15 µs, 0.36 % of the median",
        "All 360 outputs are within 1 LSB of those of tflm 1, 356 of them equal bit for bit.",
        "within 1 LSB",
    ):
        assert text in page


def test_what_was_not_said_is_not_shown(make_result: Make) -> None:
    page = render_page([make_result()])
    assert "<dt>threads</dt>" not in page
    assert "<dt>delegate</dt>" not in page
