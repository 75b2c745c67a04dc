"""Every kernel of the C runtime equals the tflite-micro wheel bit for bit on generated models."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgekit.errors import ModelError
from edgekit.host_runtime import HostRuntime
from edgekit.oracle import LiteRtOracle, MicroOracle, Oracle, find_oracle
from edgekit.tflite_model import TensorInfo, read_model
from tests.generators.catalogue import CASES

KERNELS = sorted(each.stem for each in (Path(__file__).parents[2] / "firmware" / "kernels").glob("ek_*.c"))
LITERT_TOO = ("_any", "ek_cumsum_int32", "ek_concatenation_uint8")
# The wheel pads with whatever lies in memory: it never sets the value to pad with.
LITERT_INSTEAD = ("ek_space_to_batch_nd_any",)


def random_input(tensor: TensorInfo, rng: np.random.Generator) -> np.ndarray:
    """Values of the tensor's type, its extremes among them, or within the limits that its name tells."""
    if tensor.dtype == "float32":
        return rng.normal(0.0, 3.0, tensor.shape).astype(np.float32)
    if tensor.dtype == "bool":
        return rng.random(tensor.shape) < 0.5
    limits = re.search(r" in (-?\d+)\.\.(-?\d+)$", tensor.name)
    if limits is not None:
        low, high = int(limits[1]), int(limits[2])
        return rng.integers(low, high, tensor.shape, endpoint=True).astype(tensor.dtype)
    bounds = np.iinfo(tensor.dtype)
    values = rng.integers(bounds.min, bounds.max, tensor.shape, tensor.dtype, endpoint=True)
    extreme = rng.random(tensor.shape)
    return np.where(extreme < 0.05, bounds.min, np.where(extreme > 0.95, bounds.max, values)).astype(
        tensor.dtype
    )


def require_oracle(model: bytes) -> Oracle:
    oracle = find_oracle(model)
    assert oracle is not None
    assert oracle.name.startswith("tflite-micro"), oracle.name
    return oracle


def expect(kernel: str, model: bytes, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """The reference's outputs. Kernels that move bytes take types that tflite-micro refuses; there LiteRT decides."""
    description = read_model(model)
    try:
        if kernel in LITERT_INSTEAD:
            return LiteRtOracle(description).invoke(inputs)
        return MicroOracle(description).invoke(inputs)
    except ModelError:
        if not kernel.endswith(LITERT_TOO):
            raise
        return LiteRtOracle(description).invoke(inputs)


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
        runtime = HostRuntime(model)
        runtime.require_loaded()
        runtime.invoke(inputs)
        for position, expected in enumerate(expect(kernel, model, inputs)):
            actual = runtime.tensor(1, position).view(expected.dtype).reshape(expected.shape)
            np.testing.assert_array_equal(actual, expected)

    check()
