"""One plain model for each operator of TFLite Micro and each element type, whether anybody runs it or not.

`every_model()` yields names like `ADD int16` or `CAST int8 to int32` and the models' bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tests.generators.tflite_builder import TfliteBuilder

TYPES = ("int8", "int16", "uint8", "int32", "int64", "bool", "float32")
_QUANTIZATION = {"int8": (0.05, -3), "uint8": (0.05, 130), "int16": (2.0**-12, 0)}
# The outputs of these have a scale of their own in each type.
_UNIT = {"int8": (1 / 256, -128), "uint8": (1 / 256, 0), "int16": (2.0**-15, 0)}
_SIGNED = {"int8": (1 / 128, 0), "uint8": (1 / 128, 128), "int16": (2.0**-15, 0)}
_LOGARITHM = {"int8": (1 / 16, 127), "uint8": (1 / 16, 255)}
_RESULTS = {
    "LOGISTIC": _UNIT,
    "SOFTMAX": _UNIT,
    "TANH": _SIGNED,
    "L2_NORMALIZATION": _SIGNED,
    "LOG_SOFTMAX": _LOGARITHM,
}

# fmt: off
_UNARY = [
    "ABS", "CEIL", "COS", "ELU", "EXP", "FLOOR", "HARD_SWISH", "L2_NORMALIZATION", "LEAKY_RELU", "LOG", "LOGICAL_NOT",
    "LOGISTIC", "LOG_SOFTMAX", "NEG", "RELU", "RELU6", "RELU_N1_TO_1", "ROUND", "SIN", "SOFTMAX", "SQRT", "SQUARE",
    "TANH", "ZEROS_LIKE",
]
_BINARY = [
    "ADD", "ADD_N", "BATCH_MATMUL", "DIV", "FLOOR_DIV", "FLOOR_MOD", "MAXIMUM", "MINIMUM", "MUL", "PRELU",
    "SQUARED_DIFFERENCE", "SUB",
]
_TO_BOOL = ["EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL", "LOGICAL_AND", "LOGICAL_OR", "NOT_EQUAL"]
_REDUCTIONS = ["MEAN", "REDUCE_ALL", "REDUCE_ANY", "REDUCE_MAX", "REDUCE_MIN", "SUM"]
_POOLS = ["AVERAGE_POOL_2D", "L2_POOL_2D", "MAX_POOL_2D"]
# Operator, shape of the input, integer operands, shape of the output, options.
_MOVES: list[tuple[str, Sequence[int], Sequence[Any], Sequence[int], Any]] = [
    ("BATCH_TO_SPACE_ND", (4, 1, 1, 2), ([2, 2], [[0, 0], [0, 0]]), (1, 2, 2, 2), None),
    ("BROADCAST_TO", (1, 4), ([2, 4],), (2, 4), None),
    ("CUMSUM", (2, 4), (1,), (2, 4), schema.CumsumOptionsT()),
    ("DEPTH_TO_SPACE", (1, 1, 1, 8), (), (1, 2, 2, 2), schema.DepthToSpaceOptionsT(blockSize=2)),
    ("EXPAND_DIMS", (2, 4), ([1],), (2, 1, 4), None),
    ("GATHER", (3, 4), ([2, 0],), (2, 4), schema.GatherOptionsT()),
    ("GATHER_ND", (3, 4), ([[2], [0]],), (2, 4), None),
    ("MIRROR_PAD", (2, 4), ([[0, 0], [1, 1]],), (2, 6), schema.MirrorPadOptionsT()),
    ("PAD", (2, 4), ([[0, 0], [1, 1]],), (2, 6), None),
    ("RESHAPE", (2, 4), ([8],), (8,), None),
    ("RESIZE_BILINEAR", (1, 2, 2, 2), ([4, 3],), (1, 4, 3, 2), schema.ResizeBilinearOptionsT()),
    ("RESIZE_NEAREST_NEIGHBOR", (1, 2, 2, 2), ([4, 3],), (1, 4, 3, 2), schema.ResizeNearestNeighborOptionsT()),
    ("REVERSE_V2", (2, 4), ([1],), (2, 4), None),
    ("SLICE", (2, 4), ([0, 1], [2, 2]), (2, 2), None),
    ("SPACE_TO_BATCH_ND", (1, 2, 2, 2), ([2, 2], [[0, 0], [0, 0]]), (4, 1, 1, 2), None),
    ("SPACE_TO_DEPTH", (1, 2, 2, 2), (), (1, 1, 1, 8), schema.SpaceToDepthOptionsT(blockSize=2)),
    ("SQUEEZE", (2, 1, 4), (), (2, 4), schema.SqueezeOptionsT(squeezeDims=[1])),
    ("STRIDED_SLICE", (2, 4), ([0, 1], [2, 3], [1, 1]), (2, 2), schema.StridedSliceOptionsT()),
    ("TRANSPOSE", (2, 4), ([1, 0],), (4, 2), None),
    ("UNPACK", (1, 4), (), (4,), schema.UnpackOptionsT(num=1)),
]
# fmt: on


class _Model:
    def __init__(self) -> None:
        self.builder = TfliteBuilder()

    def tensor(self, shape: Sequence[int], dtype: str, table: Any = None, data: Any = None) -> int:
        scale = (_QUANTIZATION if table is None else table).get(dtype)
        if scale is None:
            return self.builder.tensor(shape, dtype, data=data)
        return self.builder.tensor(shape, dtype, [scale[0]], [scale[1]], data)

    def integers(self, value: Any) -> int:
        array = np.array(value, np.int32)
        return self.builder.tensor(array.shape, "int32", data=array)

    def finish(self, name: str, inputs: list[int], output: int, options: Any, num_fed: int) -> bytes:
        self.builder.operator(name, inputs, [output], options)
        return self.builder.build(inputs[:num_fed], [output])


def _options(name: str) -> Any:
    """An empty table of options, which some of the wheel's operators do not start without."""
    words = {"MAXIMUM": "MaximumMinimum", "MINIMUM": "MaximumMinimum", "L2_NORMALIZATION": "L2Norm"}
    words["BATCH_MATMUL"] = "BatchMatMul"
    camel = words.get(name, "".join(word.capitalize() for word in name.split("_")))
    options = getattr(schema, f"{camel}OptionsT", None)
    made: Any = options() if options is not None else None
    if name == "SOFTMAX":
        made.beta = 1.0
    return made


def _unary(name: str, dtype: str, to: str = "") -> bytes:
    model = _Model()
    source = model.tensor((2, 3, 4), dtype)
    result = model.tensor((2, 3, 4), to or dtype, _RESULTS.get(name))
    return model.finish(name, [source], result, _options(name), 1)


def _binary(name: str, dtype: str, to: str) -> bytes:
    model = _Model()
    in1 = model.tensor((2, 4, 4), dtype)
    kind = "int8" if (name, dtype) == ("PRELU", "int16") else dtype
    divisor = np.full((2, 4, 4), 7, kind) if name in ("DIV", "FLOOR_DIV", "FLOOR_MOD") else None
    in2 = model.tensor((2, 4, 4), kind, data=divisor)
    result = model.tensor((2, 4, 4), to)
    return model.finish(name, [in1, in2], result, _options(name), 1 if divisor is not None else 2)


def _folding(name: str, dtype: str) -> bytes:
    model = _Model()
    source, result = model.tensor((2, 3, 3, 4), dtype), model.tensor((2, 1, 1, 4), dtype)
    if name in _POOLS:
        options = schema.Pool2DOptionsT(padding=1, strideH=1, strideW=1, filterHeight=3, filterWidth=3)
        return model.finish(name, [source], result, options, 1)
    options = schema.ReducerOptionsT(keepDims=True)
    return model.finish(name, [source, model.integers([1, 2])], result, options, 1)


def _move(move: tuple[str, Sequence[int], Sequence[Any], Sequence[int], Any], dtype: str) -> bytes:
    name, shape, operands, out_shape, options = move
    model = _Model()
    source, result = model.tensor(shape, dtype), model.tensor(out_shape, dtype)
    inputs = [source, *(model.integers(each) for each in operands)]
    return model.finish(name, inputs, result, options, 1)


def _several(name: str, dtype: str) -> bytes:
    model = _Model()
    in1, in2 = model.tensor((2, 4), dtype), model.tensor((2, 4), dtype)
    if name == "SELECT_V2":
        condition, result = model.tensor((2, 4), "bool"), model.tensor((2, 4), dtype)
        return model.finish(name, [condition, in1, in2], result, None, 3)
    if name == "DYNAMIC_UPDATE_SLICE":
        return model.finish(name, [in1, in2, model.integers([0, 0])], model.tensor((2, 4), dtype), None, 2)
    if name == "PACK":
        options = schema.PackOptionsT(valuesCount=2)
        return model.finish(name, [in1, in2], model.tensor((2, 2, 4), dtype), options, 2)
    options = schema.ConcatenationOptionsT(axis=1)
    return model.finish(name, [in1, in2], model.tensor((2, 8), dtype), options, 2)


def _index_of(name: str, dtype: str) -> bytes:
    model = _Model()
    source, result = model.tensor((2, 4), dtype), model.builder.tensor((2,), "int32")
    options = schema.ArgMaxOptionsT if name == "ARG_MAX" else schema.ArgMinOptionsT
    table = options(outputType=schema.TensorType.INT32)
    return model.finish(name, [source, model.integers(1)], result, table, 1)


def _layer(
    name: str, bias: str = "int32", to: str = "int8", activation: int = 0, shuffled: bool = False
) -> bytes:
    model = _Model()
    weights: Any = np.arange(8, dtype=np.int8)
    if name == "FULLY_CONNECTED":
        options: Any = schema.FullyConnectedOptionsT(weightsFormat=int(shuffled))
        shape, weights = (1, 4), weights.reshape(2, 4)
    elif name == "CONV_2D":
        options = schema.Conv2DOptionsT(strideH=1, strideW=1)
        shape, weights = (1, 1, 1, 4), weights.reshape(2, 1, 1, 4)
    else:
        options = schema.DepthwiseConv2DOptionsT(strideH=1, strideW=1, depthMultiplier=1)
        shape, weights = (1, 1, 1, 2), weights[:2].reshape(1, 1, 1, 2)
    options.fusedActivationFunction = activation
    source = model.tensor(shape, "int8")
    constant = model.builder.tensor(weights.shape, "int8", [0.01], [0], weights)
    extra = model.builder.tensor((2,), bias, [0.0005], [0], np.array([5, 6], bias))
    result = model.tensor((*shape[:-1], 2), to)
    return model.finish(name, [source, constant, extra], result, options, 1)


def _dequantize_per_channel() -> bytes:
    model = _Model()
    source = model.builder.tensor((2, 3), "int8", [0.1, 0.2], [0, 0])
    return model.finish("DEQUANTIZE", [source], model.tensor((2, 3), "float32"), None, 1)


def odd_models() -> dict[str, bytes]:
    """Combinations, by name, that the wheel starts with although it cannot compute what they mean."""
    models = {
        f"{name} int8 with fused TANH": _layer(name, activation=4)
        for name in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
    }
    models["CONV_2D int8 with a bias of int64"] = _layer("CONV_2D", bias="int64")
    models["FULLY_CONNECTED int8 with a bias of int64"] = _layer("FULLY_CONNECTED", bias="int64")
    models["FULLY_CONNECTED int8 with shuffled weights"] = _layer("FULLY_CONNECTED", shuffled=True)
    models["DEPTHWISE_CONV_2D int8 to int16"] = _layer("DEPTHWISE_CONV_2D", to="int16")
    models["DEQUANTIZE int8 with a scale for each channel"] = _dequantize_per_channel()
    return models


def every_model() -> Iterator[tuple[str, bytes]]:
    for dtype in TYPES:
        for name in _UNARY:
            yield f"{name} {dtype}", _unary(name, dtype)
        for name in _BINARY:
            yield f"{name} {dtype}", _binary(name, dtype, dtype)
        for name in _TO_BOOL:
            yield f"{name} {dtype}", _binary(name, dtype, "bool")
        for name in (*_REDUCTIONS, *_POOLS):
            yield f"{name} {dtype}", _folding(name, dtype)
        for move in _MOVES:
            yield f"{move[0]} {dtype}", _move(move, dtype)
        for name in ("CONCATENATION", "DYNAMIC_UPDATE_SLICE", "PACK", "SELECT_V2"):
            yield f"{name} {dtype}", _several(name, dtype)
        for name in ("ARG_MAX", "ARG_MIN"):
            yield f"{name} {dtype}", _index_of(name, dtype)
        yield f"DEQUANTIZE {dtype}", _unary("DEQUANTIZE", dtype, "float32")
        for to in TYPES:
            yield f"CAST {dtype} to {to}", _unary("CAST", dtype, to)
            yield f"QUANTIZE {dtype} to {to}", _unary("QUANTIZE", dtype, to)
