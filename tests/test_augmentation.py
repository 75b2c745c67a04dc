from __future__ import annotations

import numpy as np
import pytest

from edgekit.augmentation import FlipAndShift, ShiftInTime
from edgekit.errors import RecipeError

_IMAGES = np.arange(200 * 10 * 10 * 2, dtype=np.float32).reshape(200, 10, 10, 2)


def test_images_are_moved_by_at_most_what_was_asked_for_and_half_are_mirrored() -> None:
    found = FlipAndShift(0.2)(_IMAGES, np.random.default_rng(1))
    assert found.shape == _IMAGES.shape
    mirrored, shifts = 0, set()
    for before, after in zip(_IMAGES, found, strict=True):
        # From the middle, which no move of two pixels takes to the border.
        number = int(after[5, 5, 0] - before[0, 0, 0]) // 2
        row, column = divmod(number, 10)
        is_mirrored = after[5, 6, 0] < after[5, 5, 0]
        mirrored += is_mirrored
        shifts.add((row - 5, column - (4 if is_mirrored else 5)))
        assert after[5, 5, 1] == after[5, 5, 0] + 1
    assert 70 < mirrored < 130
    assert {row for row, _ in shifts} == {column for _, column in shifts} == {-2, -1, 0, 1, 2}


def test_the_border_is_repeated_where_nothing_was() -> None:
    signal = np.array([[1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10]])
    found = {tuple(ShiftInTime(0.2)(signal, np.random.default_rng(seed))[0].tolist()) for seed in range(50)}
    assert len(found) == 5
    assert (1, 1, 1, 2, 3, 4, 5, 6, 7, 8) in found
    assert (3, 4, 5, 6, 7, 8, 9, 10, 10, 10) in found


def test_the_same_chance_gives_the_same_samples_and_what_was_given_stays() -> None:
    before = _IMAGES.copy()
    one, two = (FlipAndShift()(_IMAGES, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(_IMAGES, before)
    assert not np.array_equal(one, FlipAndShift()(_IMAGES, np.random.default_rng(6)))


def test_digits_can_be_moved_without_mirroring() -> None:
    np.testing.assert_array_equal(FlipAndShift(0.0, flip=False)(_IMAGES, np.random.default_rng(1)), _IMAGES)


def test_what_is_no_image_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"have the shape \[200, 10\]; expected \(samples, height, width"):
        FlipAndShift()(_IMAGES[:, :, 0, 0], np.random.default_rng(1))
