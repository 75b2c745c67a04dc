"""Takes channels out of a .tflite file: slices constants, and never touches one that somebody else reads."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import flatbuffers
import numpy as np

from edgekit.errors import MissingDependencyError, ModelError
from edgekit.exporters._fixed_point import Array

_INT4, _INT32 = 17, 2
_ALIGNMENT = 16  # of buffers, as the schema asks for


class FlatbufferEdit:
    """The main subgraph of a file, to be changed and packed again. Tensors and buffers keep their numbers.

    Raises:
        MissingDependencyError: the schema is not installed.
        ModelError: a part of the file that nobody has read so far is corrupt.
    """

    def __init__(self, flatbuffer: bytes) -> None:
        try:
            from ai_edge_litert import schema_py_generated as schema
        except ImportError as error:
            raise MissingDependencyError(
                "writing a .tflite file needs ai-edge-litert, which is not installed; pip install 'edgekit[runtime]'"
            ) from error
        self._schema = schema
        try:
            self._tree = schema.ModelT.InitFromPackedBuf(flatbuffer, 0)
        except (struct.error, TypeError, ValueError, IndexError, AttributeError) as error:
            raise ModelError(
                "the .tflite model is corrupt: a part of it lies outside the file; export it again"
            ) from error
        self._graph = self._tree.subgraphs[0]
        self._readers = Counter(index for each in self._graph.operators for index in _list(each.inputs))
        self._readers.update(_list(self._graph.outputs))
        self._owners = Counter(
            tensor.buffer for graph in self._tree.subgraphs for tensor in _list(graph.tensors)
        )
        self._owners.update(each.buffer for each in _list(self._tree.metadata))

    def pack(self) -> bytes:
        builder = _Aligned(1 << 16)
        builder.Finish(self._tree.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def set_channels(self, index: int, keep: Array) -> None:
        """Fits a tensor's shape, and its data if it is constant, to the channels that stay."""
        tensor = self._graph.tensors[index]
        shape = np.array(tensor.shape, np.int32)
        data = self._tree.buffers[tensor.buffer].data
        if data is not None and len(data):
            codes = np.asarray(data, np.uint8).view(np.int8).reshape(shape)
            self._store(tensor, np.compress(keep, codes, axis=-1))
        shape[-1] = int(keep.sum())
        tensor.shape = shape
        if tensor.shapeSignature is not None and len(tensor.shapeSignature):
            signature = np.array(tensor.shapeSignature, np.int32)
            signature[-1] = shape[-1]
            tensor.shapeSignature = signature

    def slice_weights(
        self, operator: int, position: int, keep: Mapping[int, Array], channel_axis: int
    ) -> None:
        """Keeps parts of a constant of 8 or 4 bits along some axes; scales follow `channel_axis`."""
        tensor = self._own(operator, position)
        shape = tuple(int(each) for each in tensor.shape)
        raw = np.asarray(self._tree.buffers[tensor.buffer].data, np.uint8).view(np.int8)
        if tensor.type == _INT4:
            raw = np.stack([np.left_shift(raw, 4) >> 4, raw >> 4], axis=1).reshape(-1)[: int(np.prod(shape))]
        codes = raw.reshape(shape)
        for axis, kept in keep.items():
            codes = np.compress(kept, codes, axis=axis)
        tensor.shape = np.array(codes.shape, np.int32)
        if tensor.shapeSignature is not None and len(tensor.shapeSignature):
            tensor.shapeSignature = tensor.shape
        _slice_quantization(tensor.quantization, keep[channel_axis])
        self._store(tensor, _pack_int4(codes) if tensor.type == _INT4 else codes)

    def set_bias(self, operator: int, position: int, values: Array, keep: Array) -> None:
        """The bias, int32, of the outputs that stay; makes one where there was none."""
        entry = self._graph.operators[operator]
        inputs = list(_list(entry.inputs))
        if len(inputs) > position and inputs[position] >= 0:
            tensor = self._own(operator, position)
            if tensor.quantization is not None:
                _slice_quantization(tensor.quantization, keep)
        else:
            # The weights, sliced already, have the scales that go with it.
            source, weights = (self._graph.tensors[inputs[each]] for each in (0, 1))
            tensor = self._schema.TensorT()
            tensor.name, tensor.type, tensor.buffer = "bias", _INT32, 0
            tensor.quantization = self._schema.QuantizationParametersT()
            scales = np.asarray(weights.quantization.scale, np.float32)
            tensor.quantization.scale = scales * np.float32(source.quantization.scale[0])
            tensor.quantization.zeroPoint = np.zeros(len(scales), np.int64)
            entry.inputs = np.array([*inputs[:position], len(self._graph.tensors)], np.int32)
            self._graph.tensors.append(tensor)
        tensor.shape = np.array(values.shape, np.int32)
        self._store(tensor, values.astype("<i4"))

    def set_constant(self, operator: int, position: int, values: Array) -> None:
        """Other values, of the same shape and type."""
        self._store(self._own(operator, position), values)

    def set_new_shape(self, operator: int, rank: int, last: int) -> None:
        """The last axis that a RESHAPE asks for, in its options and in its second input."""
        entry = self._graph.operators[operator]
        if entry.builtinOptions is not None and len(_list(entry.builtinOptions.newShape)) == rank:
            entry.builtinOptions.newShape = _with_last(entry.builtinOptions.newShape, last)
        if len(_list(entry.inputs)) > 1 and entry.inputs[1] >= 0:
            tensor = self._own(operator, 1)
            data = np.asarray(self._tree.buffers[tensor.buffer].data, np.uint8).view("<i4")
            self._store(tensor, _with_last(data, last))

    def set_option(self, operator: int, name: str, value: int) -> None:
        setattr(self._graph.operators[operator].builtinOptions, name, value)

    def _own(self, operator: int, position: int) -> Any:
        """The operator's constant input; a copy of it, if others read it too."""
        entry = self._graph.operators[operator]
        inputs = np.array(entry.inputs, np.int32)
        index = int(inputs[position])
        if self._readers[index] == 1:
            return self._graph.tensors[index]
        self._readers[index] -= 1
        tensor = deepcopy(self._graph.tensors[index])
        self._owners[tensor.buffer] += 1
        inputs[position] = len(self._graph.tensors)
        entry.inputs = inputs
        self._graph.tensors.append(tensor)
        self._readers[int(inputs[position])] = 1
        return tensor

    def _store(self, tensor: Any, values: Array) -> None:
        """Puts values into the tensor's buffer, or into a new one if others share it."""
        data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
        if tensor.buffer == 0 or self._owners[tensor.buffer] > 1:
            self._owners[tensor.buffer] -= 1
            tensor.buffer = len(self._tree.buffers)
            self._tree.buffers.append(self._schema.BufferT())
            self._owners[tensor.buffer] = 1
        self._tree.buffers[tensor.buffer].data = data


class _Aligned(flatbuffers.Builder):  # type: ignore[misc]
    """Aligns vectors of bytes, which in a .tflite file are data of tensors, as the schema asks for."""

    def StartVector(self, elem_size: int, num_elems: int, alignment: int) -> Any:  # noqa: N802
        return super().StartVector(elem_size, num_elems, _ALIGNMENT if elem_size == 1 else alignment)


def _list(values: Any) -> Any:
    return [] if values is None else values


def _with_last(shape: Any, last: int) -> Array:
    """A size of −1 follows from the others, and stays."""
    changed = np.array(shape, np.int32)
    if changed[-1] >= 0:
        changed[-1] = last
    return changed


def _slice_quantization(quantization: Any, keep: Array) -> None:
    for name in ("scale", "zeroPoint", "min", "max"):
        values = getattr(quantization, name)
        if values is not None and len(values) == len(keep) and len(keep) > 1:
            setattr(quantization, name, np.asarray(values)[keep])


def _pack_int4(codes: Array) -> Array:
    flat = codes.reshape(-1).view(np.uint8) & 15
    pairs = np.append(flat, np.zeros(flat.size % 2, np.uint8)).reshape(-1, 2)
    return np.asarray(pairs[:, 0] | pairs[:, 1] << 4, np.uint8)
