"""What a kernel's result is compared with, and how: shared by the tests on this machine and on boards."""

from __future__ import annotations

import re

import numpy as np

from edgekit.errors import ModelError
from edgekit.host_runtime import HostRuntime
from edgekit.oracle import LiteRtOracle, MicroOracle, Oracle, find_oracle
from edgekit.tflite_model import TensorInfo, read_model

# TFLM has the operator, but not for this type: LiteRT's reference kernels decide.
WITHOUT_TFLM = {
    "ek_add_uint8",
    "ek_average_pool_2d_uint8",
    "ek_conv_2d_uint8",
    "ek_depthwise_conv_2d_uint8",
    "ek_exp_int8",
    "ek_floor_div_int32",
    "ek_floor_mod_int32",
    "ek_log_int8",
    "ek_max_pool_2d_uint8",
    "ek_maximum_uint8",
    "ek_minimum_uint8",
    "ek_quantize_uint8",
    "ek_reduce_any_bool",
    "ek_reduce_max_int16",
    "ek_reduce_max_int32",
    "ek_reduce_min_int16",
    "ek_reduce_min_int32",
    "ek_relu_n1_to_1_float32",
    "ek_relu_n1_to_1_int8",
    # The wheel pads with whatever lies in memory: it never sets the value to pad with.
    "ek_space_to_batch_nd_any",
}
# Recurrent float32 layers: a difference in the last place of one step goes through all that follow.
RECURRENT = {"ek_unidirectional_sequence_lstm_float32", "ek_svdf_float32"}
# TFLM has these for some of the types that the cases draw; where it refuses, LiteRT decides.
PARTLY_TFLM = ("_any", "ek_cumsum_int32", "ek_concatenation_uint8")


def random_input(tensor: TensorInfo, rng: np.random.Generator) -> np.ndarray:
    """Values of the tensor's type, its extremes among them, or within the limits that its name tells."""
    if tensor.dtype == "float32":
        values = rng.normal(0.0, 3.0, tensor.shape).astype(np.float32)
        return np.where(rng.random(tensor.shape) < 0.2, np.round(values), values)
    if tensor.dtype == "bool":
        return rng.random(tensor.shape) < 0.5
    limits = re.search(r" in (-?\d+)\.\.(-?\d+)$", tensor.name)
    if limits is not None:
        return rng.integers(int(limits[1]), int(limits[2]), tensor.shape, endpoint=True).astype(tensor.dtype)
    bounds = np.iinfo(tensor.dtype)
    values = rng.integers(bounds.min, bounds.max, tensor.shape, tensor.dtype, endpoint=True)
    kind = rng.random(tensor.shape)
    near = rng.integers(max(bounds.min, -3), 4, tensor.shape, tensor.dtype)
    values = np.where((kind < 0.25) & (tensor.dtype != "int8"), near, values)
    values = np.where(kind > 0.9, bounds.min, values)
    return np.where(kind > 0.95, bounds.max, values).astype(tensor.dtype)


def assert_equal(actual: np.ndarray, expected: np.ndarray) -> None:
    """Bit for bit; float32 within 4 units in the last place, or, where sums cancel, 1e-6 of the largest result."""
    if expected.dtype != np.float32:
        np.testing.assert_array_equal(actual, expected)
        return
    finite = np.abs(expected[np.isfinite(expected)])
    atol = 1e-6 * float(finite.max()) if finite.size else 0.0
    if not np.allclose(actual, expected, rtol=0.0, atol=atol, equal_nan=True):
        np.testing.assert_array_max_ulp(actual, expected, 4)


def assert_reference(kernel: str, actual: np.ndarray, expected: np.ndarray) -> None:
    """`actual` is what this kernel must make where the reference made `expected`."""
    if kernel in RECURRENT:
        np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=5e-7)
    else:
        assert_equal(actual, expected)


def require_oracle(model: bytes) -> Oracle:
    """The tflite-micro wheel, which must be able to run the model."""
    oracle = find_oracle(model)
    assert oracle is not None
    assert oracle.name.startswith("tflite-micro"), oracle.name
    return oracle


def expect(kernel: str, model: bytes, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """The outputs of the reference that decides for this kernel."""
    description = read_model(model)
    if kernel in WITHOUT_TFLM:
        return LiteRtOracle(description).invoke(inputs)
    try:
        return MicroOracle(description).invoke(inputs)
    except ModelError:
        if not kernel.endswith(PARTLY_TFLM):
            raise
        return LiteRtOracle(description).invoke(inputs)


def is_undecided(runtime: HostRuntime) -> bool:
    """Was the model refused because its scale lies where the reference's float noise decides what it computes?"""
    return "about which nobody can tell" in runtime.report.message
