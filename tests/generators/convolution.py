"""Models of one operator that multiplies windows and matrices, for every type but int8."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from hypothesis import strategies as st

from tests.generators.single_operator import Draw, _window, activations, case, near_tie, scales, seeds
from tests.generators.tflite_builder import TfliteBuilder

FULL = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767)}


def activation_tensor(
    draw: Draw, builder: TfliteBuilder, shape: Any, dtype: str, scale: float, symmetric: bool = False
) -> int:
    """float32 without quantization; int16, and whatever is `symmetric`, with zero point 0."""
    if dtype == "float32":
        return builder.tensor(shape, dtype)
    zero_point = 0 if dtype == "int16" or symmetric else draw(st.integers(*FULL[dtype]))
    return builder.tensor(shape, dtype, [scale], [zero_point])


def weights_and_bias(
    draw: Draw,
    builder: TfliteBuilder,
    dtype: str,
    shape: tuple[int, ...],
    axis: int,
    input_scale: float,
    fan_in: int,
    bias_types: tuple[str, ...],
) -> tuple[int, int, float]:
    """Weights, bias (or −1) and an output scale under which results neither vanish nor all saturate; `dtype` is that
    of the activations, `axis` that of the output channels, and one of `bias_types` may be ""."""
    rng = np.random.default_rng(draw(seeds))
    channels = shape[axis]
    bias_type = draw(st.sampled_from(bias_types))
    if dtype == "float32":
        weights = builder.tensor(shape, dtype, data=rng.normal(0, 1, shape).astype(np.float32))
        data = rng.normal(0, 1, channels).astype(np.float32)
        return weights, builder.tensor((channels,), dtype, data=data) if bias_type else -1, 1.0
    count = 1 if dtype == "uint8" or draw(st.booleans()) else channels
    weight_scales = np.array([draw(scales(-9, -3)) for _ in range(count)], np.float32)
    weight_type = "uint8" if dtype == "uint8" else "int8"
    zero_points = [draw(st.integers(0, 255)) if dtype == "uint8" else 0] * count
    low, high = (0, 256) if dtype == "uint8" else (-127, 128)
    values = rng.integers(low, high, shape).astype(weight_type)
    weights = builder.tensor(shape, weight_type, weight_scales.tolist(), zero_points, values, axis)
    bias = -1
    if bias_type:
        bias_scales = (weight_scales * np.float32(input_scale)).tolist()
        span = 2**30 if bias_type == "int64" else 2**14
        data = rng.integers(-span, span, channels).astype(bias_type)
        bias = builder.tensor((channels,), bias_type, bias_scales, [0] * count, data)
    spread = float(weight_scales.max()) * input_scale * 80.0 * np.sqrt(fan_in)
    spread *= draw(st.floats(0.05, 2.0)) * (64.0 if dtype == "int16" and draw(st.booleans()) else 1.0)
    product = float(draw(st.sampled_from(weight_scales.tolist()))) * input_scale
    return weights, bias, near_tie(draw, spread, product)


def _conv(draw: Draw, dtype: str, bias_types: tuple[str, ...]) -> bytes:
    builder, options = TfliteBuilder(), schema.Conv2DOptionsT()
    image, taps, out = _window(draw, options, with_dilation=True)
    options.fusedActivationFunction = draw(activations)
    # LiteRT, which decides about uint8, knows no groups for it.
    batch, groups = draw(st.integers(1, 2)), 1 if dtype == "uint8" else draw(st.sampled_from([1, 1, 1, 2]))
    depth, channels = groups * draw(st.integers(1, 9)), groups * draw(st.integers(1, 6))
    scale = draw(scales(-8, 0))
    source = activation_tensor(draw, builder, (batch, *image, depth), dtype, scale)
    shape = (channels, *taps, depth // groups)
    fan_in = taps[0] * taps[1] * depth // groups
    weights, bias, out_scale = weights_and_bias(draw, builder, dtype, shape, 0, scale, fan_in, bias_types)
    result = activation_tensor(draw, builder, (batch, *out, channels), dtype, out_scale)
    builder.operator("CONV_2D", [source, weights, bias], [result], options, 3)
    return builder.build([source], [result])


def _depthwise(draw: Draw, dtype: str, bias_types: tuple[str, ...]) -> bytes:
    builder, options = TfliteBuilder(), schema.DepthwiseConv2DOptionsT()
    image, taps, out = _window(draw, options, with_dilation=True)
    options.fusedActivationFunction = draw(activations)
    options.depthMultiplier = draw(st.integers(1, 3))
    batch, depth = draw(st.integers(1, 2)), draw(st.integers(1, 9))
    channels = depth * options.depthMultiplier
    scale = draw(scales(-8, 0))
    source = activation_tensor(draw, builder, (batch, *image, depth), dtype, scale)
    shape, fan_in = (1, *taps, channels), taps[0] * taps[1]
    weights, bias, out_scale = weights_and_bias(draw, builder, dtype, shape, 3, scale, fan_in, bias_types)
    result = activation_tensor(draw, builder, (batch, *out, channels), dtype, out_scale)
    # The wheel crashes on a depthwise convolution whose third input is -1; without one it is fine.
    inputs = [source, weights] if bias < 0 else [source, weights, bias]
    builder.operator("DEPTHWISE_CONV_2D", inputs, [result], options, 3)
    return builder.build([source], [result])


@case("ek_conv_2d_int16")
def conv_2d_int16(draw: Draw) -> bytes:
    return _conv(draw, "int16", ("int64", "int32", ""))


@case("ek_conv_2d_float32")
def conv_2d_float32(draw: Draw) -> bytes:
    return _conv(draw, "float32", ("float32", ""))


@case("ek_conv_2d_uint8")
def conv_2d_uint8(draw: Draw) -> bytes:
    return _conv(draw, "uint8", ("int32",))  # LiteRT wants a bias


@case("ek_depthwise_conv_2d_int16")
def depthwise_conv_2d_int16(draw: Draw) -> bytes:
    return _depthwise(draw, "int16", ("int64", ""))


@case("ek_depthwise_conv_2d_float32")
def depthwise_conv_2d_float32(draw: Draw) -> bytes:
    return _depthwise(draw, "float32", ("float32", ""))


@case("ek_depthwise_conv_2d_uint8")
def depthwise_conv_2d_uint8(draw: Draw) -> bytes:
    return _depthwise(draw, "uint8", ("int32", ""))


def _transpose_conv(draw: Draw, dtype: str, bias_types: tuple[str, ...]) -> bytes:
    """As a convolution, with the sizes of input and output exchanged."""
    builder, options = TfliteBuilder(), schema.TransposeConvOptionsT()
    out, taps, image = _window(draw, options, with_dilation=False)
    options.fusedActivationFunction = draw(activations)
    batch, depth, channels = draw(st.integers(1, 2)), draw(st.integers(1, 7)), draw(st.integers(1, 6))
    scale = draw(scales(-8, 0))
    shape = builder.tensor((4,), "int32", data=np.array([batch, *out, channels], np.int32))
    source = activation_tensor(draw, builder, (batch, *image, depth), dtype, scale)
    filters, fan_in = (channels, *taps, depth), taps[0] * taps[1] * depth
    weights, bias, out_scale = weights_and_bias(draw, builder, dtype, filters, 0, scale, fan_in, bias_types)
    result = activation_tensor(draw, builder, (batch, *out, channels), dtype, out_scale)
    inputs = [shape, weights, source] + ([] if bias < 0 else [bias])
    builder.operator("TRANSPOSE_CONV", inputs, [result], options, 4)
    return builder.build([source], [result])


@case("ek_transpose_conv_int8")
def transpose_conv_int8(draw: Draw) -> bytes:
    return _transpose_conv(draw, "int8", ("int32", ""))


@case("ek_transpose_conv_int16")
def transpose_conv_int16(draw: Draw) -> bytes:
    return _transpose_conv(draw, "int16", ("int64", "int16", ""))


@case("ek_transpose_conv_float32")
def transpose_conv_float32(draw: Draw) -> bytes:
    return _transpose_conv(draw, "float32", ("float32", ""))


def _dense(draw: Draw, dtype: str, bias_types: tuple[str, ...]) -> bytes:
    builder, options = TfliteBuilder(), schema.FullyConnectedOptionsT()
    options.fusedActivationFunction = draw(activations)
    batch, depth, units = draw(st.integers(1, 3)), draw(st.integers(1, 70)), draw(st.integers(1, 12))
    scale = draw(scales(-8, 0))
    source = activation_tensor(draw, builder, (batch, depth), dtype, scale)
    shape = (units, depth)
    weights, bias, out_scale = weights_and_bias(draw, builder, dtype, shape, 0, scale, depth, bias_types)
    result = activation_tensor(draw, builder, (batch, units), dtype, out_scale)
    builder.operator("FULLY_CONNECTED", [source, weights, bias], [result], options, 4)
    return builder.build([source], [result])


@case("ek_fully_connected_int16")
def fully_connected_int16(draw: Draw) -> bytes:
    return _dense(draw, "int16", ("int64", "int32", ""))


@case("ek_fully_connected_float32")
def fully_connected_float32(draw: Draw) -> bytes:
    return _dense(draw, "float32", ("float32", ""))


@case("ek_fully_connected_uint8")
def fully_connected_uint8(draw: Draw) -> bytes:
    return _dense(draw, "uint8", ("int32", ""))


def _batch_matmul(draw: Draw, dtype: str) -> bytes:
    builder, options = TfliteBuilder(), schema.BatchMatMulOptionsT()
    options.adjX, options.adjY = draw(st.booleans()), draw(st.booleans())
    rows, depth, columns = draw(st.integers(1, 5)), draw(st.integers(1, 20)), draw(st.integers(1, 5))
    batches = draw(st.lists(st.integers(1, 3), max_size=3))
    left = [1 if draw(st.integers(0, 3)) == 0 else size for size in batches]
    right = [1 if draw(st.integers(0, 3)) == 0 else size for size in batches]
    if left == batches and draw(st.booleans()):
        right = right[draw(st.integers(0, len(right))) :]  # a lower rank broadcasts as well
    whole = list(np.broadcast_shapes(left, right))
    left += [depth, rows] if options.adjX else [rows, depth]
    right += [columns, depth] if options.adjY else [depth, columns]
    scale1, scale2 = draw(scales(-8, 0)), draw(scales(-8, 0))
    size = 30000 if dtype == "int16" else 80
    spread = scale1 * scale2 * size * np.sqrt(depth) * draw(st.floats(0.05, 2.0))
    out_scale = near_tie(draw, spread, scale1 * scale2)
    in1 = activation_tensor(draw, builder, left, dtype, scale1)
    in2 = activation_tensor(draw, builder, right, dtype, scale2)
    result = activation_tensor(draw, builder, [*whole, rows, columns], dtype, out_scale)
    builder.operator("BATCH_MATMUL", [in1, in2], [result], options, 3)
    return builder.build([in1, in2], [result])


@case("ek_batch_matmul_int8")
def batch_matmul_int8(draw: Draw) -> bytes:
    return _batch_matmul(draw, "int8")


@case("ek_batch_matmul_int16")
def batch_matmul_int16(draw: Draw) -> bytes:
    return _batch_matmul(draw, "int16")


@case("ek_batch_matmul_float32")
def batch_matmul_float32(draw: Draw) -> bytes:
    return _batch_matmul(draw, "float32")
