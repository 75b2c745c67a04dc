"""Strategies: recurrent layers, control flow and variables, as models whose outputs depend on all of it."""

from __future__ import annotations

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from hypothesis import strategies as st

from tests.generators.single_operator import (
    Draw,
    case,
    near_tie,
    near_tie_factor,
    nudged,
    scales,
    seeds,
    zero_points,
)
from tests.generators.tflite_builder import TfliteBuilder

_SCALE, _ZERO = 0.05, 3


def _svdf(draw: Draw, state_type: str) -> bytes:
    builder = TfliteBuilder()
    rng = np.random.default_rng(draw(seeds))
    batch, depth, memory = draw(st.integers(1, 2)), draw(st.integers(1, 9)), draw(st.integers(1, 6))
    units, rank = draw(st.integers(1, 4)), draw(st.integers(1, 2))
    filters = units * rank
    is_float = state_type == "float32"
    in_scale, feature_scale = draw(scales(-6, -2)), draw(scales(-8, -4))
    time_scale = draw(scales(-15, -12) if state_type == "int16" else scales(-8, -4))
    product = in_scale * feature_scale
    state_scale = near_tie(draw, product * (1 / 4 if state_type == "int16" else 64), product)

    def quantized(shape: tuple[int, ...], dtype: str, scale: float, zero: int = 0, **more: object) -> int:
        return builder.tensor(shape, dtype, () if is_float else (scale,), () if is_float else (zero,), **more)

    def constant(shape: tuple[int, ...], dtype: str) -> np.ndarray:
        if is_float:
            return rng.normal(0, 1, shape).astype(np.float32)
        return rng.integers(-127, 128, shape).astype(dtype)

    kind = "float32" if is_float else "int8"
    source = quantized((batch, depth), kind, in_scale, draw(zero_points))
    features = quantized((filters, depth), kind, feature_scale, data=constant((filters, depth), "int8"))
    time = quantized((filters, memory), state_type, time_scale, data=constant((filters, memory), state_type))
    bias_values = constant((units,), "int32")
    bias = quantized((units,), "float32" if is_float else "int32", state_scale * time_scale, data=bias_values)
    zero = draw(zero_points) if state_type == "int8" else 0
    state = quantized((batch, memory * filters), state_type, state_scale, zero, is_variable=True)
    product = state_scale * time_scale
    out_scale = near_tie(draw, product * draw(st.floats(1, 200)), product)
    result = quantized((batch, units), kind, out_scale, draw(zero_points))
    options = schema.SVDFOptionsT()
    options.rank, options.fusedActivationFunction = rank, 1
    builder.operator("SVDF", [source, features, time, bias, state], [result], options, 3)
    return builder.build([source], [result])


@case("ek_svdf_int8")
def svdf_int8(draw: Draw) -> bytes:
    return _svdf(draw, draw(st.sampled_from(["int8", "int16"])))


@case("ek_svdf_float32")
def svdf_float32(draw: Draw) -> bytes:
    return _svdf(draw, "float32")


def _lstm(draw: Draw, kind: str) -> bytes:
    builder = TfliteBuilder()
    rng = np.random.default_rng(draw(seeds))
    batch, steps, depth, units = (draw(st.integers(1, most)) for most in (2, 4, 8, 6))
    time_major = draw(st.booleans())
    is_float = kind == "float32"
    weight_type = "float32" if is_float else "int8"
    bias_type, cell_type = {"float32": ("float32", "float32"), "int8": ("int32", "int16")}.get(
        kind, ("int64", "int16")
    )
    in_scale = 1.0 if is_float else draw(scales(-6, -3) if kind == "int8" else scales(-14, -11))
    hidden_scale = draw(scales(-8, -6) if kind == "int8" else scales(-15, -14))
    hidden_zero = draw(zero_points) if kind == "int8" else 0

    def tensor(shape: tuple[int, ...], dtype: str, scale: float, zero: int = 0, **more: object) -> int:
        return builder.tensor(shape, dtype, () if is_float else (scale,), () if is_float else (zero,), **more)

    def constant(shape: tuple[int, ...], dtype: str, low: int, high: int) -> np.ndarray:
        if is_float:
            return rng.normal(0, 0.5, shape).astype(np.float32)
        return rng.integers(low, high, shape).astype(dtype)

    lengths = (steps, batch) if time_major else (batch, steps)
    source = tensor((*lengths, depth), kind, in_scale, draw(zero_points) if kind == "int8" else 0)
    inputs = [source]
    others = [in_scale] * 4 + [hidden_scale] * 4
    weight_scales = [near_tie_factor(draw, draw(scales(-9, -5)), other) for other in others]
    for index, columns in enumerate([depth] * 4 + [units] * 4):
        data = constant((units, columns), "int8", -127, 128)
        inputs.append(tensor((units, columns), weight_type, weight_scales[index], data=data))
    inputs += [-1] * 3
    for index in range(4):
        data = constant((units,), bias_type, -(2**10), 2**10)
        inputs.append(tensor((units,), bias_type, in_scale * weight_scales[index], data=data))
    inputs += [-1] * 2
    inputs.append(tensor((batch, units), kind, hidden_scale, hidden_zero, is_variable=True))
    # The reference rounds its logarithm: what is near the square root of two goes one way or the other.
    cell_power = 2.0 ** draw(st.integers(-15, -9))
    root = nudged(cell_power * 2.0**0.5, draw(st.integers(-5, 20)))
    cell_scale = draw(st.sampled_from([cell_power, cell_power, root, draw(scales(-15, -9))]))
    inputs.append(tensor((batch, units), cell_type, cell_scale, is_variable=True))
    inputs += [-1] * 4
    result = tensor((*lengths, units), kind, hidden_scale, hidden_zero)
    options = schema.UnidirectionalSequenceLSTMOptionsT()
    options.fusedActivationFunction, options.timeMajor = 4, time_major
    options.cellClip = draw(st.sampled_from([0.0, 0.0, 10.0, 0.3]))
    builder.operator("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, [result], options, 3)
    return builder.build([source], [result])


@case("ek_unidirectional_sequence_lstm_int8")
def lstm_int8(draw: Draw) -> bytes:
    return _lstm(draw, "int8")


@case("ek_unidirectional_sequence_lstm_int16")
def lstm_int16(draw: Draw) -> bytes:
    return _lstm(draw, "int16")


@case("ek_unidirectional_sequence_lstm_float32")
def lstm_float32(draw: Draw) -> bytes:
    return _lstm(draw, "float32")


def _plain(builder: TfliteBuilder, shape: tuple[int, ...]) -> int:
    return builder.tensor(shape, "int8", [_SCALE], [_ZERO])


def _binary(builder: TfliteBuilder, name: str, a: int, b: int, out: int) -> None:
    options = schema.AddOptionsT() if name == "ADD" else schema.MulOptionsT()
    builder.operator(name, [a, b], [out], options, 2)


@case("ek_if_any")
def if_(draw: Draw) -> bytes:
    """`condition ? a + b : a · b`, then + a, so that the inputs live on."""
    shape = (1, draw(st.integers(1, 40)))
    builder = TfliteBuilder()
    condition = builder.tensor((1,), "bool")
    a, b = _plain(builder, shape), _plain(builder, shape)
    chosen, result = _plain(builder, shape), _plain(builder, shape)
    options = schema.IfOptionsT()
    options.thenSubgraphIndex, options.elseSubgraphIndex = 1, 2
    builder.operator("IF", [condition, a, b], [chosen], options)
    _binary(builder, "ADD", chosen, a, result)
    for name in ("ADD", "MUL"):
        builder.subgraph()
        ends = [_plain(builder, shape) for _ in range(3)]
        _binary(builder, name, *ends)
        builder.ends(ends[:2], ends[2:])
    return builder.build([condition, a, b], [result])


@case("ek_while_any")
def while_(draw: Draw) -> bytes:
    """Adds the second input to the third while a counter, constant at first, is below a limit."""
    shape, limit = (1, draw(st.integers(1, 20))), draw(st.integers(0, 6))
    builder = TfliteBuilder()
    start = builder.tensor((1,), "int32", data=np.zeros(1, np.int32))
    step, sum_in = _plain(builder, shape), _plain(builder, shape)
    after = [builder.tensor((1,), "int32"), _plain(builder, shape), _plain(builder, shape)]
    options = schema.WhileOptionsT()
    options.condSubgraphIndex, options.bodySubgraphIndex = 1, 2
    builder.operator("WHILE", [start, step, sum_in], after, options)
    builder.subgraph()
    state = [builder.tensor((1,), "int32"), _plain(builder, shape), _plain(builder, shape)]
    bound = builder.tensor((1,), "int32", data=np.array([limit], np.int32))
    goes_on = builder.tensor((1,), "bool")
    builder.operator("LESS", [state[0], bound], [goes_on], schema.LessOptionsT())
    builder.ends(state, [goes_on])
    builder.subgraph()
    state = [builder.tensor((1,), "int32"), _plain(builder, shape), _plain(builder, shape)]
    one = builder.tensor((1,), "int32", data=np.ones(1, np.int32))
    count, total = builder.tensor((1,), "int32"), _plain(builder, shape)
    builder.operator("ADD", [state[0], one], [count], schema.AddOptionsT())
    _binary(builder, "ADD", state[1], state[2], total)
    builder.ends(state, [count, state[1], total])
    return builder.build([step, sum_in], [after[2]])


def _handle(builder: TfliteBuilder, name: str) -> int:
    handle = builder.tensor((1,), "resource")
    options = schema.VarHandleOptionsT()
    options.container, options.sharedName = "", name
    builder.operator("VAR_HANDLE", [], [handle], options)
    return handle


@case("ek_var_handle_any")
@case("ek_read_variable_any")
@case("ek_assign_variable_any")
def variables(draw: Draw) -> bytes:
    """The output is the input plus a variable, which takes it; a second variable holds the input before."""
    return build_accumulator(draw, initial=False)


@case("ek_call_once_any")
def call_once(draw: Draw) -> bytes:
    return build_accumulator(draw, initial=True)


def build_accumulator(draw: Draw, initial: bool) -> bytes:
    shape = (1, draw(st.integers(1, 20)))
    rng = np.random.default_rng(draw(seeds))
    builder = TfliteBuilder()
    source = _plain(builder, shape)
    if initial:
        options = schema.CallOnceOptionsT()
        options.initSubgraphIndex = 1
        builder.operator("CALL_ONCE", [], [], options)
    handles = [_handle(builder, name) for name in ("total", "last")]
    before = [_plain(builder, shape), _plain(builder, shape)]
    sums = [_plain(builder, shape), _plain(builder, shape)]
    for handle, value in zip(handles, before, strict=True):
        builder.operator("READ_VARIABLE", [handle], [value], schema.ReadVariableOptionsT())
    _binary(builder, "ADD", source, before[0], sums[0])
    _binary(builder, "ADD", sums[0], before[1], sums[1])
    for handle, value in zip(handles, (sums[0], source), strict=True):
        builder.operator("ASSIGN_VARIABLE", [handle, value], [], schema.AssignVariableOptionsT())
    if initial:
        builder.subgraph()
        handle = _handle(builder, "total")
        values = rng.integers(-128, 128, shape).astype(np.int8)
        start = builder.tensor(shape, "int8", [_SCALE], [_ZERO], data=values)
        builder.operator("ASSIGN_VARIABLE", [handle, start], [], schema.AssignVariableOptionsT())
    return builder.build([source], [sums[1]])


def build_counting_loop(limit: int, size: int = 4, depth: int = 1) -> bytes:
    """`depth` WHILEs within each other, each of which counts its own counter to `limit` and adds to a sum of `size`."""
    builder = TfliteBuilder()

    def state() -> list[int]:
        return [
            builder.tensor((1,), "int32"),
            builder.tensor((size,), "int32"),
            builder.tensor((size,), "int32"),
        ]

    def number(value: int) -> int:
        return builder.tensor((1,), "int32", data=np.array([value], np.int32))

    def loop_over(inputs: list[int], level: int) -> list[int]:
        after = state()
        options = schema.WhileOptionsT()
        options.condSubgraphIndex, options.bodySubgraphIndex = 1, 1 + level
        builder.operator("WHILE", inputs, after, options)
        return after

    start, amount, total = number(0), builder.tensor((size,), "int32"), builder.tensor((size,), "int32")
    result = loop_over([start, amount, total], 1)[2]
    builder.subgraph()
    condition, goes_on = state(), builder.tensor((1,), "bool")
    builder.operator("LESS", [condition[0], number(limit)], [goes_on], schema.LessOptionsT())
    builder.ends(condition, [goes_on])
    for level in range(1, depth + 1):
        builder.subgraph()
        before, count, added = state(), builder.tensor((1,), "int32"), builder.tensor((size,), "int32")
        builder.operator("ADD", [before[0], number(1)], [count], schema.AddOptionsT())
        builder.operator("ADD", [before[1], before[2]], [added], schema.AddOptionsT())
        last = added if level == depth else loop_over([number(0), before[1], added], level + 1)[2]
        builder.ends(before, [count, before[1], last])
    return builder.build([amount, total], [result])
