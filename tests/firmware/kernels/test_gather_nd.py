"""GATHER_ND: rows of coordinates name elements or slices."""

from __future__ import annotations

from typing import Any

import pytest

from edgekit.errors import ModelError
from tests.generators.literal import of, run

X = [[0, 1, 2], [10, 11, 12]]


def gather_nd(indices: Any, shape: list[int]) -> Any:
    return run("GATHER_ND", [of("int32", X), of("int32", indices)], of("int32", shape))


def test_full_coordinates_name_elements() -> None:
    assert gather_nd([[0, 2], [1, 0]], [2]) == [2, 10]


def test_a_single_coordinate_names_a_row() -> None:
    assert gather_nd([[1], [0], [1]], [3, 3]) == [[10, 11, 12], [0, 1, 2], [10, 11, 12]]


def test_indices_keep_their_own_axes() -> None:
    assert gather_nd([[[0, 0], [0, 1]], [[1, 1], [1, 2]]], [2, 2]) == [[0, 1], [11, 12]]


def test_one_coordinate_alone_gives_a_single_slice() -> None:
    assert gather_nd([1], [3]) == [10, 11, 12]


@pytest.mark.parametrize("index", [[[0, 3]], [[2, 0]], [[-1, 0]], [[2**31 - 1, 0]], [[0, -(2**31)]]])
def test_an_index_outside_stops_the_inference(index: list[list[int]]) -> None:
    with pytest.raises(ModelError, match="the runtime failed: an index that the tensor does not have"):
        gather_nd(index, [1])


def test_more_coordinates_than_axes_are_refused() -> None:
    with pytest.raises(ModelError, match="more coordinates than the tensor has axes"):
        gather_nd([[0, 0, 0]], [1])
