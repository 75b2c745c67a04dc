"""A model whose answer is known: what a runtime that was just installed has to give, byte for byte.

    output[j] = clamp((sum_i weights[j][i] * input[i] + bias[j]) / 2, -128, 127)

One int8 FULLY_CONNECTED. Every sum is even and the multiplier is exactly one half, so that no rounding is left in
which two correct runtimes may differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flatbuffers
import numpy as np
import tflite

INPUT = bytes([2, 254, 100, 6])  # 2, -2, 100, 6 as int8
OUTPUT = bytes([108, 128, 127])  # 108, -128 and 127: a plain value, and both ends of the range
_WEIGHTS = np.array([[1, 1, 2, 1], [-1, 1, -127, 1], [1, 0, 127, 1]], np.int8)
_BIAS = np.array([10, 0, 4], "<i4")
_INT8, _INT32 = 9, 2


def build_known_model() -> bytes:
    """The .tflite file."""
    b = flatbuffers.Builder(1024)
    contents = [b"", b"", _WEIGHTS.tobytes(), _BIAS.tobytes(), b""]
    buffers = []
    for content in contents:
        fields = [(tflite.BufferAddData, b.CreateByteVector(content))] if content else []
        buffers.append(_table(b, tflite.BufferStart, tflite.BufferEnd, fields))
    tensors = [
        _tensor(b, "input", (1, 4), _INT8, 0.5, 1),
        _tensor(b, "weights", (3, 4), _INT8, 0.25, 2),
        _tensor(b, "bias", (3,), _INT32, 0.125, 3),
        _tensor(b, "output", (1, 3), _INT8, 0.25, 4),
    ]
    options = _table(b, tflite.FullyConnectedOptionsStart, tflite.FullyConnectedOptionsEnd, [])
    operator = _table(
        b,
        tflite.OperatorStart,
        tflite.OperatorEnd,
        [
            (tflite.OperatorAddOpcodeIndex, 0),
            (tflite.OperatorAddInputs, b.CreateNumpyVector(np.array([0, 1, 2], np.int32))),
            (tflite.OperatorAddOutputs, b.CreateNumpyVector(np.array([3], np.int32))),
            (tflite.OperatorAddBuiltinOptionsType, tflite.BuiltinOptions.FullyConnectedOptions),
            (tflite.OperatorAddBuiltinOptions, options),
        ],
    )
    graph = _table(
        b,
        tflite.SubGraphStart,
        tflite.SubGraphEnd,
        [
            (tflite.SubGraphAddTensors, _offsets(b, tensors)),
            (tflite.SubGraphAddInputs, b.CreateNumpyVector(np.array([0], np.int32))),
            (tflite.SubGraphAddOutputs, b.CreateNumpyVector(np.array([3], np.int32))),
            (tflite.SubGraphAddOperators, _offsets(b, [operator])),
        ],
    )
    number = tflite.BuiltinOperator.FULLY_CONNECTED
    code = _table(
        b,
        tflite.OperatorCodeStart,
        tflite.OperatorCodeEnd,
        [
            (tflite.OperatorCodeAddBuiltinCode, number),
            (tflite.OperatorCodeAddDeprecatedBuiltinCode, number),
            (tflite.OperatorCodeAddVersion, 4),  # int8 weights and activations
        ],
    )
    model = _table(
        b,
        tflite.ModelStart,
        tflite.ModelEnd,
        [
            (tflite.ModelAddVersion, 3),
            (tflite.ModelAddOperatorCodes, _offsets(b, [code])),
            (tflite.ModelAddSubgraphs, _offsets(b, [graph])),
            (tflite.ModelAddDescription, b.CreateString("edgekit provision: known answer")),
            (tflite.ModelAddBuffers, _offsets(b, buffers)),
        ],
    )
    b.Finish(model, file_identifier=b"TFL3")
    return bytes(b.Output())


def _tensor(b: Any, name: str, shape: tuple[int, ...], dtype: int, scale: float, buffer: int) -> int:
    quantization = [
        (tflite.QuantizationParametersAddScale, b.CreateNumpyVector(np.array([scale], np.float32))),
        (tflite.QuantizationParametersAddZeroPoint, b.CreateNumpyVector(np.array([0], np.int64))),
    ]
    fields = [
        (tflite.TensorAddShape, b.CreateNumpyVector(np.array(shape, np.int32))),
        (tflite.TensorAddType, dtype),
        (tflite.TensorAddBuffer, buffer),
        (tflite.TensorAddName, b.CreateString(name)),
        (
            tflite.TensorAddQuantization,
            _table(b, tflite.QuantizationParametersStart, tflite.QuantizationParametersEnd, quantization),
        ),
    ]
    return _table(b, tflite.TensorStart, tflite.TensorEnd, fields)


def _table(
    b: Any,
    start: Callable[[Any], None],
    end: Callable[[Any], int],
    fields: Sequence[tuple[Callable[[Any, Any], None], Any]],
) -> int:
    start(b)
    for add, value in fields:
        add(b, value)
    return end(b)


def _offsets(b: Any, offsets: Sequence[int]) -> int:
    b.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        b.PrependUOffsetTRelative(offset)
    vector: int = b.EndVector()
    return vector
