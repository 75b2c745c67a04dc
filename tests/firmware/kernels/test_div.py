"""DIV, FLOOR_DIV and FLOOR_MOD: signs, and divisors of zero."""

from __future__ import annotations

import pytest

from edgekit.errors import ModelError
from tests.generators.literal import Operand, run


def int32(*values: int) -> Operand:
    return Operand(list(values), "int32")


def test_int32_quotients_truncate_and_floor() -> None:
    numbers = [int32(7, -7, 7, -7), int32(2, 2, -2, -2)]
    assert run("DIV", numbers, Operand([4], "int32")) == [3, -3, -3, 3]
    assert run("FLOOR_DIV", numbers, Operand([4], "int32")) == [3, -4, -4, 3]
    assert run("FLOOR_MOD", numbers, Operand([4], "int32")) == [1, 1, -1, -1]


def test_the_quotient_that_overflows_wraps() -> None:
    numbers = [int32(-(2**31)), int32(-1)]
    assert run("DIV", numbers, Operand([1], "int32")) == [-(2**31)]
    assert run("FLOOR_DIV", numbers, Operand([1], "int32")) == [-(2**31)]
    assert run("FLOOR_MOD", numbers, Operand([1], "int32")) == [0]


def test_a_float_quotient_that_rounds_up_to_a_whole_number_is_floored_before() -> None:
    # 1.0 / 0.1f is a little below ten, though the nearest float is ten.
    assert run("FLOOR_DIV", [Operand([1.0]), Operand([0.1])], Operand([1])) == [9.0]
    assert run("DIV", [Operand([1.0]), Operand([0.1])], Operand([1])) == [10.0]


def test_quantized_quotients() -> None:
    # (0.5 · 40) / (0.5 · 5) = 8 = 0.25 · 32
    assert run(
        "DIV", [Operand([40], "int8", 0.5), Operand([5], "int8", 0.5)], Operand([1], "int8", 0.25)
    ) == [32]


@pytest.mark.parametrize("name", ["DIV", "FLOOR_DIV", "FLOOR_MOD"])
def test_division_by_zero_stops_the_inference(name: str) -> None:
    with pytest.raises(ModelError, match="the runtime failed: division by zero"):
        run(name, [int32(1, 2), int32(1, 0)], Operand([2], "int32"))


def test_a_quantized_zero_is_a_zero() -> None:
    with pytest.raises(ModelError, match="the runtime failed: division by zero"):
        run("DIV", [Operand([1], "int8", 0.5), Operand([3], "int8", 0.5, 3)], Operand([1], "int8", 0.5))
