"""Elementwise operators on values that can be checked by hand, on every kind of float, and on what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgekit.errors import ModelError
from edgekit.host_runtime import HostRuntime
from edgekit.oracle import LiteRtOracle, find_oracle
from edgekit.tflite_model import read_model
from tests.firmware.test_math import EVERYWHERE
from tests.generators.tflite_builder import TfliteBuilder
from tests.generators.unary import FLOAT32, NONE, Quantization, options_of

NAN, INF = np.nan, np.inf


def build(
    name: str,
    dtype: str,
    size: int,
    source: Quantization = NONE,
    result: Quantization = NONE,
    alpha: float = 0.25,
) -> bytes:
    builder = TfliteBuilder()
    in_ = builder.tensor([size], dtype, *source)
    out = builder.tensor([size], dtype, *result)
    builder.operator(name, [in_], [out], options_of(lambda _: alpha, name))
    return builder.build([in_], [out])


def run(model: bytes, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    runtime = HostRuntime(model)
    runtime.require_loaded()
    runtime.invoke([values])
    return runtime.tensor(1, 0).view(values.dtype).copy()


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("ABS", [-2.5, -0.0, 3.0, -INF, NAN], [2.5, 0.0, 3.0, INF, NAN]),
        ("CEIL", [-1.5, -0.5, 0.2, 2.0, 1e10], [-1.0, -0.0, 1.0, 2.0, 1e10]),
        ("COS", [0.0, INF], [1.0, NAN]),
        ("ELU", [-INF, 0.0, 2.0], [-1.0, 0.0, 2.0]),
        ("EXP", [0.0, 1.0, -INF, 1000.0], [1.0, 2.7182818, 0.0, INF]),
        ("FLOOR", [-1.5, -0.5, 0.2, 2.0, 1e10], [-2.0, -1.0, 0.0, 2.0, 1e10]),
        ("HARD_SWISH", [-4.0, -3.0, -1.5, 0.0, 3.0, 4.0], [0.0, 0.0, -0.375, 0.0, 3.0, 4.0]),
        ("LEAKY_RELU", [-4.0, 0.0, 4.0], [-1.0, 0.0, 4.0]),
        ("LOG", [1.0, 0.0, -1.0, INF], [0.0, -INF, NAN, INF]),
        ("LOGISTIC", [0.0, 20.0, -INF], [0.5, 1.0, 0.0]),
        ("NEG", [2.5, -3.0], [-2.5, 3.0]),
        ("RELU", [-1.0, 2.0, NAN], [0.0, 2.0, NAN]),
        ("RELU6", [-1.0, 2.0, 7.0], [0.0, 2.0, 6.0]),
        ("RELU_N1_TO_1", [-2.0, 0.5, 7.0], [-1.0, 0.5, 1.0]),
        ("ROUND", [0.5, 1.5, 2.5, -0.5, -1.5, 0.4999], [0.0, 2.0, 2.0, 0.0, -2.0, 0.0]),
        ("RSQRT", [4.0, 0.25, 0.0], [0.5, 2.0, INF]),
        ("SIN", [0.0, 1.5707964], [0.0, 1.0]),
        ("SQRT", [4.0, 2.25, -1.0], [2.0, 1.5, NAN]),
        ("SQUARE", [-3.0, 0.5], [9.0, 0.25]),
        ("TANH", [0.0, 100.0, -INF], [0.0, 1.0, -1.0]),
    ],
)
def test_float32_by_hand(name: str, given: list[float], expected: list[float]) -> None:
    actual = run(build(name, "float32", len(given)), np.array(given, np.float32))
    np.testing.assert_array_equal(actual, np.array(expected, np.float32))


# Scales of 1/4 and zero points of −8: the stored value v means (v + 8) / 4.
QUARTERS: Quantization = ([0.25], [-8])


@pytest.mark.parametrize(
    ("name", "source", "result", "given", "expected"),
    [
        ("ABS", QUARTERS, ([0.5], [0]), [-8, -16, 0, -128, 127], [0, 4, 4, 60, 68]),
        ("RELU", QUARTERS, QUARTERS, [-128, -9, -8, -7, 127], [-8, -8, -8, -7, 127]),
        ("RELU6", QUARTERS, QUARTERS, [-128, -8, 16, 17, 127], [-8, -8, 16, 16, 16]),
        ("LEAKY_RELU", QUARTERS, QUARTERS, [-8, -12, -128, 100], [-8, -9, -38, 100]),
        ("HARD_SWISH", QUARTERS, QUARTERS, [-8, -20, 4, 127], [-8, -8, 4, 127]),
        ("ELU", QUARTERS, ([1 / 128], [0]), [-8, -128, -7], [0, -128, 32]),
        ("LOGISTIC", QUARTERS, ([1 / 256], [-128]), [-8, -128, 127], [0, -128, 127]),
        ("TANH", QUARTERS, ([1 / 128], [0]), [-8, -128, 127], [0, -128, 127]),
        ("RSQRT", ([0.25], [0]), ([0.125], [0]), [0, 1, 4, 16, 64], [127, 16, 8, 4, 2]),
    ],
)
def test_int8_by_hand(
    name: str, source: Quantization, result: Quantization, given: list[int], expected: list[int]
) -> None:
    actual = run(build(name, "int8", len(given), source, result), np.array(given, np.int8))
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("name", FLOAT32)
def test_float32_is_within_4_ulp_of_the_reference_everywhere(name: str) -> None:
    values = EVERYWHERE[::5].copy() if name in ("SIN", "COS") else EVERYWHERE.copy()
    model = build(name, "float32", values.size)
    oracle = LiteRtOracle(read_model(model)) if name == "RELU_N1_TO_1" else find_oracle(model)
    assert oracle is not None
    (expected,) = oracle.invoke([values])
    actual = run(model, values)
    np.testing.assert_array_equal(np.isnan(actual), np.isnan(expected))
    defined = ~np.isnan(expected)
    ordered_actual, ordered_expected = (_in_order(each[defined]) for each in (actual, expected))
    assert np.abs(ordered_actual - ordered_expected).max() <= 4


def _in_order(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Integers that count floats from zero up and down, so that a difference of one is one ULP."""
    bits = values.view(np.int32).astype(np.int64)
    return np.where(bits < 0, -(bits & 0x7FFFFFFF), bits)


def test_a_table_gives_what_the_elements_give_one_by_one() -> None:
    values = np.arange(-128, 128).astype(np.int8)
    many = np.tile(values, 5)  # large enough for the table
    for name in ("TANH", "ELU", "HARD_SWISH", "LEAKY_RELU"):
        one_by_one = run(build(name, "int8", 256, QUARTERS, QUARTERS), values)
        np.testing.assert_array_equal(
            run(build(name, "int8", 1280, QUARTERS, QUARTERS), many), np.tile(one_by_one, 5)
        )


def test_a_negative_inverse_root_stops_the_inference_and_says_so() -> None:
    model = build("RSQRT", "int8", 4, QUARTERS, QUARTERS)
    runtime = HostRuntime(model)
    runtime.require_loaded()
    with pytest.raises(ModelError, match="inverse square root of a negative number"):
        runtime.invoke([np.array([1, 2, -9, 3], np.int8)])


@pytest.mark.parametrize(
    ("name", "dtype", "source", "result", "reason"),
    [
        ("LOGISTIC", "int8", QUARTERS, QUARTERS, "zero point other than -128"),
        ("LOGISTIC", "int16", ([2.0**-12], [0]), ([2.0**-14], [0]), "output scale other than"),
        ("TANH", "int16", ([3.0], [0]), ([2.0**-15], [0]), "input scale above"),
        ("TANH", "int16", ([2.0**-12 * 2**0.001], [0]), ([2.0**-15], [0]), "power of two"),
        ("TANH", "int16", ([2.0**-12], [5]), ([2.0**-15], [0]), "zero point"),
        ("HARD_SWISH", "int8", ([1.0], [0]), ([0.001], [0]), "output scale below"),
        ("RELU", "int8", ([1.0], [0]), ([2.0**-23], [0]), "output scale too small"),
        ("RELU", "int8", ([1.0], [0]), NONE, "scale"),
        ("ABS", "float32", NONE, NONE, None),
    ],
)
def test_what_cannot_be_exact_is_refused(
    name: str, dtype: str, source: Quantization, result: Quantization, reason: str | None
) -> None:
    report = HostRuntime(build(name, dtype, 4, source, result)).report
    assert (report.status == 0) == (reason is None)
    assert reason is None or reason in report.message
