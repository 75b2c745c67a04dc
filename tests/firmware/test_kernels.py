"""Every kernel of the C runtime equals the tflite-micro wheel bit for bit on generated models."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tests.generators
from edgekit.host_runtime import HostRuntime
from edgekit.oracle import LiteRtOracle, Oracle, find_oracle
from edgekit.tflite_model import TensorInfo, read_model
from tests.generators.single_operator import CASES

KERNELS = sorted(each.stem for each in (Path(__file__).parents[2] / "firmware" / "kernels").glob("ek_*.c"))

# TFLM has the operator, but not for this type: LiteRT's reference kernels decide.
WITHOUT_TFLM = {
    "ek_add_uint8",
    "ek_maximum_uint8",
    "ek_minimum_uint8",
    "ek_floor_div_int32",
    "ek_floor_mod_int32",
    "ek_relu_n1_to_1_float32",
}

# Recurrent float32 layers: a difference in the last place of one step goes through all that follow.
RECURRENT = {"ek_unidirectional_sequence_lstm_float32", "ek_svdf_float32"}

for _module in pkgutil.iter_modules(tests.generators.__path__):
    importlib.import_module(f"tests.generators.{_module.name}")  # registers its cases


def random_input(tensor: TensorInfo, rng: np.random.Generator) -> np.ndarray:
    """Values of the tensor's type, its extremes among them."""
    if tensor.dtype == "float32":
        values = rng.normal(0.0, 3.0, tensor.shape).astype(np.float32)
        return np.where(rng.random(tensor.shape) < 0.2, np.round(values), values)
    if tensor.dtype != "int8":
        return random_integers(tensor, rng)
    values = rng.integers(-128, 128, tensor.shape).astype(tensor.dtype)
    extreme = rng.random(tensor.shape)
    values[extreme < 0.05] = -128
    values[extreme > 0.95] = 127
    return values


def random_integers(tensor: TensorInfo, rng: np.random.Generator) -> np.ndarray:
    """Half from the whole range, a quarter small, the rest extremes."""
    if tensor.dtype == "bool":
        return rng.random(tensor.shape) < 0.5
    limits = np.iinfo(tensor.dtype)
    values = rng.integers(limits.min, limits.max, tensor.shape, tensor.dtype, endpoint=True)
    kind = rng.random(tensor.shape)
    near = rng.integers(max(limits.min, -3), 4, tensor.shape, tensor.dtype)
    values = np.where(kind < 0.25, near, values)
    values[kind > 0.9] = limits.min
    values[kind > 0.95] = limits.max
    return values


def assert_equal(actual: np.ndarray, expected: np.ndarray) -> None:
    """Bit for bit; float32 within 4 units in the last place."""
    if expected.dtype == np.float32:
        np.testing.assert_array_max_ulp(actual, expected, 4)
    else:
        np.testing.assert_array_equal(actual, expected)


def require_oracle(model: bytes, kernel: str) -> Oracle:
    if kernel in WITHOUT_TFLM:
        return LiteRtOracle(read_model(model))
    oracle = find_oracle(model)
    assert oracle is not None
    assert oracle.name.startswith("tflite-micro"), oracle.name
    return oracle


def test_every_kernel_has_generated_cases() -> None:
    assert sorted(CASES) == KERNELS


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernel_equals_tflite_micro(kernel: str) -> None:
    pytest.importorskip(
        "tflite_micro", reason="the tflite-micro wheel is the oracle; it exists for x86-64 only"
    )

    @settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(model=CASES[kernel], seed=st.integers(0, 2**32 - 1))
    def check(model: bytes, seed: int) -> None:
        description = read_model(model)
        rng = np.random.default_rng(seed)
        inputs = [random_input(each, rng) for each in description.inputs]
        (expected,) = require_oracle(model, kernel).invoke(inputs)
        runtime = HostRuntime(model)
        runtime.require_loaded()
        runtime.invoke(inputs)
        actual = runtime.tensor(1, 0).view(expected.dtype).reshape(expected.shape)
        if kernel in RECURRENT:
            np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=5e-7)
        else:
            assert_equal(actual, expected)

    check()
