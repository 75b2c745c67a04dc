"""SPACE_TO_BATCH_ND, and back again."""

from __future__ import annotations

from typing import Any

import pytest

from edgekit.errors import ModelError
from tests.generators.literal import constant, of, run


def image(rows: list[list[int]]) -> list[list[list[list[int]]]]:
    """(1, height, width, 1)"""
    return [[[[pixel] for pixel in row] for row in rows]]


def images(*each: list[list[int]]) -> list[Any]:
    return [image(rows)[0] for rows in each]


FOUR = image([[1, 2, 3, 4], [5, 6, 7, 8]])


def space_to_batch(
    x: Any,
    block: list[int],
    padding: list[list[int]],
    shape: list[int],
    name: str = "SPACE_TO_BATCH_ND",
) -> Any:
    return run(name, [of("int32", x), constant(block), constant(padding)], of("int32", shape))


def batch_to_space(x: Any, block: list[int], crops: list[list[int]], shape: list[int]) -> Any:
    return space_to_batch(x, block, crops, shape, "BATCH_TO_SPACE_ND")


def test_every_corner_of_the_blocks_becomes_an_image() -> None:
    parts = images([[1, 3]], [[2, 4]], [[5, 7]], [[6, 8]])
    assert space_to_batch(FOUR, [2, 2], [[0, 0], [0, 0]], [4, 1, 2, 1]) == parts
    assert batch_to_space(parts, [2, 2], [[0, 0], [0, 0]], [1, 2, 4, 1]) == FOUR


def test_padding_shifts_the_blocks_and_is_zero() -> None:
    # 0 1 2 3 4 0 in blocks of three columns
    parts = images([[0, 3]], [[1, 4]], [[2, 0]])
    assert space_to_batch(image([[1, 2, 3, 4]]), [1, 3], [[0, 0], [1, 1]], [3, 1, 2, 1]) == parts


def test_crops_are_left_out_on_the_way_back() -> None:
    parts = images([[9, 3]], [[1, 4]], [[2, 9]])
    back = batch_to_space(parts, [1, 3], [[0, 0], [1, 1]], [1, 1, 4, 1])
    assert back == image([[1, 2, 3, 4]])


def test_a_block_may_be_all_padding() -> None:
    # 0 0 0 7 in blocks of two: both zeros of the first block, then 0 7
    assert space_to_batch(image([[7]]), [1, 2], [[0, 0], [3, 0]], [2, 1, 2, 1]) == images([[0, 0]], [[0, 7]])


def test_images_of_one_batch_stay_together() -> None:
    # Two images of two pixels: first the left pixels of both, then the right ones.
    x = images([[1, 2]], [[3, 4]])
    assert space_to_batch(x, [1, 2], [[0, 0], [0, 0]], [4, 1, 1, 1]) == images([[1]], [[3]], [[2]], [[4]])


def test_one_spatial_axis() -> None:
    assert space_to_batch([[[1], [2], [3]]], [2], [[0, 1]], [2, 2, 1]) == [[[1], [3]], [[2], [0]]]


@pytest.mark.parametrize(
    ("block", "padding", "reason"),
    [
        ([2, 3], [[0, 0], [0, 0]], "do not fit the blocks"),
        ([0, 2], [[0, 0], [0, 0]], "negative or very large"),
        ([2, 2], [[-1, 1], [0, 0]], "negative or very large"),
        ([2, 2], [[0, 2], [0, 0]], "do not fit the blocks"),
    ],
)
def test_blocks_that_do_not_fit_are_refused(block: list[int], padding: list[list[int]], reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        space_to_batch(FOUR, block, padding, [4, 1, 2, 1])
