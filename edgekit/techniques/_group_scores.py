"""Scores of channels gathered into scores of groups."""

from __future__ import annotations

import numpy as np

from edgekit.techniques._channel_nouns import STAYS, Array


class GroupScores:
    """The mean of what each group gets; NaN for one that gets nothing."""

    def __init__(self, num_groups: int) -> None:
        self._sums, self._counts = np.zeros(num_groups), np.zeros(num_groups)

    def add(self, groups: Array, scores: Array) -> None:
        free = groups != STAYS
        np.add.at(self._sums, groups[free], scores[free])
        np.add.at(self._counts, groups[free], 1)

    def result(self) -> Array:
        return np.where(self._counts > 0, self._sums / np.maximum(self._counts, 1), np.nan)


def normalize(scores: Array) -> Array:
    """Divided by the root of the mean square, so that layers compare."""
    scale = float(np.sqrt((scores**2).mean()))
    return scores / scale if scale > 0 else scores
