"""Builds .tflite files of a few tensors, without TensorFlow, so that a test says exactly what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
import tflite


@dataclass(frozen=True)
class Tensor:
    name: str
    shape: tuple[int, ...]
    dtype: str = "int8"
    scale: float | None = 0.5
    zero_point: int = 0
    content: bytes = b""
    scales: tuple[float, ...] = ()
    """Of the channels along axis 0, in place of `scale`."""


@dataclass(frozen=True)
class Operator:
    code: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    custom: str = ""
    only_new_code: bool = False
    """Leaves the deprecated field for the operator's number empty, as some writers do."""


_TYPES = {"float32": 0, "float16": 1, "int32": 2, "int16": 7, "int8": 9, "string": 5, "int4": 17}


def build_file(
    tensors: Sequence[Tensor],
    operators: Sequence[Operator],
    inputs: Sequence[int],
    outputs: Sequence[int],
    version: int = 3,
    num_subgraphs: int = 1,
    num_shares: int = 1,
) -> bytes:
    """The flatbuffer; buffer 0 is the empty one, tensor i uses buffer i + 1.

    `num_shares`: how often the list of operators repeats itself, with offsets to the same few bytes.
    """
    b = flatbuffers.Builder(1024)
    buffers = [_table(b, tflite.BufferStart, tflite.BufferEnd, [])]
    for tensor in tensors:
        fields = [(tflite.BufferAddData, b.CreateByteVector(tensor.content))] if tensor.content else []
        buffers.append(_table(b, tflite.BufferStart, tflite.BufferEnd, fields))
    codes = []
    for operator in operators:
        fields = [
            (tflite.OperatorCodeAddBuiltinCode, operator.code),
            (
                tflite.OperatorCodeAddDeprecatedBuiltinCode,
                0 if operator.only_new_code else min(operator.code, 127),
            ),
            (tflite.OperatorCodeAddVersion, 1),
        ]
        if operator.custom:
            fields.append((tflite.OperatorCodeAddCustomCode, b.CreateString(operator.custom)))
        codes.append(_table(b, tflite.OperatorCodeStart, tflite.OperatorCodeEnd, fields))
    graphs = [_subgraph(b, tensors, operators, inputs, outputs, num_shares) for _ in range(num_subgraphs)]
    model = _table(
        b,
        tflite.ModelStart,
        tflite.ModelEnd,
        [
            (tflite.ModelAddVersion, version),
            (tflite.ModelAddOperatorCodes, _offsets(b, codes)),
            (tflite.ModelAddSubgraphs, _offsets(b, graphs)),
            (tflite.ModelAddDescription, b.CreateString("tiny")),
            (tflite.ModelAddBuffers, _offsets(b, buffers)),
        ],
    )
    b.Finish(model, file_identifier=b"TFL3")
    return bytes(b.Output())


def build_dense(weights: np.ndarray[Any, Any] | None = None) -> bytes:
    """int8 FULLY_CONNECTED 4 → 3 with bias, then SOFTMAX; input scale 0.5, zero point -1.

    `weights`: (outputs, 4), for another number of outputs than 3 without a bias.
    """
    if weights is None:
        weights = np.arange(-6, 6).reshape(3, 4)
    size = len(weights)
    bias = np.array([8, -8, 0] if size == 3 else [0] * size, "<i4")
    return build_file(
        [
            Tensor("input", (1, 4), scale=0.5, zero_point=-1),
            Tensor("weights", (size, 4), scale=0.25, content=weights.astype(np.int8).tobytes()),
            Tensor("bias", (size,), "int32", 0.125, content=bias.tobytes()),
            Tensor("logits", (1, size), scale=1.0, zero_point=3),
            Tensor("probabilities", (1, size), scale=1 / 256, zero_point=-128),
        ],
        [
            Operator(tflite.BuiltinOperator.FULLY_CONNECTED, (0, 1, 2), (3,)),
            Operator(tflite.BuiltinOperator.SOFTMAX, (3,), (4,)),
        ],
        [0],
        [4],
    )


def _subgraph(
    b: Any,
    tensors: Sequence[Tensor],
    operators: Sequence[Operator],
    inputs: Sequence[int],
    outputs: Sequence[int],
    num_shares: int,
) -> int:
    tensor_tables = []
    for index, tensor in enumerate(tensors):
        fields = [
            (tflite.TensorAddShape, _numbers(b, tensor.shape, np.int32)),
            (tflite.TensorAddType, _TYPES.get(tensor.dtype, 99)),
            (tflite.TensorAddBuffer, index + 1),
            (tflite.TensorAddName, b.CreateString(tensor.name)),
        ]
        scales = tensor.scales or (() if tensor.scale is None else (tensor.scale,))
        if scales:
            zero_points = [tensor.zero_point] * len(scales)
            quantization = [
                (tflite.QuantizationParametersAddScale, _numbers(b, scales, np.float32)),
                (tflite.QuantizationParametersAddZeroPoint, _numbers(b, zero_points, np.int64)),
            ]
            start, end = tflite.QuantizationParametersStart, tflite.QuantizationParametersEnd
            fields.append((tflite.TensorAddQuantization, _table(b, start, end, quantization)))
        tensor_tables.append(_table(b, tflite.TensorStart, tflite.TensorEnd, fields))
    operator_tables = []
    for index, operator in enumerate(operators):
        fields = [
            (tflite.OperatorAddOpcodeIndex, index),
            (tflite.OperatorAddInputs, _numbers(b, operator.inputs, np.int32)),
            (tflite.OperatorAddOutputs, _numbers(b, operator.outputs, np.int32)),
        ]
        if operator.code == tflite.BuiltinOperator.FULLY_CONNECTED:
            options = _table(b, tflite.FullyConnectedOptionsStart, tflite.FullyConnectedOptionsEnd, [])
            fields += [
                (tflite.OperatorAddBuiltinOptionsType, tflite.BuiltinOptions.FullyConnectedOptions),
                (tflite.OperatorAddBuiltinOptions, options),
            ]
        if operator.code == tflite.BuiltinOperator.SOFTMAX:
            beta = [(tflite.SoftmaxOptionsAddBeta, 1.0)]
            options = _table(b, tflite.SoftmaxOptionsStart, tflite.SoftmaxOptionsEnd, beta)
            fields += [
                (tflite.OperatorAddBuiltinOptionsType, tflite.BuiltinOptions.SoftmaxOptions),
                (tflite.OperatorAddBuiltinOptions, options),
            ]
        operator_tables.append(_table(b, tflite.OperatorStart, tflite.OperatorEnd, fields))
    return _table(
        b,
        tflite.SubGraphStart,
        tflite.SubGraphEnd,
        [
            (tflite.SubGraphAddTensors, _offsets(b, tensor_tables)),
            (tflite.SubGraphAddInputs, _numbers(b, inputs, np.int32)),
            (tflite.SubGraphAddOutputs, _numbers(b, outputs, np.int32)),
            (tflite.SubGraphAddOperators, _offsets(b, operator_tables * num_shares)),
        ],
    )


def _table(b: Any, start: Any, end: Any, fields: Sequence[tuple[Any, Any]]) -> int:
    start(b)
    for add, value in fields:
        add(b, value)
    offset: int = end(b)
    return offset


def _offsets(b: Any, offsets: Sequence[int]) -> int:
    b.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        b.PrependUOffsetTRelative(offset)
    vector: int = b.EndVector()
    return vector


def _numbers(b: Any, values: Sequence[float], dtype: Any) -> int:
    vector: int = b.CreateNumpyVector(np.array(values, dtype))
    return vector
