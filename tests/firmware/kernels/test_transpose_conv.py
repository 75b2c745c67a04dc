"""TRANSPOSE_CONV: every input pixel stamps the filter onto the output."""

from __future__ import annotations

import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.errors import ModelError
from tests.generators.literal import Operand, run


def transpose_conv(columns: int, stride: int, values: list[list[int]], taps: list[list[int]]) -> object:
    """One row of pixels, one row of taps, VALID padding."""
    shape = Operand([1, 1, columns, 1], "int32", is_constant=True)
    weights = Operand([[taps]], "int8", 1.0, is_constant=True)
    options = schema.TransposeConvOptionsT(padding=1, strideH=1, strideW=stride)
    inputs = [shape, weights, Operand([[values]], "int8", 1.0)]
    return run("TRANSPOSE_CONV", inputs, Operand([1, 1, columns, 1], "int8", 1.0), options)


def test_stamps_side_by_side() -> None:
    assert transpose_conv(4, 2, [[1], [2]], [[10], [20]]) == [[[[10], [20], [20], [40]]]]


def test_overlapping_stamps_add_up() -> None:
    assert transpose_conv(5, 2, [[1], [2]], [[10], [20], [30]]) == [[[[10], [20], [30 + 20], [40], [60]]]]


def test_an_output_that_no_input_reaches_is_zero() -> None:
    assert transpose_conv(4, 3, [[1], [2]], [[10]]) == [[[[10], [0], [0], [20]]]]


def test_sizes_that_do_not_fit_are_rejected() -> None:
    with pytest.raises(ModelError, match="shape does not follow"):
        transpose_conv(9, 2, [[1], [2]], [[10], [20]])
