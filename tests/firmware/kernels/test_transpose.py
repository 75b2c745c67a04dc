"""TRANSPOSE on tensors small enough to follow."""

from __future__ import annotations

from typing import Any

import pytest

from edgekit.errors import ModelError
from tests.generators.literal import constant, of, run

CUBE = [[[0, 1, 2], [10, 11, 12]]]  # (1, 2, 3): tens count rows, ones count columns


def transpose(x: Any, order: list[int], shape: list[int], dtype: str = "int32") -> Any:
    return run("TRANSPOSE", [of(dtype, x), constant(order)], of(dtype, shape))


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "float32"])
def test_rows_become_columns(dtype: str) -> None:
    assert transpose([[1, 2, 3], [4, 5, 6]], [1, 0], [3, 2], dtype) == [[1, 4], [2, 5], [3, 6]]


def test_three_axes() -> None:
    assert transpose(CUBE, [2, 0, 1], [3, 1, 2]) == [[[0, 10]], [[1, 11]], [[2, 12]]]
    assert transpose(CUBE, [1, 2, 0], [2, 3, 1]) == [[[0], [1], [2]], [[10], [11], [12]]]


def test_an_order_that_changes_nothing() -> None:
    assert transpose(CUBE, [0, 1, 2], [1, 2, 3]) == CUBE


def test_axes_that_stay_together_move_as_one() -> None:
    # (2, 1, 2) with the first axis last: pairs are taken apart, but each keeps its order.
    assert transpose([[[1, 2]], [[3, 4]]], [1, 2, 0], [1, 2, 2]) == [[[1, 3], [2, 4]]]


@pytest.mark.parametrize(
    ("order", "shape", "reason"),
    [
        ([1, 0], [2, 3], "not what follows"),
        ([0, 0], [2, 2], "an axis is moved to two places"),
        ([2, 0], [3, 2], "an axis that the tensor does not have"),
        ([0], [2, 3], "of another length"),
    ],
)
def test_orders_that_do_not_fit_are_refused(order: list[int], shape: list[int], reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        transpose([[1, 2, 3], [4, 5, 6]], order, shape)
