"""SQUARED_DIFFERENCE: (a − b)²."""

from __future__ import annotations

from tests.generators.literal import Operand, run


def test_floats_and_integers_are_squared() -> None:
    assert run("SQUARED_DIFFERENCE", [Operand([1.0, 5.0]), Operand([3.0, 2.5])], Operand([2])) == [4.0, 6.25]
    int32 = [Operand([7], "int32"), Operand([-5], "int32")]
    assert run("SQUARED_DIFFERENCE", int32, Operand([1], "int32")) == [144]


def test_quantized_values_are_squared_with_their_scales() -> None:
    # 0.5 · (9 − 4) = 2.5, squared 6.25 = 0.25 · 25
    inputs = [Operand([9, 4], "int8", 0.5), Operand([4, 9], "int8", 0.5)]
    assert run("SQUARED_DIFFERENCE", inputs, Operand([2], "int8", 0.25)) == [25, 25]


def test_zero_points_are_taken_off() -> None:
    # (9 − 1) − (4 − 2) = 6, squared 36, and 36 − 30 = 6
    inputs = [Operand([9], "int8", 0.5, 1), Operand([4], "int8", 0.5, 2)]
    assert run("SQUARED_DIFFERENCE", inputs, Operand([1], "int8", 0.25, -30)) == [6]


def test_int16_is_squared() -> None:
    inputs = [Operand([130], "int16", 0.5), Operand([30], "int16", 0.5)]
    assert run("SQUARED_DIFFERENCE", inputs, Operand([1], "int16", 0.25)) == [10000]
