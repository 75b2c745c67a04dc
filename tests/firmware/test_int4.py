"""Weights of four bits, two in a byte, are read where they lie; elsewhere int4 is refused."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.errors import UnsupportedModelError
from edgekit.host_runtime import HostRuntime
from tests.generators.tflite_builder import TfliteBuilder


def dense(weights: list[list[int]], zero_point: int = 0) -> HostRuntime:
    builder = TfliteBuilder()
    matrix = np.array(weights, np.int8)
    source = builder.tensor((1, matrix.shape[1]), "int8", [1.0], [0])
    constant = builder.tensor(matrix.shape, "int4", [1.0], [zero_point], matrix)
    result = builder.tensor((1, matrix.shape[0]), "int8", [1.0], [0])
    options = schema.FullyConnectedOptionsT()
    builder.operator("FULLY_CONNECTED", [source, constant], [result], options, 4)
    runtime = HostRuntime(builder.build([source], [result]))
    runtime.require_loaded()
    return runtime


def test_the_first_weight_is_the_low_half_of_a_byte() -> None:
    runtime = dense([[1, -8, 3], [7, 0, -1]])
    runtime.invoke([np.array([[10, 1, 2]], np.int8)])
    assert runtime.tensor(1, 0).view(np.int8).tolist() == [8, 68]


def test_weights_may_have_a_zero_point() -> None:
    runtime = dense([[2, 3]], zero_point=2)
    runtime.invoke([np.array([[50, 7]], np.int8)])
    assert runtime.tensor(1, 0).view(np.int8).tolist() == [7]


def test_an_odd_number_of_weights_takes_half_a_byte_more() -> None:
    runtime = dense([[1, 2, 3]])
    assert runtime.tensor(0, 0).size == 3
    runtime.invoke([np.array([[1, 1, 1]], np.int8)])
    assert runtime.tensor(1, 0).view(np.int8).tolist() == [6]


def test_int4_as_data_is_refused() -> None:
    builder = TfliteBuilder()
    source = builder.tensor((2, 2), "int4", [1.0], [0])
    result = builder.tensor((4,), "int4", [1.0], [0])
    shape = builder.tensor((1,), "int32", data=np.array([4], np.int32))
    builder.operator("RESHAPE", [source, shape], [result])
    with pytest.raises(UnsupportedModelError, match="int4 other than as the weights of a layer"):
        HostRuntime(builder.build([source], [result])).require_loaded()


def test_int4_weights_that_the_model_computes_are_refused() -> None:
    builder = TfliteBuilder()
    source = builder.tensor((1, 2), "int8", [1.0], [0])
    weights = builder.tensor((3, 2), "int4", [1.0], [0])
    result = builder.tensor((1, 3), "int8", [1.0], [0])
    builder.operator("FULLY_CONNECTED", [source, weights], [result], schema.FullyConnectedOptionsT(), 4)
    with pytest.raises(UnsupportedModelError, match="int4 other than as the weights of a layer"):
        HostRuntime(builder.build([source, weights], [result])).require_loaded()
