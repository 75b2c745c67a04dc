"""Builds small .tflite files for tests, tensor by tensor, with the schema's object interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import flexbuffers

_TYPES = {
    "float32": schema.TensorType.FLOAT32,
    "int4": schema.TensorType.INT4,
    "int8": schema.TensorType.INT8,
    "uint8": schema.TensorType.UINT8,
    "int16": schema.TensorType.INT16,
    "int32": schema.TensorType.INT32,
    "int64": schema.TensorType.INT64,
    "bool": schema.TensorType.BOOL,
    "uint16": schema.TensorType.UINT16,
    "uint32": schema.TensorType.UINT32,
    "uint64": schema.TensorType.UINT64,
    "resource": schema.TensorType.RESOURCE,
}


class TfliteBuilder:
    """Tensors and operators are numbered in the order they are added, in each subgraph anew.

    `subgraph` begins another one; what is added then belongs to it. The first is the main one.
    """

    def __init__(self) -> None:
        self._model = schema.ModelT()
        self._model.version = 3
        self._model.description = "generated for a test"
        self._model.buffers = [schema.BufferT()]  # buffer 0 is empty by convention
        self._model.operatorCodes = []
        self._model.subgraphs = []
        self.subgraph()

    def subgraph(self) -> int:
        """Ends the subgraph so far, which needs `ends` for what goes in and out; returns the number of the new one."""
        self._graph = schema.SubGraphT()
        self._graph.tensors = []
        self._graph.operators = []
        self._graph.inputs, self._graph.outputs = [], []
        self._model.subgraphs.append(self._graph)
        return len(self._model.subgraphs) - 1

    def ends(self, inputs: Sequence[int], outputs: Sequence[int]) -> None:
        self._graph.inputs, self._graph.outputs = list(inputs), list(outputs)

    def tensor(
        self,
        shape: Sequence[int],
        dtype: str,
        scales: Sequence[float] = (),
        zero_points: Sequence[int] = (),
        data: np.ndarray | None = None,
        quantized_dimension: int = 0,
        limits: tuple[int, int] | None = None,
        is_variable: bool = False,
    ) -> int:
        """`limits`: the lowest and the highest value that make sense as an input; they become part of the name.

        The data of int4 is given as int8 from −8 to 7.
        """
        tensor = schema.TensorT()
        tensor.isVariable = is_variable
        tensor.name = f"t{len(self._graph.tensors)}"
        if limits is not None:
            tensor.name += f" in {limits[0]}..{limits[1]}"
        tensor.shape = list(shape)
        tensor.type = _TYPES[dtype]
        tensor.buffer = 0
        if scales:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = [float(np.float32(scale)) for scale in scales]
            tensor.quantization.zeroPoint = list(zero_points)
            tensor.quantization.quantizedDimension = quantized_dimension
        if data is not None:
            assert data.dtype == np.dtype(np.int8 if dtype == "int4" else dtype)
            assert data.shape == tuple(shape)
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(_packed(data) if dtype == "int4" else data.tobytes(), np.uint8)
            tensor.buffer = len(self._model.buffers)
            self._model.buffers.append(buffer)
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def operator(
        self, name: str, inputs: Sequence[int], outputs: Sequence[int], options: Any = None, version: int = 1
    ) -> int:
        """`name` as in BuiltinOperator; `options` an object such as schema.AddOptionsT, or None."""
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version = version
        self._model.operatorCodes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self._model.operatorCodes) - 1
        operator.inputs = list(inputs)
        operator.outputs = list(outputs)
        if options is not None:
            operator.builtinOptionsType = getattr(
                schema.BuiltinOptions, type(options).__name__.removesuffix("T")
            )
            operator.builtinOptions = options
        self._graph.operators.append(operator)
        return len(self._graph.operators) - 1

    def custom_operator(
        self, name: str, inputs: Sequence[int], outputs: Sequence[int], options: Mapping[str, int]
    ) -> int:
        """`options` become a FlexBuffer, sorted by name."""
        index = self.operator("CUSTOM", inputs, outputs)
        self._model.operatorCodes[-1].customCode = name
        self._graph.operators[-1].customOptions = np.frombuffer(flexbuffers.Dumps(dict(options)), np.uint8)
        return index

    def build(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """`inputs` and `outputs` are of the main subgraph."""
        self._graph = self._model.subgraphs[0]
        self.ends(inputs, outputs)
        builder = flatbuffers.Builder(1024)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def _packed(data: np.ndarray) -> bytes:
    """Two elements in a byte, the first one in its low half."""
    halves = np.append(data.astype(np.uint8).ravel() & 15, np.zeros(data.size % 2, np.uint8))
    return bytes(halves[0::2] | halves[1::2] << 4)
