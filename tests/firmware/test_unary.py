"""Elementwise operators on every kind of float, by table and one by one, and on what they refuse."""

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


# Scales of 1/4 and zero points of −8: the stored value v means (v + 8) / 4.
QUARTERS: Quantization = ([0.25], [-8])


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
        ("TANH", "int16", ([5.4], [0]), ([2.0**-15], [0]), "input scale above"),
        ("TANH", "int16", ([2.0**-45], [0]), ([2.0**-15], [0]), "input scale too small"),
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
