"""Operators that treat each channel for itself, or put it elsewhere: its ends stay and go together.

Channels that depend on each other share a group: of an addition channel c of both operands and of the result, of a
flattening channel c of the image and every element of the row that comes from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from edgekit.exporters._channel_graph import Bounds, Operand, is_activation, zero_of
from edgekit.exporters._fixed_point import (
    INT8_MAX,
    INT8_MIN,
    Array,
    activation_limits,
    output_bounds,
    quantize_multiplier,
    requantize,
)
from edgekit.tflite_model import OperatorInfo, TensorInfo

_ADD_SHIFT = 20


@dataclass(frozen=True, eq=False)
class Linked:
    """`groups`: of each of `activations`, the group of each of its channels; −1 for one that nothing depends on.

    `merge` makes the output's bounds of the inputs', `fit` rewrites what else the operator says about channels.
    """

    operator: OperatorInfo
    activations: tuple[int, ...]
    groups: tuple[Array, ...]
    merge: Callable[[Mapping[int, Bounds]], Bounds]
    fit: Callable[[Any, Mapping[int, Array]], None] = lambda edit, present: None

    def bounds(self, known: Mapping[int, Bounds]) -> Bounds:
        return self.merge(known)

    def spread(self, present: Mapping[int, Array], known: Mapping[int, Bounds]) -> None:
        held = np.zeros(max(int(each.max(initial=-1)) for each in self.groups) + 1, np.bool_)
        for index, groups in zip(self.activations, self.groups, strict=True):
            held[groups[present[index] & (groups >= 0)]] = True
        for index, groups in zip(self.activations, self.groups, strict=True):
            present[index][:] |= (groups >= 0) & held[groups]

    def rewrite(self, edit: Any, present: Mapping[int, Array], known: Mapping[int, Bounds]) -> None:
        self.fit(edit, present)


def make_add(operand: Operand) -> Linked | None:
    """ADD: both operands in a common scale, added there; a constant operand, and broadcasting, included."""
    parts = [operand.input(0), operand.input(1)]
    result = operand.output
    if not all(is_activation(each) for each in (*parts, result)) or len(operand.operator.inputs) != 2:
        return None
    first, second = (each for each in parts if each is not None)
    channels = result.shape[-1]
    limits = activation_limits(operand.option("FusedActivationFunction"), result.scales[0], zero_of(result))
    if (
        limits is None
        or {first.shape[-1], second.shape[-1]} - {1, channels}
        or not _broadcasts(first, second, result)
    ):
        return None
    twice = 2.0 * max(first.scales[0], second.scales[0])
    multiplier, shift = quantize_multiplier(twice / (2.0**_ADD_SHIFT * result.scales[0]))
    if shift > 0:
        return None  # runtimes refuse it
    factors = [quantize_multiplier(each.scales[0] / twice) for each in (first, second)]

    def merge(known: Mapping[int, Bounds]) -> Bounds:
        low, high = np.zeros(channels, np.int64), np.zeros(channels, np.int64)
        for each, factor in zip((first, second), factors, strict=True):
            given = known[each.index]
            # 255 · 2^20 and factors of at most one half: nothing can wrap around.
            low = low + requantize((given.low - zero_of(each)) << _ADD_SHIFT, *factor)[0]
            high = high + requantize((given.high - zero_of(each)) << _ADD_SHIFT, *factor)[0]
        return Bounds(*output_bounds(low, high, multiplier, shift, zero_of(result), limits))

    alike = [each for each in (first, second, result) if each.shape[-1] == channels]
    indices = tuple(dict.fromkeys(each.index for each in alike))
    return Linked(operand.operator, indices, tuple(np.arange(channels) for _ in indices), merge)


def make_pool(operand: Operand) -> Linked | None:
    """AVERAGE_POOL_2D, MAX_POOL_2D: of values between two ends neither leaves them, however many taps there are."""
    source, result = operand.input(0), operand.output
    if source is None or operand.options is None or not alike(source, result) or len(source.shape) != 4:
        return None
    limits = activation_limits(operand.option("FusedActivationFunction"), result.scales[0], zero_of(result))
    if limits is None or source.shape[-1] != result.shape[-1] or len(result.shape) != 4:
        return None
    least, most = limits

    def merge(known: Mapping[int, Bounds]) -> Bounds:
        given = known[source.index]
        return Bounds(np.clip(given.low, least, most), np.clip(given.high, least, most))

    return same_channels(operand, [source], merge)


def make_mean(operand: Operand) -> Linked | None:
    """MEAN over rows and columns: the sum, requantized with a multiplier that the number of pixels divides."""
    source, axes, result = operand.input(0), operand.input(1), operand.output
    if source is None or axes is None or not (is_activation(source) and is_activation(result)):
        return None
    data = axes.data() if axes.dtype == "int32" else None
    if data is None or len(source.shape) != 4 or source.shape[-1] != result.shape[-1]:
        return None
    rank = len(source.shape)
    folded = {int(each) % rank for each in data.reshape(-1) if -rank <= each < rank}
    count = prod(source.shape[axis] for axis in folded)
    if rank - 1 in folded or len(folded) != data.size or prod(result.shape) * count != prod(source.shape):
        return None
    multiplier, shift = quantize_multiplier(source.scales[0] / result.scales[0])
    spare = min(count.bit_length() - 1, 31 + shift)
    multiplier, shift = (multiplier << spare) // count, shift - spare

    def merge(known: Mapping[int, Bounds]) -> Bounds:
        given, zero = known[source.index], zero_of(source)
        low, high = (given.low - zero) * count, (given.high - zero) * count
        limits = INT8_MIN, INT8_MAX
        return Bounds(*output_bounds(low, high, multiplier, shift, zero_of(result), limits))

    return same_channels(operand, [source], merge)


def same_channels(
    operand: Operand, sources: list[TensorInfo], merge: Callable[[Mapping[int, Bounds]], Bounds]
) -> Linked:
    indices = tuple(dict.fromkeys([*(each.index for each in sources), operand.output.index]))
    groups = tuple(np.arange(operand.output.shape[-1]) for _ in indices)
    return Linked(operand.operator, indices, groups, merge)


def alike(source: TensorInfo, result: TensorInfo, scalar: bool = False) -> bool:
    """Whether a value of one means the same in the other."""
    return (
        (scalar or is_activation(source))
        and source.dtype == "int8"
        and is_activation(result)
        and (source.scales, zero_of(source)) == (result.scales, zero_of(result))
    )


def _broadcasts(first: TensorInfo, second: TensorInfo, result: TensorInfo) -> bool:
    try:
        return np.broadcast_shapes(first.shape, second.shape) == result.shape
    except ValueError:
        return False
