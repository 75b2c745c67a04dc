"""Reads a .tflite flatbuffer without TensorFlow, trusting none of its bytes."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from math import isfinite, prod
from pathlib import Path
from typing import Any

import tflite
from flatbuffers.number_types import Int32Flags

from edgekit.errors import ModelError
from edgekit.tflite_macs import count_macs
from edgekit.tflite_nouns import OperatorInfo, TensorInfo, TfliteModel

__all__ = ["OperatorInfo", "TensorInfo", "TfliteModel", "load_model", "read_model"]

# TensorType of the TFLite schema: numpy-style name and bits of one element (0: the size is not fixed).
_DTYPES: dict[int, tuple[str, int]] = {
    0: ("float32", 32),
    1: ("float16", 16),
    2: ("int32", 32),
    3: ("uint8", 8),
    4: ("int64", 64),
    5: ("string", 0),
    6: ("bool", 8),
    7: ("int16", 16),
    8: ("complex64", 64),
    9: ("int8", 8),
    10: ("float64", 64),
    11: ("complex128", 128),
    12: ("uint64", 64),
    13: ("resource", 0),
    14: ("variant", 0),
    15: ("uint32", 32),
    16: ("uint16", 16),
    17: ("int4", 4),
    18: ("bfloat16", 16),
    19: ("int2", 2),
    20: ("uint4", 4),
}
_CUSTOM = 32
_BUILTIN_NAMES = {
    value: name for name, value in vars(tflite.BuiltinOperator).items() if isinstance(value, int)
}
_CORRUPT = (struct.error, TypeError, ValueError, IndexError, OverflowError, AttributeError)


def load_model(path: Path) -> TfliteModel:
    """Reads a .tflite file.

    Raises:
        ModelError: the file is missing, unreadable, or not a sound .tflite model.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read model {path}: {error.strerror or error}") from error
    try:
        return read_model(data)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


def read_model(data: bytes) -> TfliteModel:
    """Reads and checks a .tflite flatbuffer.

    Raises:
        ModelError: whatever is wrong with the bytes; no other exception leaves.
    """
    data = bytes(data)
    if len(data) < 8 or data[4:8] != b"TFL3":
        found = "an empty file" if not data else f"{len(data)} bytes without the mark 'TFL3'"
        raise ModelError(f"not a .tflite model: found {found}; expected a file written by a TFLite converter")
    try:
        return _Reader(data).read()
    except _CORRUPT as error:
        raise ModelError(
            "the .tflite model is truncated or corrupt: an offset in it points outside the file; "
            "export or copy it again"
        ) from error


class _Reader:
    """Walks the flatbuffer; every length is checked against the file before anything is looped over."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        # Vectors may overlap in a corrupt file, so that a few bytes unfold into billions of elements. A sound
        # file holds each one once; the factor is slack for writers that share some.
        self._budget = 8 * len(data) + 4096

    def read(self) -> TfliteModel:
        model = tflite.Model.GetRootAs(self._data, 0)
        if model.Version() != 3:
            raise ModelError(f"the .tflite model has schema version {model.Version()}; expected 3")
        if self._length(model.SubgraphsLength(), 16) == 0:
            raise ModelError("the .tflite model has no subgraph, so there is nothing to run")
        names = self._operator_names(model)
        buffers = self._buffers(model)
        # The other subgraphs are bodies of control flow; reading them checks that they are sound, too.
        subgraphs = [
            self._subgraph(self._table(model.Subgraphs, index), names, buffers)
            for index in range(model.SubgraphsLength())
        ]
        tensors, operators, inputs, outputs = subgraphs[0]
        return TfliteModel(
            data=self._data,
            sha256=hashlib.sha256(self._data).hexdigest(),
            tensors=tensors,
            operators=operators,
            inputs=tuple(tensors[index] for index in inputs),
            outputs=tuple(tensors[index] for index in outputs),
            num_subgraphs=len(subgraphs),
            description=self._text(model.Description()),
        )

    def _length(self, length: int, item_bytes: int) -> int:
        """Passes `length` on if that many items can lie in the file."""
        self._budget -= length * item_bytes
        if self._budget < 0 or length * min(item_bytes, 4) > len(self._data):
            raise ModelError(
                f"the .tflite model is truncated or corrupt: it claims a list of {length:,} entries "
                f"in a file of {len(self._data):,} bytes; export or copy it again"
            )
        return length

    def _table(self, get: Callable[[int], Any], index: int) -> Any:
        table = get(index)
        if table is None:
            raise IndexError(index)
        return table

    def _numbers(self, length: int, as_numpy: Callable[[], Any], item_bytes: int) -> list[Any]:
        if self._length(length, item_bytes) == 0:
            return []
        numbers: list[Any] = as_numpy().tolist()
        return numbers

    def _text(self, raw: bytes | None) -> str:
        text = raw or b""
        self._length(len(text), 1)
        return text.decode("utf-8", "replace")

    def _operator_names(self, model: Any) -> list[str]:
        names = []
        for index in range(self._length(model.OperatorCodesLength(), 16)):
            code = self._table(model.OperatorCodes, index)
            # Codes above 127 are only in the newer field; older files fill only the deprecated one.
            # ai-edge-quantizer fills only the newer one, which the accessor then passes over for small codes.
            position = code._tab.Offset(10)
            newer = code._tab.Get(Int32Flags, position + code._tab.Pos) if position else 0
            number = max(newer, code.DeprecatedBuiltinCode())
            if number == _CUSTOM:
                names.append(self._text(code.CustomCode()) or "CUSTOM")
            else:
                names.append(_BUILTIN_NAMES.get(number, f"BUILTIN_{number}"))
        return names

    def _buffers(self, model: Any) -> list[tuple[int, int]]:
        """Where each buffer lies in the file: (offset, num_bytes)."""
        spans = []
        for index in range(self._length(model.BuffersLength(), 4)):
            buffer = self._table(model.Buffers, index)
            # Files beyond 2 GB keep buffers behind the flatbuffer, with offset and size instead of a vector.
            offset, size = int(buffer.Offset()), int(buffer.Size())
            if offset <= 1:
                size = buffer.DataLength()
                offset = buffer._tab.Vector(buffer._tab.Offset(4)) if size else 0
            if offset + size > len(self._data):
                raise ModelError(
                    f"the .tflite model is truncated: buffer {index} ends at byte {offset + size:,} "
                    f"of a file of {len(self._data):,} bytes; export or copy it again"
                )
            spans.append((offset, size))
        return spans

    def _subgraph(
        self, graph: Any, names: list[str], buffers: list[tuple[int, int]]
    ) -> tuple[tuple[TensorInfo, ...], tuple[OperatorInfo, ...], list[int], list[int]]:
        tensors = tuple(
            self._tensor(self._table(graph.Tensors, index), index, buffers)
            for index in range(self._length(graph.TensorsLength(), 8))
        )
        operators = tuple(
            self._operator(self._table(graph.Operators, index), index, names, tensors)
            for index in range(self._length(graph.OperatorsLength(), 8))
        )
        inputs = self._numbers(graph.InputsLength(), graph.InputsAsNumpy, 4)
        outputs = self._numbers(graph.OutputsLength(), graph.OutputsAsNumpy, 4)
        for index in inputs + outputs:
            _check_index(index, len(tensors), 0, "the model's list of inputs and outputs")
        return tensors, operators, inputs, outputs

    def _tensor(self, tensor: Any, index: int, buffers: list[tuple[int, int]]) -> TensorInfo:
        name = self._text(tensor.Name())
        label = f"tensor {index} {name[:80]!r}"
        shape = tuple(self._numbers(tensor.ShapeLength(), tensor.ShapeAsNumpy, 4))
        if len(shape) > 32 or any(size < 0 for size in shape):
            raise ModelError(
                f"{label} has the impossible shape {list(shape[:33])}; the .tflite model is corrupt"
            )
        if tensor.Type() not in _DTYPES:
            raise ModelError(f"{label} has the unknown data type number {tensor.Type()}")
        dtype, bits = _DTYPES[tensor.Type()]
        scales, zero_points, dimension = self._quantization(tensor.Quantization(), label)
        if tensor.Buffer() >= len(buffers) and tensor.Buffer() != 0:
            raise ModelError(f"{label} uses buffer {tensor.Buffer()}, but the model has {len(buffers)}")
        offset, size = buffers[tensor.Buffer()] if buffers else (0, 0)
        num_bytes = (prod(shape) * bits + 7) // 8
        is_sparse = tensor.Sparsity() is not None
        is_constant = size > 0 or (bits > 0 and num_bytes == 0 and tensor.Buffer() != 0)
        if is_constant and (is_sparse or bits == 0):
            num_bytes = size
        elif is_constant and size != num_bytes:
            raise ModelError(
                f"{label} of shape {list(shape)} and type {dtype} needs {num_bytes:,} bytes, "
                f"its buffer has {size:,}; the .tflite model is corrupt"
            )
        return TensorInfo(
            index=index,
            name=name,
            shape=shape,
            dtype=dtype,
            scales=scales,
            zero_points=zero_points,
            quantized_dimension=dimension,
            is_constant=is_constant,
            num_bytes=num_bytes,
            is_variable=bool(tensor.IsVariable()),
            is_sparse=is_sparse,
            _file=self._data,
            _offset=offset,
        )

    def _quantization(self, table: Any, label: str) -> tuple[tuple[float, ...], tuple[int, ...], int]:
        if table is None:
            return (), (), 0
        scales = tuple(self._numbers(table.ScaleLength(), table.ScaleAsNumpy, 4))
        zero_points = tuple(self._numbers(table.ZeroPointLength(), table.ZeroPointAsNumpy, 8))
        if not all(isfinite(scale) and scale >= 0 for scale in scales):
            raise ModelError(
                f"{label} has a scale that is negative or not a number; the .tflite model is corrupt"
            )
        return scales, zero_points, table.QuantizedDimension()

    def _operator(
        self, operator: Any, index: int, names: list[str], tensors: tuple[TensorInfo, ...]
    ) -> OperatorInfo:
        code = operator.OpcodeIndex()
        if code >= len(names):
            raise ModelError(f"operator {index} uses operator code {code}, but the model has {len(names)}")
        inputs = self._numbers(operator.InputsLength(), operator.InputsAsNumpy, 4)
        outputs = self._numbers(operator.OutputsLength(), operator.OutputsAsNumpy, 4)
        where = f"operator {index} ({names[code]})"
        for each in inputs:
            _check_index(each, len(tensors), -1, where)
        for each in outputs:
            _check_index(each, len(tensors), 0, where)
        macs = count_macs(
            names[code],
            [tensors[each].shape if each >= 0 else None for each in inputs],
            [tensors[each].shape for each in outputs],
        )
        return OperatorInfo(index, names[code], tuple(inputs), tuple(outputs), macs)


def _check_index(index: int, num_tensors: int, least: int, where: str) -> None:
    if not least <= index < num_tensors:
        raise ModelError(f"{where} refers to tensor {index}, but the model has {num_tensors} tensors")
