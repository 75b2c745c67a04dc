"""FULLY_CONNECTED: rows of weights times the input."""

from __future__ import annotations

from ai_edge_litert import schema_py_generated as schema

from tests.generators.literal import Operand, run

OPTIONS = schema.FullyConnectedOptionsT()


def int8(values: object, zero_point: int = 0) -> Operand:
    return Operand(values, "int8", 1.0, zero_point)


def test_each_unit_is_a_dot_product() -> None:
    weights = Operand([[1, 0, 2], [-1, 3, 0]], "int8", 1.0, is_constant=True)
    assert run("FULLY_CONNECTED", [int8([[4, 5, 6]]), weights], int8([1, 2]), OPTIONS) == [[16, 11]]


def test_weights_may_have_a_zero_point() -> None:
    weights = Operand([[11, 10]], "int8", 1.0, 10, is_constant=True)
    assert run("FULLY_CONNECTED", [int8([[7, 50]], 2), weights], int8([1, 1], 1), OPTIONS) == [
        [(7 - 2) * 1 + 1]
    ]


def test_float_with_bias_and_relu6() -> None:
    weights, bias = (
        Operand([[0.5], [2.0], [-2.0]], is_constant=True),
        Operand([1.0, 1.0, 1.0], is_constant=True),
    )
    relu6 = schema.FullyConnectedOptionsT(fusedActivationFunction=3)
    assert run("FULLY_CONNECTED", [Operand([[4.0]]), weights, bias], Operand([1, 3]), relu6) == [
        [3.0, 6.0, 0.0]
    ]


def test_int16_with_an_int64_bias_beyond_32_bits() -> None:
    weights = Operand([[1]], "int8", 1.0, is_constant=True)
    bias = Operand([2**33], "int64", 1.0, is_constant=True)
    result = Operand([1, 1], "int16", float(2**20))
    assert run("FULLY_CONNECTED", [Operand([[5]], "int16", 1.0), weights, bias], result, OPTIONS) == [[2**13]]


def test_scales_are_multiplied_in_double() -> None:
    # The product of the scales over the output's is just below 1/4 in double, and 1/4 if it is rounded to a float32
    # on the way; with 16-bit multipliers the difference shows. The tflite-micro wheel of 2026-10 gives 14719.
    weights = Operand([[97]], "int8", 0.09864136576652527, is_constant=True)
    source, result = (
        Operand([[607]], "int16", 0.3535533845424652),
        Operand([1, 1], "int16", 0.1394999623298645),
    )
    assert run("FULLY_CONNECTED", [source, weights], result, OPTIONS) == [[14719]]
