"""EQUAL and its relatives: values are compared, not their encodings."""

from __future__ import annotations

import pytest

from edgekit.errors import ModelError
from tests.generators.literal import Operand, run

BOOL = Operand([3], "bool")


def test_plain_numbers_compare() -> None:
    for dtype in ("int32", "int64", "float32"):
        inputs = [Operand([1, 2, 3], dtype), Operand([1, 3, 2], dtype)]
        assert run("EQUAL", inputs, BOOL) == [True, False, False]
        assert run("NOT_EQUAL", inputs, BOOL) == [False, True, True]
        assert run("GREATER", inputs, BOOL) == [False, False, True]
        assert run("GREATER_EQUAL", inputs, BOOL) == [True, False, True]
        assert run("LESS", inputs, BOOL) == [False, True, False]
        assert run("LESS_EQUAL", inputs, BOOL) == [True, True, False]


def test_quantized_numbers_compare_by_value() -> None:
    # 0.5 · 4 = 0.25 · 8, 0.5 · 5 > 0.25 · 8, 0.5 · 3 < 0.25 · 8
    inputs = [Operand([4, 5, 3], "int8", 0.5), Operand([8, 8, 8], "int8", 0.25)]
    assert run("EQUAL", inputs, BOOL) == [True, False, False]
    assert run("GREATER", inputs, BOOL) == [False, True, False]
    assert run("LESS_EQUAL", inputs, BOOL) == [True, False, True]


def test_zero_points_are_taken_off() -> None:
    inputs = [Operand([4, 5, 6], "int8", 0.5, 1), Operand([5], "int8", 0.5, 2)]
    assert run("EQUAL", inputs, BOOL) == [True, False, False]


def test_bools_compare() -> None:
    inputs = [Operand([True, False, True], "bool"), Operand([True, True, False], "bool")]
    assert run("EQUAL", inputs, BOOL) == [True, False, False]
    assert run("LOGICAL_AND", inputs, BOOL) == [True, False, False]
    assert run("LOGICAL_OR", inputs, BOOL) == [True, True, True]


def test_a_scale_of_one_is_refused_as_tflite_does() -> None:
    with pytest.raises(ModelError, match="a scale of 1 or more"):
        run("EQUAL", [Operand([1, 2, 3], "int8", 1.0), Operand([1], "int8", 0.5)], BOOL)
