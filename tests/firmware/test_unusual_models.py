"""What converters write now and then: tensors without elements, data behind the file, scales that mean nothing."""

from __future__ import annotations

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.errors import ModelError, UnsupportedModelError
from edgekit.host_runtime import HostRuntime
from edgekit.oracle import LiteRtOracle
from edgekit.tflite_model import read_model
from tests.generators.tflite_builder import TfliteBuilder

EMPTY = np.zeros(0, np.int32)


def run(builder: TfliteBuilder, source: int, result: int, value: np.ndarray) -> np.ndarray:
    model = builder.build([source], [result])
    runtime = HostRuntime(model)
    runtime.require_loaded()
    runtime.invoke([value])
    expected = LiteRtOracle(read_model(model)).invoke([value])[0]
    actual = runtime.tensor(1, 0).view(expected.dtype).reshape(expected.shape).copy()
    np.testing.assert_array_equal(actual, expected)
    return actual


def test_the_shape_of_a_scalar_has_no_elements() -> None:
    builder = TfliteBuilder()
    source, result = builder.tensor((1, 1), "float32"), builder.tensor((), "float32")
    shape = builder.tensor((0,), "int32", data=EMPTY)
    builder.operator("RESHAPE", [source, shape], [result])
    assert run(builder, source, result, np.array([[2.5]], np.float32)).tolist() == 2.5


def test_a_mean_over_no_axes_is_its_input() -> None:
    builder = TfliteBuilder()
    source, result = builder.tensor((1, 2), "float32"), builder.tensor((1, 2), "float32")
    axes = builder.tensor((0,), "int32", data=EMPTY)
    builder.operator("MEAN", [source, axes], [result], schema.ReducerOptionsT())
    assert run(builder, source, result, np.array([[1.0, 3.0]], np.float32)).tolist() == [[1.0, 3.0]]


def test_data_without_elements_is_refused() -> None:
    builder = TfliteBuilder()
    source, result = builder.tensor((1, 2), "float32"), builder.tensor((1, 2), "float32")
    nothing = builder.tensor((1, 0), "float32", data=np.zeros((1, 0), np.float32))
    builder.operator("CONCATENATION", [source, nothing], [result], schema.ConcatenationOptionsT(axis=1))
    with pytest.raises(UnsupportedModelError, match="an operand without elements"):
        HostRuntime(builder.build([source], [result])).require_loaded()


@pytest.mark.parametrize("size", [8, 4])
def test_data_may_lie_behind_the_flatbuffer(size: int) -> None:
    builder = TfliteBuilder()
    source, result = builder.tensor((2,), "int32"), builder.tensor((2,), "int32")
    constant = builder.tensor((2,), "int32", data=np.zeros(2, np.int32))
    builder.operator("ADD", [source, constant], [result], schema.AddOptionsT())
    inside = builder.build([source], [result])
    file = schema.ModelT.InitFromObj(schema.Model.GetRootAs(inside))
    file.buffers[-1] = schema.BufferT(data=None, offset=2048, size=size)
    model = _packed(file).ljust(2048, b"\0") + np.array([30, 40], np.int32).tobytes()
    runtime = HostRuntime(model)
    if size != 8:
        with pytest.raises(ModelError, match="data of the tensor"):
            runtime.require_loaded()
        return
    runtime.require_loaded()
    runtime.invoke([np.array([1, 2], np.int32)])
    assert runtime.tensor(1, 0).view(np.int32).tolist() == [31, 42]
    with pytest.raises(ModelError, match="data of the tensor"):
        HostRuntime(model[:-1]).require_loaded()


def _packed(file: schema.ModelT) -> bytes:
    builder = flatbuffers.Builder(1024)
    builder.Finish(file.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def test_a_scale_of_zero_is_none_to_those_who_use_none() -> None:
    builder = TfliteBuilder()
    source, result = builder.tensor((2,), "int32", [0.0], [0]), builder.tensor((2,), "float32")
    builder.operator("CAST", [source], [result], schema.CastOptionsT())
    assert run(builder, source, result, np.array([3, -4], np.int32)).tolist() == [3.0, -4.0]


def test_a_scale_of_zero_is_refused_by_those_who_need_one() -> None:
    builder = TfliteBuilder()
    source, result = builder.tensor((2,), "int8", [0.0], [0]), builder.tensor((2,), "float32")
    builder.operator("DEQUANTIZE", [source], [result])
    with pytest.raises(UnsupportedModelError, match="exactly one scale"):
        HostRuntime(builder.build([source], [result])).require_loaded()


def test_a_hundred_operands_are_packed() -> None:
    builder = TfliteBuilder()
    source, result = builder.tensor((2,), "int32"), builder.tensor((100, 2), "int32")
    builder.operator("PACK", [source] * 100, [result], schema.PackOptionsT(valuesCount=100))
    assert run(builder, source, result, np.array([3, 4], np.int32)).tolist() == [[3, 4]] * 100


def test_zero_points_of_a_convolutions_weights_are_ignored_as_the_reference_does() -> None:
    builder = TfliteBuilder()
    source = builder.tensor((1, 1, 1, 2), "int8", [1.0], [0])
    weights = np.array([[[[3, 4]]]], np.int8)
    constant = builder.tensor(weights.shape, "int8", [1.0], [100], weights)
    result = builder.tensor((1, 1, 1, 1), "int8", [1.0], [0])
    options = schema.Conv2DOptionsT(strideH=1, strideW=1)
    builder.operator("CONV_2D", [source, constant], [result], options)
    model = builder.build([source], [result])
    runtime = HostRuntime(model)
    runtime.require_loaded()
    runtime.invoke([np.array([[[[5, 6]]]], np.int8)])
    assert runtime.tensor(1, 0).view(np.int8).tolist() == [39]


def test_a_tensor_that_is_the_weights_too_is_not_written_over() -> None:
    """The output may lie over what a convolution has read of its input, but its weights are read to the end."""
    builder = TfliteBuilder()
    # A tensor of its own for both, as what a caller gives may not be written over at all.
    given, both, result = (builder.tensor((3, 3, 3, 3), "float32") for _ in range(3))
    builder.operator("RELU", [given], [both])
    bias = builder.tensor((3,), "float32", data=np.zeros(3, np.float32))
    options = schema.Conv2DOptionsT(padding=schema.Padding.SAME, strideH=1, strideW=1)
    builder.operator("CONV_2D", [both, both, bias], [result], options)
    value = np.arange(81, dtype=np.float32).reshape(3, 3, 3, 3) - 7.0
    run(builder, given, result, value)
