"""Training samples that are never twice the same: what a Recipe's `augment` can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.errors import RecipeError

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class FlipAndShift:
    """Images of which half are mirrored left to right, each moved by up to `max_shift` of its height and width.

    What moves in shows the pixels of the border again. `flip` False is for what has a right way round, as digits.
    """

    max_shift: float = 0.1
    flip: bool = True

    def __call__(self, samples: Array, random: np.random.Generator) -> Array:
        """`samples`: (samples, height, width, channels); what is returned is a copy."""
        if samples.ndim != 4:
            raise RecipeError(
                f"images to flip and shift have the shape {list(samples.shape)}; expected (samples, height, width, "
                "channels); use another augment, or none"
            )
        size = len(samples)
        mirrored = random.random(size) < 0.5 if self.flip else np.zeros(size, bool)
        rows, columns = (_shifted(random, size, length, self.max_shift) for length in samples.shape[1:3])
        columns[mirrored] = columns[mirrored, ::-1]
        moved: Array = samples[np.arange(size)[:, None, None], rows[:, :, None], columns[:, None, :]]
        return moved


@dataclass(frozen=True)
class ShiftInTime:
    """Signals or spectrograms moved by up to `max_shift` of their length; what moves in repeats the border."""

    max_shift: float = 0.1

    def __call__(self, samples: Array, random: np.random.Generator) -> Array:
        """`samples`: (samples, time, …); what is returned is a copy."""
        steps = _shifted(random, len(samples), samples.shape[1], self.max_shift)
        moved: Array = samples[np.arange(len(samples))[:, None], steps]
        return moved


def _shifted(random: np.random.Generator, num_samples: int, length: int, max_shift: float) -> Array:
    """(samples, length): which index each position takes its value from."""
    most = round(max_shift * length)
    shifts = random.integers(-most, most, num_samples, endpoint=True)
    positions: Array = np.clip(np.arange(length) + shifts[:, None], 0, length - 1)
    return positions
