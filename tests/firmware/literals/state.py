"""Recurrent layers, control flow and variables, over several inferences in a row."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tests.generators.literal import Literal
from tests.generators.tflite_builder import TfliteBuilder

Steps = list[tuple[list[np.ndarray], list[np.ndarray]]]


def steps(dtype: str, *pairs: tuple[Any, Any]) -> Steps:
    return [([np.array(given, dtype)], [np.array(expected, dtype)]) for given, expected in pairs]


def tensor(builder: TfliteBuilder, values: Any, dtype: str, scale: float = 1.0, **more: Any) -> int:
    """A constant, if it has values; else `values` is a shape."""
    data = None if isinstance(values, tuple) else np.array(values, dtype)
    is_plain = dtype in ("float32", "bool", "resource")
    shape = values if data is None else data.shape
    return builder.tensor(shape, dtype, [] if is_plain else [scale], [] if is_plain else [0], data, **more)


def svdf(dtype: str) -> bytes:
    """One filter: the feature weight 2 now, and the time weights 3 and 5 for the last input and this one; bias 1."""
    builder = TfliteBuilder()
    source, features = tensor(builder, (1, 1), dtype), tensor(builder, [[2]], dtype)
    time, bias = tensor(builder, [[3, 5]], dtype), tensor(builder, [1], "int32" if dtype == "int8" else dtype)
    state = tensor(builder, (1, 2), dtype, is_variable=True)
    result = tensor(builder, (1, 1), dtype)
    options = schema.SVDFOptionsT(rank=1, fusedActivationFunction=1)
    builder.operator("SVDF", [source, features, time, bias, state], [result], options)
    return builder.build([source], [result])


BIAS_TYPES = {"float32": "float32", "int8": "int32", "int16": "int64"}


def lstm(dtype: str) -> bytes:
    """All weights are 0, and the biases so large that gates are open and each step adds tanh(large) = 1 to the cell."""
    builder, is_float = TfliteBuilder(), dtype == "float32"
    source = tensor(builder, (1, 2, 1), dtype)
    inputs = [source, *(tensor(builder, [[0]], dtype if is_float else "int8") for _ in range(8)), -1, -1, -1]
    inputs += [tensor(builder, [100], BIAS_TYPES[dtype]) for _ in range(4)]
    inputs += [-1, -1, tensor(builder, (1, 1), dtype, 1 / 128, is_variable=True)]
    inputs += [tensor(builder, (1, 1), dtype if is_float else "int16", 2.0**-11, is_variable=True), *[-1] * 4]
    result = tensor(builder, (1, 2, 1), dtype, 1 / 128)
    options = schema.UnidirectionalSequenceLSTMOptionsT(fusedActivationFunction=4)
    builder.operator("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, [result], options)
    return builder.build([source], [result])


def branches() -> bytes:
    """`condition ? x + x : x · x`"""
    builder = TfliteBuilder()
    condition, x, result = tensor(builder, (1,), "bool"), *(tensor(builder, (2,), "int8") for _ in range(2))
    options = schema.IfOptionsT(thenSubgraphIndex=1, elseSubgraphIndex=2)
    builder.operator("IF", [condition, x], [result], options)
    for name, inner in (("ADD", schema.AddOptionsT()), ("MUL", schema.MulOptionsT())):
        builder.subgraph()
        ends = [tensor(builder, (2,), "int8") for _ in range(2)]
        builder.operator(name, [ends[0], ends[0]], [ends[1]], inner)
        builder.ends(ends[:1], ends[1:])
    return builder.build([condition, x], [result])


def loop() -> bytes:
    """`while x < 100: x = x + x`"""
    builder = TfliteBuilder()
    x, result = (builder.tensor((1,), "int32") for _ in range(2))
    builder.operator("WHILE", [x], [result], schema.WhileOptionsT(condSubgraphIndex=1, bodySubgraphIndex=2))
    builder.subgraph()
    inside, answer = builder.tensor((1,), "int32"), builder.tensor((1,), "bool")
    limit = builder.tensor((1,), "int32", data=np.array([100], np.int32))
    builder.operator("LESS", [inside, limit], [answer], schema.LessOptionsT())
    builder.ends([inside], [answer])
    builder.subgraph()
    inside, twice = (builder.tensor((1,), "int32") for _ in range(2))
    builder.operator("ADD", [inside, inside], [twice], schema.AddOptionsT())
    builder.ends([inside], [twice])
    return builder.build([x], [result])


def total() -> bytes:
    """A variable, 5 at first, takes the sum of itself and the input, which is the output too."""
    builder = TfliteBuilder()
    source, before, after = (tensor(builder, (2,), "int8") for _ in range(3))
    builder.operator("CALL_ONCE", [], [], schema.CallOnceOptionsT(initSubgraphIndex=1))
    handle = tensor(builder, (1,), "resource")
    name = schema.VarHandleOptionsT(container="", sharedName="total")
    builder.operator("VAR_HANDLE", [], [handle], name)
    builder.operator("READ_VARIABLE", [handle], [before], schema.ReadVariableOptionsT())
    builder.operator("ADD", [source, before], [after], schema.AddOptionsT())
    builder.operator("ASSIGN_VARIABLE", [handle, after], [], schema.AssignVariableOptionsT())
    builder.subgraph()
    handle, start = tensor(builder, (1,), "resource"), tensor(builder, [5, 5], "int8")
    builder.operator("VAR_HANDLE", [], [handle], name)
    builder.operator("ASSIGN_VARIABLE", [handle, start], [], schema.AssignVariableOptionsT())
    return builder.build([source], [after])


TRUE, FALSE, X = np.array([True]), np.array([False]), np.array([3, -4], np.int8)
VARIABLES = ("ek_assign_variable_any", "ek_call_once_any", "ek_read_variable_any", "ek_var_handle_any")

LITERALS = [
    # 3 · 0 + 5 · 2 + 1, then 3 · 2 + 5 · 4 + 1, then 3 · 4 + 5 · 0 + 1
    *(
        Literal(f"SVDF {dtype}", svdf(dtype), steps(dtype, ([[1]], [[11]]), ([[2]], [[27]]), ([[0]], [[13]])))
        for dtype in ("int8", "float32")
    ),
    # tanh 1, tanh 2; the next inference goes on with tanh 3, tanh 4
    Literal(
        "UNIDIRECTIONAL_SEQUENCE_LSTM float32",
        lstm("float32"),
        steps(
            "float32",
            ([[[0], [0]]], [[[0.76159416], [0.96402758]]]),
            ([[[0], [0]]], [[[0.99505475], [0.99932930]]]),
        ),
    ),
    # 128 · tanh 1 = 97.5 and 128 · tanh 2 = 123.4, a little less as gates open to σ(8) = 0.9997 at most
    *(
        Literal(
            f"UNIDIRECTIONAL_SEQUENCE_LSTM {dtype}",
            lstm(dtype),
            steps(dtype, ([[[0], [0]]], [[[97], [123]]])),
        )
        for dtype in ("int8", "int16")
    ),
    Literal(
        "IF",
        branches(),
        [([TRUE, X], [np.array([6, -8], np.int8)]), ([FALSE, X], [np.array([9, 16], np.int8)])],
        ["ek_if_any"],
    ),
    # 3, 6, 12, 24, 48, 96, 192
    Literal("WHILE", loop(), steps("int32", ([3], [192]), ([100], [100])), ["ek_while_any"]),
    Literal("variables", total(), steps("int8", ([1, 2], [6, 7]), ([10, 0], [16, 7])), VARIABLES),
]
