"""MEAN and the other operators that fold axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.errors import ModelError
from tests.generators.literal import Operand, run

TABLE = [[1, 2, 3], [4, 5, 9]]


def fold(name: str, axes: list[int], shape: list[int], values: Any = TABLE, **quantization: Any) -> Any:
    inputs = [Operand(values, **quantization), Operand(axes, "int32", is_constant=True)]
    return run(name, inputs, Operand(shape, **quantization), schema.ReducerOptionsT())


def test_means_of_rows_columns_and_all() -> None:
    assert fold("MEAN", [1], [2]) == [2.0, 6.0]
    assert fold("MEAN", [0], [3]) == [2.5, 3.5, 6.0]
    assert fold("MEAN", [0, 1], []) == 4.0


def test_axes_count_from_the_end_and_once() -> None:
    assert fold("MEAN", [-1], [2]) == [2.0, 6.0]
    assert fold("MEAN", [1, -1], [2]) == [2.0, 6.0]


def test_kept_dimensions_are_one() -> None:
    assert fold("MEAN", [1], [2, 1]) == [[2.0], [6.0]]


def test_sum_largest_and_smallest() -> None:
    assert fold("SUM", [1], [2]) == [6.0, 18.0]
    assert fold("REDUCE_MAX", [0], [3]) == [4.0, 5.0, 9.0]
    assert fold("REDUCE_MIN", [0], [3]) == [1.0, 2.0, 3.0]


def test_quantized_means_and_sums() -> None:
    assert fold("MEAN", [1], [2], dtype="int8", scale=0.5) == [2, 6]
    assert fold("SUM", [1], [2], dtype="int8", scale=0.5) == [6, 18]
    assert fold("REDUCE_MAX", [1], [2], dtype="int8", scale=0.5) == [3, 9]
    # (2 − 1) + (4 − 1) = 4, and 4 + 1 = 5
    assert fold("SUM", [0], [1], [[2], [4]], dtype="int8", scale=0.5, zero_point=1) == [5]


def test_six_axes_fold_as_numpy_folds_them() -> None:
    values = np.arange(2 * 3 * 2 * 2 * 3 * 2, dtype=np.float32).reshape(2, 3, 2, 2, 3, 2)
    for axes in ([0, 2, 4], [1, 3, 5], [0, 1], [4, 5], [2], [0, 5]):
        expected = values.sum(tuple(axes))
        assert fold("SUM", axes, list(expected.shape), values) == expected.tolist()


def test_an_axis_that_is_not_there_is_rejected() -> None:
    for axis in (2, -3, 2**31 - 1, -(2**31)):
        with pytest.raises(ModelError, match="an axis that the input does not have"):
            fold("MEAN", [axis], [2])


def test_an_output_of_another_size_is_rejected() -> None:
    with pytest.raises(ModelError, match="an output of another size than the axes leave"):
        fold("MEAN", [1], [3])
