"""A few integers for all weights of a tensor: which ones, and which of them each weight takes.

Source: Han, Mao and Dally, "Deep Compression", ICLR 2016, section 3 (shared weights); Wang and Song, "Ckmeans.1d.dp",
The R Journal 3/2, 2011 (k-means of one dimension has an exact solution).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
_LARGEST = 127
_NUM_ROUNDS = 12


@dataclass(frozen=True, eq=False)
class Codebook:
    """Weights are `scales[channel] * entries[...]`.

    `entries`: sorted int64, -127 … 127; `scales`: (channels,).
    """

    entries: Array
    scales: Array

    def codes(self, rows: Array) -> Array:
        """The entry nearest to each weight, (channels, elements)."""
        return np.asarray(self.entries[self.indices(rows)])

    def indices(self, rows: Array) -> Array:
        """Its position among the entries."""
        middles = (self.entries[1:] + self.entries[:-1]) / 2
        return np.asarray(np.searchsorted(middles, rows / self.scales[:, None]))

    def values(self, rows: Array) -> Array:
        """The weights as the codebook has them."""
        return np.asarray(self.codes(rows) * self.scales[:, None])

    def follow(self, rows: Array, keep_zero: bool) -> Codebook:
        """Each entry moves to the mean of the weights that take it, rounded: one step of Lloyd's algorithm."""
        indices = self.indices(rows).reshape(-1)
        # A weight's error counts in real units, so that one of a channel with a large scale counts more.
        weights = np.broadcast_to(np.square(self.scales)[:, None], rows.shape).reshape(-1)
        codes = np.clip(rows / self.scales[:, None], -_LARGEST, _LARGEST).reshape(-1)
        size = len(self.entries)
        mass = np.bincount(indices, weights, size)
        sums = np.bincount(indices, weights * codes, size)
        means = np.where(mass > 0, np.round(sums / np.where(mass > 0, mass, 1.0)), self.entries)
        if keep_zero:
            means[self.entries == 0] = 0
        return Codebook(np.unique(means.astype(np.int64)), self.scales)


def fit_codebook(rows: Array, num_codes: int, keep_zero: bool) -> Codebook:
    """The codebook and scales with the least squared error found for weights of (channels, elements).

    In turn, the entries follow from the scales, exactly, and the scales from the entries by least squares.
    `keep_zero`: one of the entries is 0. A pure function: the same weights give the same codebook.
    """
    rows = rows.astype(np.float64)
    peak = np.abs(rows).max(axis=1, initial=0.0)
    # No scale makes anything but 0 the weights of a channel that has none left.
    keep_zero = keep_zero or bool((peak == 0).any())
    scales = _fill(peak) / _LARGEST
    best, least = Codebook(np.zeros(1, np.int64), scales), np.inf
    for _ in range(_NUM_ROUNDS):
        entries = _best_entries(rows, scales, num_codes, keep_zero)
        scales = _fit_scales(rows, Codebook(entries, scales))
        book = Codebook(entries, scales)
        error = float(np.square(book.values(rows) - rows).sum())
        if error >= least:
            break
        best, least = book, error
    return best


def _best_entries(rows: Array, scales: Array, num_codes: int, keep_zero: bool) -> Array:
    """Integers with the least weighted squared error for the rounded codes, by dynamic programming.

    Codes that are neighbours share an entry, so a codebook is a cut of -127 … 127 into intervals.
    """
    codes = np.clip(np.round(rows / scales[:, None]), -_LARGEST, _LARGEST).astype(np.int64)
    weights = np.broadcast_to(np.square(scales)[:, None], rows.shape)
    values = np.arange(-_LARGEST, _LARGEST + 1)
    mass = np.bincount((codes + _LARGEST).reshape(-1), weights.reshape(-1), len(values))
    cost, centre = _interval_costs(values.astype(np.float64), mass, keep_zero)
    total, cuts = cost[0], []
    for _ in range(min(num_codes, len(values)) - 1):
        # tried[i, j]: the last interval is i … j, all before it are as good as they can be.
        tried = np.concatenate([[0.0], total[:-1]])[:, None] + cost
        cuts.append(tried.argmin(axis=0))
        total = tried.min(axis=0)
    entries, end = [], len(values) - 1
    for cut in [*reversed(cuts), np.zeros(len(values), np.int64)]:
        start = int(cut[end])
        # Intervals without weights need no entry.
        if mass[start : end + 1].any():
            entries.append(int(centre[start, end]))
        end = start - 1
        if end < 0:
            break
    return np.unique(np.array([*entries, *([0] if keep_zero or not entries else [])], np.int64))


def _interval_costs(values: Array, mass: Array, keep_zero: bool) -> tuple[Array, Array]:
    """Error and entry of each interval [start, end] of codes that share one; infinite where it ends too early."""
    sums = [np.concatenate([[0.0], np.cumsum(mass * values**power)]) for power in (0, 1, 2)]
    within = [each[None, 1:] - each[:-1, None] for each in sums]
    centre = np.round(within[1] / np.where(within[0] > 0, within[0], 1.0))
    size = len(values)
    start, end = np.mgrid[:size, :size]
    if keep_zero:
        centre = np.where((start <= size // 2) & (end >= size // 2), 0.0, centre)
    cost = within[2] - 2 * centre * within[1] + centre**2 * within[0]
    return np.where(start <= end, np.maximum(cost, 0.0), np.inf), centre


def find_scales(rows: Array, entries: Array) -> Array:
    """The scales at which weights that came from a codebook, give or take a rounding, take its entries.

    The largest weight of a channel is one of the entries, so there are only as many scales to try.
    """
    peak = _fill(np.abs(rows).max(axis=1, initial=0.0))
    best, least = peak / _LARGEST, np.full(len(rows), np.inf)
    for entry in np.unique(np.abs(entries[entries != 0])):
        scales = peak / entry
        error = np.square(Codebook(entries, scales).values(rows) - rows).sum(axis=1)
        best = np.where(error < least, scales, best)
        least = np.minimum(error, least)
    return _fit_scales(rows, Codebook(entries, best))


def _fill(peak: Array) -> Array:
    """A channel of zeros gets what the others have on average, so that its bias has a scale of their size."""
    some = peak > 0
    return np.where(some, peak, peak[some].mean() if some.any() else 1.0)


def _fit_scales(rows: Array, book: Codebook) -> Array:
    """The scales with the least squared error for the entries that the weights take now."""
    codes = book.codes(rows).astype(np.float64)
    products, squares = (rows * codes).sum(axis=1), np.square(codes).sum(axis=1)
    return np.where(products > 0, products / np.where(squares > 0, squares, 1.0), book.scales)
