"""Operators that put channels elsewhere: flattening, joining, padding."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from edgekit.exporters._channel_graph import Bounds, Operand, zero_of
from edgekit.exporters._fixed_point import Array
from edgekit.exporters._moving_rules import Linked, alike, same_channels


def make_reshape(operand: Operand) -> Linked | None:
    """RESHAPE, SQUEEZE, EXPAND_DIMS: elements stay in order, so the longer of both axes repeats the other one."""
    source, result = operand.input(0), operand.output
    if source is None or not alike(source, result) or prod(source.shape) != prod(result.shape):
        return None
    inside, outside = source.shape[-1], result.shape[-1]
    if inside % outside and outside % inside:
        return None
    is_reshape = operand.operator.name == "RESHAPE"
    if is_reshape and not _names_shape(operand):
        return None
    if not is_reshape and (inside != outside or inside == 1):
        return None
    if operand.operator.name == "SQUEEZE" and (operand.option("SqueezeDimsLength") == 0):
        return None  # would take the channels, too, once only one is left
    count = min(inside, outside)
    groups = np.arange(inside) % count, np.arange(outside) % count

    def merge(known: Mapping[int, Bounds]) -> Bounds:
        given = known[source.index]
        low = given.low.reshape(-1, count).min(axis=0)
        high = given.high.reshape(-1, count).max(axis=0)
        return Bounds(np.tile(low, outside // count), np.tile(high, outside // count))

    def fit(edit: Any, present: Mapping[int, Array]) -> None:
        if is_reshape:
            edit.set_new_shape(operand.operator.index, len(result.shape), int(present[result.index].sum()))

    return Linked(operand.operator, (source.index, result.index), groups, merge, fit)


def _names_shape(operand: Operand) -> bool:
    """Whether a RESHAPE has its shape in the file, and the last axis where it can be changed."""
    shape, result = operand.input(1), operand.output
    if shape is None:
        return operand.option("NewShapeLength") == len(result.shape)
    data = shape.data() if shape.dtype == "int32" else None
    return data is not None and data.shape == (len(result.shape),) and int(data[-1]) in (-1, result.shape[-1])


def make_concatenation(operand: Operand) -> Linked | None:
    """CONCATENATION, side by side in the channels or along another axis."""
    result = operand.output
    parts = [operand.input(position) for position in range(len(operand.operator.inputs))]
    found = [each for each in parts if each is not None and alike(each, result)]
    rank = len(result.shape)
    axis = operand.option("Axis")
    if (
        len(found) < max(len(parts), 1)
        or operand.option("FusedActivationFunction") != 0
        or not -rank <= axis < rank
    ):
        return None
    axis %= rank
    if (
        any(len(each.shape) != rank for each in found)
        or sum(each.shape[axis] for each in found) != result.shape[axis]
    ):
        return None
    if any(each.shape[i] != result.shape[i] for each in found for i in range(rank) if i != axis):
        return None
    if axis != rank - 1:

        def enclose(known: Mapping[int, Bounds]) -> Bounds:
            given = [known[each.index] for each in found]
            return Bounds(
                np.min([each.low for each in given], axis=0), np.max([each.high for each in given], axis=0)
            )

        return same_channels(operand, found, enclose)
    if len({each.index for each in found}) < len(found):
        return None  # one tensor twice: its channels have two places each

    def join(known: Mapping[int, Bounds]) -> Bounds:
        given = [known[each.index] for each in found]
        return Bounds(
            np.concatenate([each.low for each in given]), np.concatenate([each.high for each in given])
        )

    starts = np.cumsum([0, *(each.shape[-1] for each in found)])
    groups = [np.arange(start, end) for start, end in pairwise(starts)]
    indices = (*(each.index for each in found), result.index)
    return Linked(operand.operator, indices, (*groups, np.arange(starts[-1])), join)


def make_pad(operand: Operand) -> Linked | None:
    """PAD, PADV2: a border of zeros, or of a constant, around the image; also channels of it."""
    source, amounts, value, result = operand.input(0), operand.input(1), operand.input(2), operand.output
    if (
        source is None
        or amounts is None
        or not alike(source, result)
        or amounts.dtype not in ("int32", "int64")
    ):
        return None
    rank, around = len(source.shape), amounts.data()
    if around is None or around.shape != (rank, 2) or around.min() < 0 or len(result.shape) != rank:
        return None
    if any(result.shape[i] != source.shape[i] + int(around[i].sum()) for i in range(rank)):
        return None
    filler = zero_of(result)
    if value is not None:
        data = value.data() if alike(value, result, scalar=True) else None
        if data is None or data.size != 1:
            return None
        filler = int(data.reshape(-1)[0])
    before, channels = int(around[-1, 0]), source.shape[-1]

    def merge(known: Mapping[int, Bounds]) -> Bounds:
        given = known[source.index]
        low, high = np.full(result.shape[-1], filler, np.int64), np.full(result.shape[-1], filler, np.int64)
        has_border = bool(around[:-1].any())
        low[before : before + channels] = np.minimum(given.low, filler) if has_border else given.low
        high[before : before + channels] = np.maximum(given.high, filler) if has_border else given.high
        return Bounds(low, high)

    def fit(edit: Any, present: Mapping[int, Array]) -> None:
        kept = present[result.index]
        if around[-1].any():
            changed = around.copy()
            changed[-1] = kept[:before].sum(), kept[before + channels :].sum()
            edit.set_constant(operand.operator.index, 1, changed)

    groups = np.full(result.shape[-1], -1)
    groups[before : before + channels] = np.arange(channels)
    return Linked(operand.operator, (source.index, result.index), (np.arange(channels), groups), merge, fit)
