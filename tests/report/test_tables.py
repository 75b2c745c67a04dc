from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from edgekit.bench.result import Accuracy, BenchmarkResult, BitExact, Memory
from edgekit.report.comparison import comparison_cells, format_change
from edgekit.report.tables import ABSENT, bit_exact_cell, result_row, table_cells

Make = Callable[..., BenchmarkResult]


def test_a_row_has_units_and_says_what_is_emulated(make_result: Make) -> None:
    real, emulated = result_row(make_result()), result_row(make_result(device="qemu", emulated=True))
    assert (real.time, real.tail, real.rss, real.arena) == ("41.5 µs", "43.5 µs", "58.2 MiB", ABSENT)
    assert emulated.device == "qemu (emulated)"
    assert (emulated.time, emulated.tail) == ("2.66 M instructions", ABSENT)
    assert (emulated.arena, emulated.flash, emulated.model_size) == ("6.0 KiB", "38.0 KiB", "11.2 KiB")
    assert emulated.accuracy == "98.3 % [96.4, 99.2]"
    assert emulated.bit_exact == "equal, 360/360"


def test_columns_that_nobody_measured_are_left_out(make_result: Make) -> None:
    columns, rows = table_cells([make_result(accuracy=None, bit_exact=None, memory=Memory(100))])
    assert columns == ["model", "device", "latency / instructions", "p99", "model size"]
    assert rows == [["digits_int8", "local", "41.5 µs", "43.5 µs", "100 B"]]


def test_a_difference_says_how_many_and_how_much() -> None:
    assert bit_exact_cell(BitExact("r", False, 360, 17, 2.0, 4)) == "differs, 17/360, max 2"
    assert bit_exact_cell(BitExact("r", False, 360, 17)) == "differs, 17/360"
    assert bit_exact_cell(None) == ABSENT


def test_a_comparison_shows_changes_from_the_baseline(make_result: Make) -> None:
    columns, rows = comparison_cells(make_result(median=100), [make_result(median=110, num_correct=350)])
    before, after = (dict(zip(columns, row, strict=True)) for row in rows)
    assert before["model"] == "digits_int8 (baseline)"
    assert before["latency median"] == "100 µs"
    assert after["latency median"] == "110 µs (+10.0%)"
    assert after["accuracy"] == "97.2 % (-1.11 points)"


def test_no_change_is_shown_between_an_emulated_and_a_real_board(make_result: Make) -> None:
    columns, rows = comparison_cells(make_result(), [make_result(emulated=True, device="qemu")])
    emulated = dict(zip(columns, rows[1], strict=True))
    assert emulated["instructions"] == "2.66 M"
    assert emulated["latency median"] == ABSENT


def test_a_change_from_zero_is_not_divided() -> None:
    assert format_change(5, 0, "memory.arena_bytes") == "from 0"
    assert format_change(0, 0, "memory.arena_bytes") == "unchanged"


def test_reference_kernels_are_named_beside_the_device(make_result: Make) -> None:
    fast = make_result("m", "local")
    slow = replace(fast, options=replace(fast.options, kernels="reference"))
    assert result_row(fast).device == "local"
    assert result_row(slow).device == "local (reference kernels)"
    emulated = make_result("m", "qemu_mps2_an386", emulated=True)
    firmware = replace(emulated, options=replace(emulated.options, kernels="reference"))
    assert result_row(firmware).device == "qemu_mps2_an386 (emulated)"


def test_an_area_under_the_curve_is_named_and_is_no_percentage(make_result: Make) -> None:
    top1 = make_result()
    assert top1.accuracy is not None
    interval = replace(top1.accuracy.confidence_interval, low=0.8214, high=0.89)
    before, after = (
        replace(top1, accuracy=Accuracy("auc", value, 248, interval)) for value in (0.8594, 0.8562)
    )
    assert result_row(before).accuracy == "AUC 0.859 [0.821, 0.890]"
    columns, rows = comparison_cells(before, [after, top1])
    assert [dict(zip(columns, row, strict=True))["accuracy"] for row in rows] == [
        "AUC 0.859",
        "AUC 0.856 (-0.0032)",
        "98.3 %",
    ]


def test_outputs_within_the_tolerance_are_not_called_different() -> None:
    close = BitExact("ref", False, 9, 4, 1.0, 0, None, 1, 0)
    assert bit_exact_cell(close) == "within 1 LSB, 9/9"
    assert bit_exact_cell(replace(close, num_beyond_tolerance=1)) == "differs, 4/9, max 1"
    assert (
        bit_exact_cell(replace(close, tolerance_lsb=None, num_beyond_tolerance=None)) == "differs, 4/9, max 1"
    )
