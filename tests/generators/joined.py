"""Joins models into one, whose operators, inputs and outputs are those of all, in their order: one upload for many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

_SUBGRAPH_OPTIONS = (
    "initSubgraphIndex",
    "thenSubgraphIndex",
    "elseSubgraphIndex",
    "condSubgraphIndex",
    "bodySubgraphIndex",
)


# Where an operator's code is in the joined model, by its number, version and custom name.
Codes = dict[tuple[int, int, bytes | None], int]


def join_models(models: Sequence[bytes]) -> bytes:
    """Names of tensors are left out, those of variables told apart."""
    joined = schema.ModelT()
    joined.version = 3
    joined.buffers, joined.operatorCodes = [schema.BufferT()], []
    joined.subgraphs = [_empty_subgraph()]
    codes: Codes = {}
    for number, model in enumerate(models):
        _append(joined, codes, schema.ModelT.InitFromPackedBuf(bytearray(model)), number)
    builder = flatbuffers.Builder(1024)
    builder.Finish(joined.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _empty_subgraph() -> Any:
    graph = schema.SubGraphT()
    graph.tensors, graph.operators, graph.inputs, graph.outputs = [], [], [], []
    return graph


def _append(joined: Any, codes: Codes, part: Any, number: int) -> None:
    """The main subgraph goes to the end of the joined one's, the others become further subgraphs."""
    first_new = len(joined.subgraphs)
    for index, source in enumerate(part.subgraphs):
        if index > 0:
            joined.subgraphs.append(_empty_subgraph())
        graph = joined.subgraphs[0 if index == 0 else -1]
        offset = len(graph.tensors)

        def moved(tensors: Any, offset: int = offset) -> list[int]:
            return [] if tensors is None else [int(each) + offset if each >= 0 else -1 for each in tensors]

        for tensor in source.tensors:
            tensor.name = None
            tensor.buffer = _move_buffer(joined, part.buffers[tensor.buffer])
            graph.tensors.append(tensor)
        for operator in source.operators or []:
            operator.inputs, operator.outputs = moved(operator.inputs), moved(operator.outputs)
            operator.opcodeIndex = _move_code(joined, codes, part.operatorCodes[operator.opcodeIndex])
            _move_options(operator.builtinOptions, first_new, number)
            graph.operators.append(operator)
        graph.inputs += moved(source.inputs)
        graph.outputs += moved(source.outputs)


def _move_buffer(joined: Any, buffer: Any) -> int:
    if buffer.data is None:
        return 0
    joined.buffers.append(buffer)
    return len(joined.buffers) - 1


def _move_code(joined: Any, codes: Codes, code: Any) -> int:
    key = (code.builtinCode, code.version, code.customCode)
    if key not in codes:
        codes[key] = len(joined.operatorCodes)
        joined.operatorCodes.append(code)
    return codes[key]


def _move_options(options: Any, first_new: int, number: int) -> None:
    for name in _SUBGRAPH_OPTIONS:
        if hasattr(options, name):
            setattr(options, name, getattr(options, name) - 1 + first_new)
    if hasattr(options, "sharedName"):
        options.sharedName = f"{number}.{options.sharedName.decode()}"
