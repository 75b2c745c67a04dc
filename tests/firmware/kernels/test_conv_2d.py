"""CONV_2D: sums of products small enough to check by eye."""

from __future__ import annotations

import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.errors import UnsupportedModelError
from tests.generators.literal import Operand, run

IMAGE = [[[[1], [2], [3]], [[4], [5], [6]], [[7], [8], [9]]]]
ONES = [[[[1], [1]], [[1], [1]]]]
VALID = schema.Conv2DOptionsT(padding=1, strideH=1, strideW=1)
SAME = schema.Conv2DOptionsT(padding=0, strideH=1, strideW=1)


def int8(values: object, zero_point: int = 0) -> Operand:
    return Operand(values, "int8", 1.0, zero_point)


def weights(values: object) -> Operand:
    return Operand(values, "int8", 1.0, is_constant=True)


def test_a_window_of_ones_sums_four_pixels() -> None:
    assert run("CONV_2D", [int8(IMAGE), weights(ONES)], int8([1, 2, 2, 1]), VALID) == [
        [[[12], [16]], [[24], [28]]]
    ]


def test_padding_counts_as_the_zero_point() -> None:
    # With zero point 1 the image is 0 … 8; below and right of it there is nothing to add.
    assert run("CONV_2D", [int8(IMAGE, 1), weights(ONES)], int8([1, 3, 3, 1]), SAME) == [
        [[[8], [12], [7]], [[20], [24], [13]], [[13], [15], [8]]]
    ]


def test_bias_is_added_before_the_output_zero_point() -> None:
    bias = Operand([100], "int32", 1.0, is_constant=True)
    image = int8([[[[1]]]])
    assert run("CONV_2D", [image, weights([[[[5]]]]), bias], int8([1, 1, 1, 1], -3), VALID) == [[[[102]]]]


def test_stride_and_dilation() -> None:
    strided = schema.Conv2DOptionsT(padding=1, strideH=2, strideW=2)
    assert run("CONV_2D", [int8(IMAGE), weights([[[[1]]]])], int8([1, 2, 2, 1]), strided) == [
        [[[1], [3]], [[7], [9]]]
    ]
    dilated = schema.Conv2DOptionsT(padding=1, strideH=1, strideW=1, dilationHFactor=2, dilationWFactor=2)
    assert run("CONV_2D", [int8(IMAGE), weights(ONES)], int8([1, 1, 1, 1]), dilated) == [[[[1 + 3 + 7 + 9]]]]


def test_int16_without_a_bias_rounds_half_up() -> None:
    source, result = Operand([[[[3], [-3]]]], "int16", 1.0), Operand([1, 1, 2, 1], "int16", 2.0)
    assert run("CONV_2D", [source, weights([[[[1]]]])], result, VALID) == [[[[2], [-1]]]]


def test_float_weights_on_an_int8_image_are_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="weights that are neither int8 nor int4"):
        run("CONV_2D", [int8(IMAGE), Operand(ONES, is_constant=True)], int8([1, 2, 2, 1]), VALID)
