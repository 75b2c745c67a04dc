from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from edgekit.bench.result import BenchmarkResult, BitExact, CycleModelRecord, Delegate, Runtime
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


def test_modelled_cycles_are_never_shown_as_silicon_s(make_result: Make) -> None:
    emulated = make_result(emulated=True)
    assert emulated.instructions is not None
    assert emulated.profile is not None
    modelled = replace(
        emulated,
        cycles_modelled=replace(emulated.instructions, median=3_456_789.0, resolution=1),
        cycle_model=CycleModelRecord("cortex_m4", "published by Arm", "ab" * 32, 0),
        profile=replace(
            emulated.profile,
            operators=tuple(replace(each, cycles_modelled=1234) for each in emulated.profile.operators),
        ),
    )
    page = render_page([modelled])
    for text in (
        "<dt>modelled cycles</dt><dd>3,456,789, not validated on silicon</dd>",
        "<dt>cycle model</dt><dd>cortex_m4: published by Arm</dd>",
        "<dt>flash in the model</dt><dd>0 wait states</dd>",
        "modelled cycles are not validated on silicon",
        '<td class="number">1.23 k</td>',
    ):
        assert text in page
    assert "modelled cycles" not in render_page([emulated])


def test_unknown_wait_states_are_said_to_be_unknown(make_result: Make) -> None:
    emulated = make_result(emulated=True)
    model = CycleModelRecord("cortex_m0", "published by Arm", "ab" * 32)
    page = render_page([replace(emulated, cycles_modelled=emulated.instructions, cycle_model=model)])
    assert "its wait states are not known; none" in page
