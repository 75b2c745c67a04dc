"""STRIDED_SLICE against what the same expression is in Python."""

from __future__ import annotations

from typing import Any

import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.errors import ModelError
from tests.generators.literal import constant, of, run

X = [[0, 1, 2, 3], [10, 11, 12, 13], [20, 21, 22, 23]]


def strided_slice(begin: list[int], end: list[int], stride: list[int], shape: list[int], **masks: Any) -> Any:
    inputs = [of("int32", X), constant(begin), constant(end), constant(stride)]
    return run("STRIDED_SLICE", inputs, of("int32", shape), schema.StridedSliceOptionsT(**masks))


def test_x_1_to_3_and_every_other_column() -> None:
    assert strided_slice([1, 0], [3, 4], [1, 2], [2, 2]) == [[10, 12], [20, 22]]


def test_open_ends_are_masks() -> None:
    # x[:2, 2:]
    assert strided_slice([9, 2], [2, 9], [1, 1], [2, 2], beginMask=1, endMask=2) == [[2, 3], [12, 13]]


def test_negative_indices_count_from_the_end() -> None:
    # x[-2:-1, -3:-1]
    assert strided_slice([-2, -3], [-1, -1], [1, 1], [1, 2]) == [[11, 12]]


def test_a_negative_stride_walks_backwards() -> None:
    # x[::-1, 3:0:-2]
    assert strided_slice([0, 3], [0, 0], [-1, -2], [3, 2], beginMask=1, endMask=1) == [
        [23, 21],
        [13, 11],
        [3, 1],
    ]


def test_indices_beyond_the_tensor_are_cut_off() -> None:
    # x[-100:100, 3:-100:-3]
    assert strided_slice([-100, 3], [100, -100], [1, -3], [3, 2]) == [[3, 0], [13, 10], [23, 20]]


def test_a_single_index_shrinks_its_axis() -> None:
    # x[1, 1:3] and x[:, -1]
    assert strided_slice([1, 1], [2, 3], [1, 1], [2], shrinkAxisMask=1) == [11, 12]
    assert strided_slice([0, -1], [3, 0], [1, 1], [3], shrinkAxisMask=2) == [3, 13, 23]
    assert strided_slice([2, 0], [3, 1], [1, 1], [], shrinkAxisMask=3) == 20


def test_new_axes_and_an_ellipsis() -> None:
    # x[newaxis, 1:2] and x[..., 1:3] and x[..., newaxis, 0]
    assert strided_slice([0, 1], [0, 2], [1, 1], [1, 1, 4], newAxisMask=1) == [[[10, 11, 12, 13]]]
    assert strided_slice([0, 1], [0, 3], [1, 1], [3, 2], ellipsisMask=1) == [[1, 2], [11, 12], [21, 22]]
    assert strided_slice(
        [0, 0, 0], [0, 0, 1], [1, 1, 1], [3, 1], ellipsisMask=1, newAxisMask=2, shrinkAxisMask=4
    ) == [
        [0],
        [10],
        [20],
    ]


def test_axes_that_no_entry_speaks_of_are_taken_whole() -> None:
    # x[2:]
    assert strided_slice([2], [3], [1], [1, 4]) == [[20, 21, 22, 23]]


def test_ends_may_count_from_their_begin() -> None:
    assert strided_slice([1, 1], [1, 2], [1, 1], [1, 2], offset=True) == [[11, 12]]


@pytest.mark.parametrize(
    ("begin", "end", "stride", "shape", "masks", "reason"),
    [
        ([0, 0], [2, 2], [1, 1], [2, 3], {}, "has not the shape of the slice"),
        ([2, 0], [1, 4], [1, 1], [1, 4], {}, "has not the shape of the slice"),
        ([0, 0], [3, 4], [1, 0], [3, 4], {}, "a stride of 0"),
        ([3, 0], [4, 4], [1, 1], [4], {"shrinkAxisMask": 1}, "an index that the tensor does not have"),
        ([0, 0, 0], [3, 4, 1], [1, 1, 1], [3, 4], {}, "more entries than the tensor has axes"),
    ],
)
def test_slices_that_do_not_fit_are_refused(
    begin: list[int], end: list[int], stride: list[int], shape: list[int], masks: dict[str, int], reason: str
) -> None:
    with pytest.raises(ModelError, match=reason):
        strided_slice(begin, end, stride, shape, **masks)


def test_a_huge_stride_takes_one_element() -> None:
    assert strided_slice([1, 0], [3, 4], [2**31 - 1, -(2**31)], [1, 1], beginMask=2, endMask=2) == [[13]]
