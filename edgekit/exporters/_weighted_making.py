"""Reads convolutions and dense layers out of the file; one that is out of the ordinary gets no rule."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from edgekit.exporters._channel_graph import Operand, is_activation, zero_of
from edgekit.exporters._fixed_point import Array, activation_limits, quantize_multipliers
from edgekit.exporters._weighted_rules import Extent, Weighted
from edgekit.tflite_model import TensorInfo

_SAME, _VALID = 0, 1
_MAX_SIZE = 1 << 16  # of an image along one axis


def find_extents(
    size: int, out: int, taps: int, stride: int, dilation: int, padding: int
) -> tuple[Extent, ...] | None:
    """The ranges of taps inside the image that occur along one axis; None if `out` does not follow from the rest."""
    reach = (taps - 1) * dilation + 1
    expected = -(-size // stride) if padding == _SAME else (size + stride - reach) // stride
    if out != expected or not 1 <= out <= _MAX_SIZE:
        return None
    before = max((out - 1) * stride + reach - size, 0) // 2
    start = np.arange(out, dtype=np.int64) * stride - before
    first = np.minimum(-(np.minimum(start, 0) // dilation), taps)
    end = np.clip(-((start - size) // dilation), 0, taps)
    found = np.unique(np.stack([first, np.maximum(first, end)], axis=1), axis=0)
    return tuple((int(a), int(b)) for a, b in found)


def make_weighted(operand: Operand) -> Weighted | None:
    """The rule of a weighted operator; None if anything about it is out of the ordinary."""
    source, weights, bias = (operand.input(position) for position in range(3))
    if operand.options is None or source is None or weights is None or len(operand.operator.inputs) > 3:
        return None
    if not is_activation(source) or not is_activation(operand.output) or source.is_constant:
        return None
    shaped = _shape(operand, source, weights)
    codes = weights.codes() if weights.dtype in ("int8", "int4") else None
    limits = activation_limits(
        operand.option("FusedActivationFunction"), operand.output.scales[0], zero_of(operand.output)
    )
    if shaped is None or codes is None or limits is None:
        return None
    values, extents, channel_axis, repeats = shaped(codes.astype(np.int64))
    num_outputs = values.shape[0]
    is_dense = operand.operator.name == "FULLY_CONNECTED"
    zero = zero_of(weights)
    if len(weights.scales) not in (1, num_outputs) or (
        zero and not (is_dense and len(weights.zero_points) == 1)
    ):
        return None
    if any(weights.zero_points[1:]) or (
        len(weights.scales) > 1 and weights.quantized_dimension != channel_axis
    ):
        return None
    given = np.zeros(num_outputs, np.int64)
    if bias is not None:
        data = bias.data() if bias.dtype == "int32" else None
        if data is None or data.size != num_outputs or len(bias.shape) != 1 or any(bias.zero_points):
            return None
        given = data.astype(np.int64)
    scales = np.broadcast_to(np.array(weights.scales, np.float64), (num_outputs,))
    multipliers, shifts = quantize_multipliers(source.scales[0] * scales / operand.output.scales[0])
    is_depthwise = operand.operator.name == "DEPTHWISE_CONV_2D"
    return Weighted(
        operand.operator,
        (source.index, operand.output.index),
        values - zero,
        given,
        bias is not None,
        extents[0],
        extents[1],
        zero_of(source),
        zero_of(operand.output),
        multipliers,
        shifts,
        limits,
        num_outputs // source.shape[-1] if is_depthwise else 0,
        repeats,
    )


Shaped = Callable[[Array], tuple[Array, list[tuple[Extent, ...]], int, int]]


def _shape(operand: Operand, source: TensorInfo, weights: TensorInfo) -> Shaped | None:
    """What turns codes into (weights, extents, axis of the channels, repeats); None if the shapes do not fit."""
    result = operand.output
    if operand.operator.name == "FULLY_CONNECTED":
        return _shape_dense(operand, source, weights, result)
    if not len(source.shape) == len(weights.shape) == len(result.shape) == 4 or 0 in weights.shape:
        return None
    padding, strides = operand.option("Padding"), (operand.option("StrideH"), operand.option("StrideW"))
    dilations = (operand.option("DilationHFactor"), operand.option("DilationWFactor"))
    if padding not in (_SAME, _VALID) or min(*strides, *dilations) < 1 or source.shape[0] != result.shape[0]:
        return None
    found = [
        find_extents(source.shape[axis], result.shape[axis], weights.shape[axis], stride, dilation, padding)
        for axis, stride, dilation in zip((1, 2), strides, dilations, strict=True)
    ]
    extents = [each for each in found if each is not None]
    if len(extents) < 2:
        return None
    depth, channels = source.shape[3], result.shape[3]
    if operand.operator.name == "DEPTHWISE_CONV_2D":
        if weights.shape[0] != 1 or weights.shape[3] != channels:
            return None
        if operand.option("DepthMultiplier") * depth != channels:
            return None
        return lambda codes: (np.moveaxis(codes, 3, 0).transpose(0, 2, 3, 1), extents, 3, 1)
    if weights.shape[0] != channels or weights.shape[3] != depth:  # grouped ones among them
        return None
    return lambda codes: (codes, extents, 0, 1)


def _shape_dense(
    operand: Operand, source: TensorInfo, weights: TensorInfo, result: TensorInfo
) -> Shaped | None:
    if len(weights.shape) != 2 or 0 in weights.shape or operand.option("WeightsFormat") != 0:
        return None
    units, depth = weights.shape
    channels = source.shape[-1]
    if result.shape[-1] != units or depth % channels or prod(source.shape) % depth:
        return None
    if prod(source.shape) // depth * units != prod(result.shape):
        return None
    if operand.option("KeepNumDims") and depth != channels:
        return None
    whole: list[tuple[Extent, ...]] = [((0, 1),), ((0, 1),)]
    return lambda codes: (codes[:, None, None, :], whole, 0, depth // channels)
