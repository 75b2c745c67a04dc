"""What convolutions and dense layers make of channels: bounds of their sums, and constants that go into the bias.

    out = clamp(z_out + requantize(bias + Σ (in − z_in) · w))

over the taps inside the image; those in the padding count as z_in, that is, not at all. So an input channel that always
holds c adds (c − z_in) · Σ w to the sum, and where that is the same at every position, the bias can hold it instead.
With zero padding it is the same only if the taps that some positions lack add nothing: because c = z_in, or because
their weights cancel out. Otherwise the channel stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgekit.exporters._channel_graph import Bounds
from edgekit.exporters._fixed_point import INT32_MAX, INT32_MIN, Array, output_bounds
from edgekit.tflite_model import OperatorInfo

Extent = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Weighted:
    """CONV_2D, DEPTHWISE_CONV_2D or FULLY_CONNECTED.

    `weights`: (outputs, taps in rows, taps in columns, inputs) int64, zero point off; for depthwise (outputs, …, 1).
    `rows`, `columns`: the ranges of taps that lie inside the image, at whichever positions of the output.
    `multiplier`: how many outputs each input channel has in a depthwise convolution, 0 in the others.
    `repeats`: how many times the input's channels stand in a row of dense weights.
    """

    operator: OperatorInfo
    activations: tuple[int, ...]
    weights: Array
    bias: Array
    has_bias: bool
    rows: tuple[Extent, ...]
    columns: tuple[Extent, ...]
    zero_in: int
    zero_out: int
    multipliers: Array
    shifts: Array
    limits: tuple[int, int]
    multiplier: int
    repeats: int
    _cache: dict[str, Array] = field(default_factory=dict)

    @property
    def num_inputs(self) -> int:
        """Channels of the input."""
        return len(self.bias) // self.multiplier if self.depthwise else self.weights.shape[3] // self.repeats

    @property
    def depthwise(self) -> bool:
        return self.multiplier > 0

    def bounds(self, known: Mapping[int, Bounds]) -> Bounds:
        given = known[self.activations[0]]
        low, high = self._repeat(given.low - self.zero_in), self._repeat(given.high - self.zero_in)
        up, down = np.maximum(self.weights, 0), np.minimum(self.weights, 0)
        # (outputs, rows, columns): what one tap adds at least, and at most, over all its inputs.
        if self.depthwise:
            low, high = (each[:, None, None] for each in (low, high))
            least, most = up[..., 0] * low + down[..., 0] * high, up[..., 0] * high + down[..., 0] * low
        else:
            least, most = up @ low + down @ high, up @ high + down @ low
        down_to = self.bias + np.minimum.reduce(list(_over(least, self.rows, self.columns)))
        up_to = self.bias + np.maximum.reduce(list(_over(most, self.rows, self.columns)))
        return Bounds(
            *output_bounds(down_to, up_to, self.multipliers, self.shifts, self.zero_out, self.limits)
        )

    def spread(self, present: Mapping[int, Array], known: Mapping[int, Bounds]) -> None:
        source, result = self.activations
        if not self.depthwise:
            wanted = self._needs(known[source])[present[result]].any(axis=0)
            present[source][:] |= wanted.reshape(self.repeats, -1).any(axis=0)
        elif self.num_inputs > 1:
            # Every input channel has its outputs, all of them, and none has an input of its own.
            both = present[source] | present[result].reshape(-1, self.multiplier).any(axis=1)
            present[source][:] |= both
            present[result][:] |= np.repeat(both, self.multiplier)
        else:
            present[source][:] = True

    def folded(self, known: Mapping[int, Bounds], removed: Array) -> Array:
        """What the removed input channels add to each output's sum, at any position; for outputs that allow it."""
        added = self._added(known[self.activations[0]])[0]
        return np.asarray(added[:, np.tile(removed, self.repeats)].sum(axis=1))

    def rewrite(self, edit: Any, present: Mapping[int, Array], known: Mapping[int, Bounds]) -> None:
        source, result = self.activations
        outputs, inputs = present[result], present[source]
        bias = self.bias
        if self.depthwise:
            edit.slice_weights(self.operator.index, 1, {3: outputs}, channel_axis=3)
            if self.num_inputs == 1:
                edit.set_option(self.operator.index, "depthMultiplier", int(outputs.sum()))
        else:
            axis = 1 if self.operator.name == "FULLY_CONNECTED" else 3
            keep = {0: outputs, axis: np.tile(inputs, self.repeats)}
            edit.slice_weights(self.operator.index, 1, keep, channel_axis=0)
            bias = bias + self.folded(known, ~inputs)
        if self.has_bias or bias[outputs].any():
            edit.set_bias(self.operator.index, 2, bias[outputs].astype(np.int32), outputs)

    def kept_shape(self, present: Mapping[int, Array]) -> tuple[int, ...]:
        """The shape of the weights that stay, with the operator's axes."""
        outputs, inputs = (int(present[each].sum()) for each in self.activations[::-1])
        taps = self.weights.shape[1:3]
        if self.operator.name == "FULLY_CONNECTED":
            return outputs, inputs * self.repeats
        return (1, *taps, outputs) if self.depthwise else (outputs, *taps, inputs)

    def _repeat(self, channels: Array) -> Array:
        return np.repeat(channels, self.multiplier) if self.depthwise else np.tile(channels, self.repeats)

    def _needs(self, given: Bounds) -> Array:
        """(outputs, inputs): whether the output cannot do without the input."""
        if "needs" not in self._cache:
            added, is_same = self._added(given)
            silent = ~self.weights.any(axis=(1, 2))
            foldable = np.tile(given.is_constant, self.repeats) & is_same
            # Whichever of the channels go in the end, the bias has to hold what they add.
            positive = (np.maximum(added, 0) * foldable).sum(axis=1) + np.maximum(self.bias, 0)
            negative = (np.minimum(added, 0) * foldable).sum(axis=1) + np.minimum(self.bias, 0)
            fits = (positive <= INT32_MAX) & (negative >= INT32_MIN)
            foldable &= fits[:, None] | (added == 0)
            self._cache["needs"] = ~(silent | foldable)
        return self._cache["needs"]

    def _added(self, given: Bounds) -> tuple[Array, Array]:
        """(outputs, inputs): what each input adds to each sum if it is constant, and whether at every position."""
        steps = np.tile(np.where(given.is_constant, given.low - self.zero_in, 0), self.repeats)
        added = np.zeros((len(self.bias), len(steps)), np.int64)
        is_same = np.ones(added.shape, np.bool_)
        which = np.flatnonzero(steps)
        first: Array | None = None
        for at in _over(self.weights[..., which], self.rows, self.columns):
            first = at if first is None else first
            is_same[:, which] &= at == first
        added[:, which] = 0 if first is None else first * steps[which]
        return added, is_same


def _over(taps: Array, rows: tuple[Extent, ...], columns: tuple[Extent, ...]) -> Iterator[Array]:
    """Sums over each range of taps: of (outputs, rows, columns, …) one (outputs, …) for each kind of position."""
    total = np.zeros((taps.shape[0], taps.shape[1] + 1, taps.shape[2] + 1, *taps.shape[3:]), np.int64)
    total[:, 1:, 1:] = taps.cumsum(axis=1).cumsum(axis=2)
    for top, bottom in rows:
        for left, right in columns:
            yield (
                total[:, bottom, right] - total[:, top, right] - total[:, bottom, left] + total[:, top, left]
            )
