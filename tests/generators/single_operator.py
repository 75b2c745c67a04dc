"""Hypothesis strategies: .tflite models of one int8 operator each, over everything that can differ between them.

`CASES` maps the name of a kernel file to its strategy; a kernel without one fails the test that walks over them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from hypothesis import strategies as st

from tests.generators.tflite_builder import TfliteBuilder

Draw = Callable[[st.SearchStrategy[Any]], Any]
CASES: dict[str, st.SearchStrategy[bytes]] = {}

zero_points = st.integers(-128, 127)
seeds = st.integers(0, 2**32 - 1)
activations = st.sampled_from([0, 1, 2, 3])  # none, ReLU, ReLU −1…1, ReLU6


def nudged(value: float, steps: int) -> float:
    """The float32 so many units in the last place above `value`."""
    return float((np.float32(value).view(np.int32) + np.int32(steps)).view(np.float32))


# Kernels turn ratios of scales into integers of 15 to 31 bits. A ratio that is a power of two makes results fall right
# between two integers, where the rounding shows; beside a power of two the last bit of a product of scales decides.
_NUDGES = [0, 0, 0, 0, 1, -1, 2, -3]
_fractions = st.builds(lambda a, b: (2 * a + 1) / (2 * b + 1), st.integers(0, 63), st.integers(0, 63))
_round_numbers = st.one_of(
    st.sampled_from([1.0, 1.0, 1.0, 2.0**0.5]),
    _fractions.map(lambda value: float(value / 2.0 ** np.floor(np.log2(value)))),
)


def scales(low: float = -10.0, high: float = 4.0) -> st.SearchStrategy[float]:
    """Positive float32 from 2^low to 2^high: half of them spread evenly over the powers of two, the others such that
    ratios and products of them are round numbers, or miss one by a few units in the last place."""
    spread = st.floats(low, high).map(lambda exponent: float(np.float32(2.0**exponent)))
    exponents = st.integers(int(np.ceil(low)), max(int(np.ceil(low)), int(np.floor(high)) - 1))
    regular = st.builds(
        lambda mantissa, exponent, steps: nudged(mantissa * 2.0**exponent, steps),
        _round_numbers,
        exponents,
        st.sampled_from(_NUDGES),
    )
    limits = float(np.float32(2.0**low)), float(np.float32(2.0**high))
    return st.one_of(spread, regular.map(lambda scale: float(np.clip(scale, *limits))))


_mantissas = st.one_of(_round_numbers, st.integers(0, 2**14 - 1).map(lambda i: 1.0 + (i + 0.5) / 2.0**14))


def near_tie(draw: Draw, wanted: float, product: float) -> float:
    """For the scale of an output: `wanted`, or one close to it under which `product`, which becomes a number of its
    steps, is a round number of them, or misses that by a few units in the last place; or has about half of the last
    of the 15 bits that TFLite leaves of a multiplier for 64-bit sums."""
    if draw(st.integers(0, 3)) == 0 or not wanted > 0.0:
        return float(np.float32(wanted))
    power = 2.0 ** float(np.round(np.log2(wanted / product))) / draw(_mantissas)
    return nudged(float(np.float32(product * power)), draw(st.sampled_from(_NUDGES)))


def near_tie_factor(draw: Draw, wanted: float, other: float) -> float:
    """The same for the scale of an input: its product with `other` is what is to be round."""
    if draw(st.integers(0, 3)) == 0:
        return float(np.float32(wanted))
    power = 2.0 ** float(np.round(np.log2(wanted * other))) * draw(_mantissas)
    return nudged(float(np.float32(power / other)), draw(st.sampled_from(_NUDGES)))


def case(name: str) -> Callable[[Callable[..., bytes]], Callable[..., bytes]]:
    def register(function: Callable[..., bytes]) -> Callable[..., bytes]:
        CASES[name] = st.composite(function)()
        return function

    return register


def _weights(
    draw: Draw,
    builder: TfliteBuilder,
    shape: tuple[int, ...],
    axis: int,
    input_scale: float,
    fan_in: int,
    with_zero_point: bool = False,
) -> tuple[int, int, float]:
    """Weights, bias (or −1) and an output scale under which results neither vanish nor all saturate."""
    rng = np.random.default_rng(draw(seeds))
    channels = shape[axis]
    count = channels if draw(st.booleans()) else 1
    zero_point = draw(zero_points) if count == 1 and with_zero_point and draw(st.booleans()) else 0
    # The wheel takes int4 with a scale for each channel in convolutions only.
    is_packed = draw(st.integers(0, 3)) == 0 and (count == 1 or not with_zero_point)
    low, high = (-8, 8) if is_packed else (-127, 128)
    weight_scales = np.array([draw(scales(-9, -3)) for _ in range(count)], np.float32)
    weights = builder.tensor(
        shape,
        "int4" if is_packed else "int8",
        weight_scales.tolist(),
        [zero_point] * count,
        rng.integers(low, high, shape).astype(np.int8),
        quantized_dimension=axis,
    )
    bias = -1
    if draw(st.booleans()):
        bias_scales = (weight_scales * np.float32(input_scale)).tolist()
        values = rng.integers(-(2**14), 2**14, channels).astype(np.int32)
        bias = builder.tensor((channels,), "int32", bias_scales, [0] * count, values)
    spread = float(weight_scales.max()) * input_scale * (0.6 * high) * np.sqrt(fan_in)
    product = float(draw(st.sampled_from(weight_scales.tolist()))) * input_scale
    return weights, bias, near_tie(draw, spread * draw(st.floats(0.05, 2.0)), product)


def _out_size(padding: int, size: int, stride: int, dilation: int, taps: int) -> int:
    extent = (taps - 1) * dilation + 1
    return (size + stride - 1) // stride if padding == 0 else (size + stride - extent) // stride


def _window(draw: Draw, options: Any, with_dilation: bool) -> tuple[list[int], list[int], list[int]]:
    """Sets stride, padding and dilation; returns (height, width) of input, filter and output."""
    taps = [draw(st.integers(1, 5)), draw(st.integers(1, 5))]
    strides = [draw(st.integers(1, 3)), draw(st.integers(1, 3))]
    dilations = [1, 1]
    if with_dilation and strides == [1, 1]:
        dilations = [draw(st.integers(1, 3)), draw(st.integers(1, 3))]
    extents = [(tap - 1) * dilation + 1 for tap, dilation in zip(taps, dilations, strict=True)]
    padding = draw(st.sampled_from([0, 1]))
    lowest = extents if padding == 1 else [1, 1]
    image = [draw(st.integers(low, low + 9)) for low in lowest]
    options.padding = padding
    options.strideH, options.strideW = strides
    if with_dilation:
        options.dilationHFactor, options.dilationWFactor = dilations
    out = [_out_size(padding, *each) for each in zip(image, strides, dilations, taps, strict=True)]
    return image, taps, out


@case("ek_conv_2d_int8")
def conv_2d(draw: Draw) -> bytes:
    builder, options = TfliteBuilder(), schema.Conv2DOptionsT()
    image, taps, out = _window(draw, options, with_dilation=True)
    options.fusedActivationFunction = draw(activations)
    batch, groups = draw(st.integers(1, 2)), draw(st.sampled_from([1, 1, 1, 2]))
    depth, channels = groups * draw(st.integers(1, 9)), groups * draw(st.integers(1, 6))
    scale = draw(scales(-8, 0))
    source = builder.tensor((batch, *image, depth), "int8", [scale], [draw(zero_points)])
    shape = (channels, *taps, depth // groups)
    weights, bias, out_scale = _weights(draw, builder, shape, 0, scale, taps[0] * taps[1] * depth // groups)
    result = builder.tensor((batch, *out, channels), "int8", [out_scale], [draw(zero_points)])
    builder.operator("CONV_2D", [source, weights, bias], [result], options, 3)
    return builder.build([source], [result])


@case("ek_depthwise_conv_2d_int8")
def depthwise_conv_2d(draw: Draw) -> bytes:
    builder, options = TfliteBuilder(), schema.DepthwiseConv2DOptionsT()
    image, taps, out = _window(draw, options, with_dilation=True)
    options.fusedActivationFunction = draw(activations)
    options.depthMultiplier = draw(st.integers(1, 3))
    batch, depth = draw(st.integers(1, 2)), draw(st.integers(1, 9))
    channels = depth * options.depthMultiplier
    scale = draw(scales(-8, 0))
    source = builder.tensor((batch, *image, depth), "int8", [scale], [draw(zero_points)])
    weights, bias, out_scale = _weights(draw, builder, (1, *taps, channels), 3, scale, taps[0] * taps[1])
    result = builder.tensor((batch, *out, channels), "int8", [out_scale], [draw(zero_points)])
    # The wheel crashes on a depthwise convolution whose third input is -1; without one it is fine.
    inputs = [source, weights] if bias < 0 else [source, weights, bias]
    builder.operator("DEPTHWISE_CONV_2D", inputs, [result], options, 3)
    return builder.build([source], [result])


@case("ek_fully_connected_int8")
def fully_connected(draw: Draw) -> bytes:
    builder, options = TfliteBuilder(), schema.FullyConnectedOptionsT()
    options.fusedActivationFunction = draw(activations)
    batch, depth, units = draw(st.integers(1, 3)), draw(st.integers(1, 70)), draw(st.integers(1, 12))
    scale = draw(scales(-8, 0))
    source = builder.tensor((batch, depth), "int8", [scale], [draw(zero_points)])
    weights, bias, out_scale = _weights(draw, builder, (units, depth), 0, scale, depth, True)
    result = builder.tensor((batch, units), "int8", [out_scale], [draw(zero_points)])
    builder.operator("FULLY_CONNECTED", [source, weights, bias], [result], options, 4)
    return builder.build([source], [result])


@case("ek_reshape_any")
def reshape(draw: Draw) -> bytes:
    builder = TfliteBuilder()
    shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    scale, zero_point = draw(scales()), draw(zero_points)
    target = draw(st.sampled_from([[int(np.prod(shape))], shape[::-1], [1, *shape]]))
    source = builder.tensor(shape, "int8", [scale], [zero_point])
    new_shape = builder.tensor((len(target),), "int32", data=np.array(target, np.int32))
    result = builder.tensor(target, "int8", [scale], [zero_point])
    options = schema.ReshapeOptionsT()
    options.newShape = target
    builder.operator("RESHAPE", [source, new_shape], [result], options)
    return builder.build([source], [result])
