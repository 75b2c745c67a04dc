"""MUL: values times scales multiply."""

from __future__ import annotations

import pytest

from edgekit.errors import ModelError
from tests.generators.literal import Operand, run


def int8(values: object, zero_point: int = 0, scale: float = 0.5) -> Operand:
    return Operand(values, "int8", scale, zero_point)


def test_products_of_scales_multiply_like_integers() -> None:
    assert run("MUL", [int8([3, -4, 5]), int8([7, 6, 0])], int8([3], scale=0.25)) == [21, -24, 0]


def test_zero_points_are_taken_off_and_put_on() -> None:
    # (3 − 1) · (7 − 2) = 10, and 10 + 4 = 14
    assert run("MUL", [int8([3], 1), int8([7], 2)], int8([1], 4, 0.25)) == [14]


def test_a_scalar_scales_a_tensor() -> None:
    assert run("MUL", [int8([[1, 2], [3, 4]]), int8(5)], int8([2, 2], scale=0.25)) == [[5, 10], [15, 20]]


def test_products_saturate() -> None:
    assert run("MUL", [int8([100, -100]), int8([100, 100])], int8([2], scale=0.25)) == [127, -128]


def test_int16_int32_and_float_multiply_too() -> None:
    int16 = [Operand([300], "int16", 0.5), Operand([20], "int16", 0.5)]
    assert run("MUL", int16, Operand([1], "int16", 0.25)) == [6000]
    assert run("MUL", [Operand([7], "int32"), Operand([-6], "int32")], Operand([1], "int32")) == [-42]
    assert run("MUL", [Operand([1.5]), Operand([4.0])], Operand([1])) == [6.0]


def test_int16_zero_points_are_refused() -> None:
    with pytest.raises(ModelError, match="an int16 zero point other than 0"):
        run("MUL", [Operand([1], "int16", 0.5, 1), Operand([1], "int16", 0.5)], Operand([1], "int16", 0.25))
