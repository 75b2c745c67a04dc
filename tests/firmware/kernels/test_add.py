"""ADD: values times scales add up; shapes broadcast."""

from __future__ import annotations

import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.errors import ModelError
from tests.generators.literal import Operand, run


def int8(values: object, zero_point: int = 0, scale: float = 0.5) -> Operand:
    return Operand(values, "int8", scale, zero_point)


def test_equal_scales_add_like_integers() -> None:
    assert run("ADD", [int8([1, 2, -3]), int8([10, 20, -30])], int8([3])) == [11, 22, -33]


def test_zero_points_are_taken_off_and_put_on() -> None:
    # 0.5 · (3 − 1) + 0.5 · (7 − 2) = 3.5 = 0.5 · (17 − 10)
    assert run("ADD", [int8([3], 1), int8([7], 2)], int8([1], 10)) == [17]


def test_scales_may_differ() -> None:
    # 0.5 · 4 + 0.25 · 8 = 4 = 1 · 4
    assert run("ADD", [int8([4]), int8([8], scale=0.25)], int8([1], scale=1.0)) == [4]


def test_sums_saturate() -> None:
    assert run("ADD", [int8([100, -100]), int8([100, -100])], int8([2])) == [127, -128]


def test_a_column_and_a_row_make_a_table() -> None:
    assert run("ADD", [int8([[1], [2]]), int8([10, 20, 30])], int8([2, 3])) == [[11, 21, 31], [12, 22, 32]]


def test_relu_clamps_below_the_zero_point() -> None:
    relu = schema.AddOptionsT(fusedActivationFunction=1)
    assert run("ADD", [int8([-9, 9]), int8([1, 1])], int8([2], 5), relu) == [5, 15]


def test_int16_and_float_add_too() -> None:
    int16 = [Operand([300], "int16", 0.5), Operand([5000], "int16", 0.5)]
    assert run("ADD", int16, Operand([1], "int16", 0.5)) == [5300]
    assert run("ADD", [Operand([1.5]), Operand([2.25])], Operand([1])) == [3.75]


def test_shapes_that_do_not_broadcast_are_rejected() -> None:
    with pytest.raises(ModelError, match="the shapes do not broadcast to the output's"):
        run("ADD", [int8([1, 2, 3]), int8([1, 2])], int8([3]))


def test_types_that_differ_are_refused() -> None:
    with pytest.raises(ModelError, match="this combination of operand types"):
        run("ADD", [int8([1]), Operand([1], "int16", 0.5)], int8([1]))
