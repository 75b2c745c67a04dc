# ruff: noqa: E501 - one fault a line
"""Faults that a .tflite file may have, one by one: `ALL` is what test_broken_files.py goes through.

Files are broken as objects of the schema where that can express it, in their bytes where it cannot.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

from edgekit.wire.codes import Status
from tests.generators.networks import build_small_network
from tests.generators.state import build_counting_loop

NETWORK = build_small_network(1, size=4, channels=2)
"""Tensors: 0 input, 1 output of CONV_2D, 2 its weights, 3 its bias, …, 14 output. Operators: CONV_2D, DEPTHWISE_CONV_2D,
ADD, MAX_POOL_2D, RESHAPE, FULLY_CONNECTED, SOFTMAX."""
BAD, UNSUPPORTED = Status.BAD_MODEL, Status.UNSUPPORTED


@dataclass(frozen=True)
class Fault:
    name: str
    change: Callable[[Any], object]
    """Of the model as an object, of its bytes if it takes a bytearray."""
    status: int
    message: str
    operator: int | None = None
    tensor: int | None = None


def tensor(index: int, **values: object) -> Callable[[Any], object]:
    return lambda model: vars(model.subgraphs[0].tensors[index]).update(values)


def quantization(index: int, **values: object) -> Callable[[Any], object]:
    return lambda model: vars(model.subgraphs[0].tensors[index].quantization).update(values)


def operator(index: int, **values: object) -> Callable[[Any], object]:
    return lambda model: vars(model.subgraphs[0].operators[index]).update(values)


def options(index: int, **values: object) -> Callable[[Any], object]:
    return lambda model: vars(model.subgraphs[0].operators[index].builtinOptions).update(values)


def graph(**values: object) -> Callable[[Any], object]:
    return lambda model: vars(model.subgraphs[0]).update(values)


def top(**values: object) -> Callable[[Any], object]:
    return lambda model: vars(model).update(values)


TYPE = schema.TensorType
NETWORK_FAULTS = [
    Fault("another version of the schema", top(version=2), BAD, "schema version 3"),
    Fault("no subgraph", top(subgraphs=[]), BAD, "no subgraph"),
    Fault("no operator codes", top(operatorCodes=[]), BAD, "broken operator", operator=0),
    Fault("no buffers", top(buffers=[]), BAD, "data of the tensor", tensor=0),
    Fault("an input that is no tensor", graph(inputs=[15]), BAD, "not a tensor of the model"),
    Fault("a negative input", graph(inputs=[-1]), BAD, "not a tensor of the model"),
    Fault("an output that is no tensor", graph(outputs=[2**31 - 1]), BAD, "not a tensor of the model"),
    Fault("more inputs than the runtime counts", graph(inputs=[0] * 257), UNSUPPORTED, "256 inputs or outputs"),
    Fault("an input twice", graph(inputs=[0, 0]), BAD, "written twice", tensor=0),
    Fault("a constant as input", graph(inputs=[2]), BAD, "constant or empty tensor is written", tensor=2),
    Fault("no input", graph(inputs=[]), BAD, "read before anything writes it", operator=0, tensor=0),
    Fault("an extent of 0", tensor(0, shape=[1, 0, 4, 1]), BAD, "empty tensor is written", tensor=0),
    Fault("a negative extent", tensor(0, shape=[1, -1, 4, 1]), UNSUPPORTED, "type or shape", tensor=0),
    Fault("extents whose product wraps", tensor(0, shape=[2**16] * 4), UNSUPPORTED, "type or shape", tensor=0),
    Fault("a product that wraps to a sound one", tensor(0, shape=[2**31 - 1, 2**31 - 1, 4, 1]), UNSUPPORTED, "type or shape", tensor=0),
    Fault("seven dimensions", tensor(0, shape=[1] * 7), UNSUPPORTED, "type or shape", tensor=0),
    Fault("a type that does not exist", tensor(0, type=77), UNSUPPORTED, "type or shape", tensor=0),
    Fault("a type without extent", tensor(0, type=TYPE.STRING), UNSUPPORTED, "type or shape", tensor=0),
    Fault("another type between two operators", tensor(1, type=TYPE.INT16), UNSUPPORTED, "", operator=0),
    Fault("weights of another type", tensor(2, type=TYPE.UINT8), UNSUPPORTED, "", operator=0),
    Fault("a buffer that does not exist", tensor(2, buffer=99), BAD, "data of the tensor", operator=0, tensor=2),
    Fault("the largest buffer index", tensor(2, buffer=2**32 - 1), BAD, "data of the tensor", operator=0, tensor=2),
    Fault("a buffer of another size", tensor(2, buffer=2), BAD, "data of the tensor", operator=0, tensor=2),
    Fault("constant data in what is computed", tensor(1, buffer=2), BAD, "", operator=0, tensor=1),
    Fault("a variable with constant data", tensor(2, isVariable=True), BAD, "data of the tensor", operator=0, tensor=2),
    Fault("a scale of 0", quantization(0, scale=[0.0]), UNSUPPORTED, "exactly one scale", operator=0),
    Fault("a negative scale", quantization(0, scale=[-1.0]), UNSUPPORTED, "exactly one scale", operator=0),
    Fault("a scale that is no number", quantization(0, scale=[float("nan")]), UNSUPPORTED, "exactly one scale", operator=0),
    Fault("an infinite scale", quantization(0, scale=[float("inf")]), UNSUPPORTED, "exactly one scale", operator=0),
    Fault("a broken scale among many", quantization(2, scale=[0.1, float("nan")]), BAD, "not a positive number", operator=0),
    Fault("a zero point outside every type", quantization(0, zeroPoint=[2**40]), BAD, "quantization", tensor=0),
    Fault("a zero point outside the type", quantization(0, zeroPoint=[128]), BAD, "outside int8", operator=0),
    Fault("more zero points than scales", quantization(0, zeroPoint=[0, 0]), BAD, "quantization", tensor=0),
    Fault("scales for a number of channels that is not there", quantization(2, scale=[0.1] * 3, zeroPoint=[0] * 3), UNSUPPORTED, "one for each output channel", operator=0),
    Fault("scales along another axis", quantization(2, quantizedDimension=1), UNSUPPORTED, "one for each output channel", operator=0),
    Fault("scales along no axis", quantization(2, quantizedDimension=2**31 - 1), BAD, "quantization", operator=0, tensor=2),
    Fault("no scale", quantization(0, scale=[], zeroPoint=[]), UNSUPPORTED, "one scale", operator=0),
    Fault("an operator code that does not exist", operator(0, opcodeIndex=99), BAD, "broken operator", operator=0),
    Fault("an operand that does not exist", operator(2, inputs=[1, 15]), BAD, "broken operator", operator=2),
    Fault("an operand below -1", operator(2, inputs=[1, -2]), BAD, "broken operator", operator=2),
    Fault("an operand that is missing", operator(2, inputs=[1]), BAD, "an input that the operator needs", operator=2),
    Fault("an operand that is left out", operator(2, inputs=[1, -1]), BAD, "an input that the operator needs", operator=2),
    Fault("an output that does not exist", operator(2, outputs=[-1]), BAD, "broken operator", operator=2),
    Fault("no outputs", operator(2, outputs=[]), BAD, "number of outputs", operator=2),
    Fault("two outputs", operator(2, outputs=[7, 8]), BAD, "number of outputs", operator=2),
    Fault("a tensor that is written twice", operator(2, outputs=[4]), BAD, "written twice", operator=2, tensor=4),
    Fault("an output that is its input", operator(2, inputs=[1, 4], outputs=[1]), BAD, "written twice", operator=2, tensor=1),
    Fault("a constant that is written", operator(2, outputs=[2]), BAD, "", operator=2),
    Fault("an input of another rank", operator(0, inputs=[14, 2, 3]), UNSUPPORTED, "rank 4", operator=0),
    Fault("an input from the future", operator(2, inputs=[1, 7]), BAD, "read before anything writes it", operator=2, tensor=7),
    Fault("more operands than the runtime counts", operator(2, inputs=[1] * 257), UNSUPPORTED, "broken operator", operator=2),
    Fault("a stride of 0", options(0, strideW=0), UNSUPPORTED, "out of range", operator=0),
    Fault("a negative stride", options(3, strideH=-1), UNSUPPORTED, "out of range", operator=3),
    Fault("a huge stride", options(0, strideW=2**31 - 1), UNSUPPORTED, "out of range", operator=0),
    Fault("a dilation of 0", options(0, dilationHFactor=0), UNSUPPORTED, "out of range", operator=0),
    Fault("a huge dilation", options(0, dilationHFactor=2**31 - 1), UNSUPPORTED, "out of range", operator=0),
    Fault("a padding that does not exist", options(0, padding=2), UNSUPPORTED, "", operator=0),
    Fault("an activation that does not exist", options(0, fusedActivationFunction=77), UNSUPPORTED, "activation", operator=0),
    Fault("a pool without taps", options(3, filterWidth=0), UNSUPPORTED, "out of range", operator=3),
    Fault("a pool larger than numbers", options(3, filterHeight=2**31 - 1), UNSUPPORTED, "out of range", operator=3),
    Fault("a weights format that does not exist", options(5, weightsFormat=1), UNSUPPORTED, "", operator=5),
    Fault("a negative beta", options(6, beta=-1.0), UNSUPPORTED, "", operator=6),
    Fault("a beta that is no number", options(6, beta=float("nan")), UNSUPPORTED, "", operator=6),
]  # fmt: skip


def bytes_at(position: int, format_: str, value: int) -> Callable[[Any], object]:
    return lambda data: struct.pack_into(format_, data, position, value)


RAW_FAULTS = [
    Fault("an empty file", lambda data: data.clear(), BAD, "not a TFLite flatbuffer"),
    Fault("three bytes", lambda data: data.__delitem__(slice(3, None)), BAD, "not a TFLite flatbuffer"),
    Fault("only an identifier", lambda data: data.__delitem__(slice(8, None)), BAD, "not a TFLite flatbuffer"),
    Fault("another identifier", bytes_at(4, "<I", 0x4C465434), BAD, "not a TFLite flatbuffer"),
    Fault("a root at 0", bytes_at(0, "<I", 0), BAD, "not a TFLite flatbuffer"),
    Fault("a root behind the end", bytes_at(0, "<I", len(NETWORK)), BAD, "not a TFLite flatbuffer"),
    Fault("a root at the last byte", bytes_at(0, "<I", len(NETWORK) - 1), BAD, "not a TFLite flatbuffer"),
    Fault("a root beyond what can be addressed", bytes_at(0, "<I", 2**32 - 1), BAD, "not a TFLite flatbuffer"),
    Fault("a vtable before the file", lambda data: bytes_at(root(data), "<i", 2**31 - 1)(data), BAD, "not a TFLite"),
    Fault("a vtable behind the file", lambda data: bytes_at(root(data), "<i", -(2**31))(data), BAD, "not a TFLite"),
    Fault("a vtable of an odd size", lambda data: bytes_at(vtable(data), "<H", 7)(data), BAD, "not a TFLite"),
    Fault("a vtable larger than the file", lambda data: bytes_at(vtable(data), "<H", 0xFFFE)(data), BAD, "not a TFLite"),
    Fault("a table larger than the file", lambda data: bytes_at(vtable(data) + 2, "<H", 0xFFFF)(data), BAD, "not a TFLite"),
    Fault("a field outside its table", lambda data: bytes_at(vtable(data) + 8, "<H", 0x7FFF)(data), BAD, "broken list"),
    Fault("subgraphs at their own offset", lambda data: bytes_at(field(data, 2), "<I", 0)(data), BAD, "broken list"),
    Fault("subgraphs behind the end", lambda data: bytes_at(field(data, 2), "<I", 2**31)(data), BAD, "broken list"),
    Fault("more subgraphs than the file has bytes", lambda data: bytes_at(vector(data, 2), "<I", 2**30)(data), BAD, "broken list"),
    Fault("a length that wraps", lambda data: bytes_at(vector(data, 4), "<I", 2**32 - 1)(data), BAD, "broken list"),
    Fault("a subgraph at the end", lambda data: bytes_at(vector(data, 2) + 4, "<I", len(data))(data), BAD, "broken subgraph"),
    Fault("codes that are no tables", lambda data: bytes_at(vector(data, 1) + 4, "<I", 2**31)(data), BAD, "", operator=0),
]  # fmt: skip


def root(data: bytearray) -> int:
    return int(struct.unpack_from("<I", data)[0])


def vtable(data: bytearray) -> int:
    return root(data) - int(struct.unpack_from("<i", data, root(data))[0])


def field(data: bytearray, number: int) -> int:
    return root(data) + int(struct.unpack_from("<H", data, vtable(data) + 4 + 2 * number)[0])


def vector(data: bytearray, number: int) -> int:
    return field(data, number) + int(struct.unpack_from("<I", data, field(data, number))[0])


def callee(name: str, value: int) -> Callable[[Any], object]:
    def change(model: Any) -> None:
        (loop,) = (each for each in model.subgraphs[0].operators if hasattr(each.builtinOptions, name))
        setattr(loop.builtinOptions, name, value)

    return change


def inside(graph_index: int, **values: object) -> Callable[[Any], object]:
    return lambda model: vars(model.subgraphs[graph_index]).update(values)


LOOP = build_counting_loop(3)
LOOP_FAULTS = [
    Fault("a condition that does not exist", callee("condSubgraphIndex", 3), BAD, "subgraph that does not exist", operator=0),
    Fault("a negative body", callee("bodySubgraphIndex", -1), BAD, "subgraph that does not exist", operator=0),
    Fault("the main subgraph as body", callee("bodySubgraphIndex", 0), BAD, "or the main one", operator=0),
    Fault("the body as condition", callee("condSubgraphIndex", 2), UNSUPPORTED, "a condition must be one bool", operator=0),
    Fault("the condition as body", callee("bodySubgraphIndex", 1), BAD, "another number of tensors", operator=0),
    Fault("a condition that takes less", inside(1, inputs=[0]), BAD, "another number of tensors", operator=0),
    Fault("a body that gives more", inside(2, outputs=[0, 1, 2, 3]), BAD, "another number of tensors", operator=0),
    Fault("a body that gives what nobody computes", inside(2, operators=[]), BAD, "read before anything writes", operator=0),
    Fault("a body whose output is no tensor", inside(2, outputs=[0, 1, 99]), BAD, "not a tensor of the model", operator=0),
    Fault("a condition without an answer", inside(1, outputs=[]), UNSUPPORTED, "a condition must be one bool", operator=0),
    Fault("more subgraphs than the runtime counts", lambda model: vars(model).update(subgraphs=model.subgraphs * 22), UNSUPPORTED, "64 subgraphs"),
]  # fmt: skip


def broken(model: bytes, change: Callable[[Any], object], is_raw: bool) -> bytes:
    if is_raw:
        data = bytearray(model)
        change(data)
        return bytes(data)
    unpacked = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(model, 0))
    change(unpacked)
    builder = flatbuffers.Builder(1024)
    builder.Finish(unpacked.Pack(builder), b"TFL3")
    return bytes(builder.Output())


ALL = [
    *((NETWORK, False, each) for each in NETWORK_FAULTS),
    *((NETWORK, True, each) for each in RAW_FAULTS),
    *((LOOP, False, each) for each in LOOP_FAULTS),
]
