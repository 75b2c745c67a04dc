"""Every kernel of the C runtime equals the tflite-micro wheel bit for bit on generated models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgekit.host_runtime import HostRuntime
from edgekit.oracle import Oracle, find_oracle
from edgekit.tflite_model import TensorInfo, read_model
from tests.generators.single_operator import CASES

KERNELS = sorted(each.stem for each in (Path(__file__).parents[2] / "firmware" / "kernels").glob("ek_*.c"))


def random_input(tensor: TensorInfo, rng: np.random.Generator) -> np.ndarray:
    """Values of the tensor's type, its extremes among them."""
    if tensor.dtype == "float32":
        return rng.normal(0.0, 3.0, tensor.shape).astype(np.float32)
    values = rng.integers(-128, 128, tensor.shape).astype(tensor.dtype)
    extreme = rng.random(tensor.shape)
    values[extreme < 0.05] = -128
    values[extreme > 0.95] = 127
    return values


def require_oracle(model: bytes) -> Oracle:
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
        (expected,) = require_oracle(model).invoke(inputs)
        runtime = HostRuntime(model)
        runtime.require_loaded()
        runtime.invoke(inputs)
        actual = runtime.tensor(1, 0).view(expected.dtype).reshape(expected.shape)
        np.testing.assert_array_equal(actual, expected)

    check()
