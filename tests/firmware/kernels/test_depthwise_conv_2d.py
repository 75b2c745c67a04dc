"""DEPTHWISE_CONV_2D: every channel has a filter of its own."""

from __future__ import annotations

from ai_edge_litert import schema_py_generated as schema

from tests.generators.literal import Operand, run


def int8(values: object, zero_point: int = 0) -> Operand:
    return Operand(values, "int8", 1.0, zero_point)


def weights(values: object) -> Operand:
    return Operand(values, "int8", 1.0, is_constant=True)


def options(multiplier: int) -> schema.DepthwiseConv2DOptionsT:
    return schema.DepthwiseConv2DOptionsT(padding=1, strideH=1, strideW=1, depthMultiplier=multiplier)


def test_channels_do_not_mix() -> None:
    image = int8([[[[1, 10], [2, 20]]]])
    assert run(
        "DEPTHWISE_CONV_2D", [image, weights([[[[1, 2], [1, 3]]]])], int8([1, 1, 1, 2]), options(1)
    ) == [[[[1 + 2, 20 + 60]]]]


def test_a_multiplier_of_two_reads_each_channel_twice() -> None:
    image = int8([[[[3, 5]]]])
    assert run("DEPTHWISE_CONV_2D", [image, weights([[[[1, 2, 3, 4]]]])], int8([1, 1, 1, 4]), options(2)) == [
        [[[3, 6, 15, 20]]]
    ]


def test_uint8_takes_both_zero_points_off() -> None:
    image = Operand([[[[130]]]], "uint8", 1.0, 128)
    filter_ = Operand([[[[7]]]], "uint8", 1.0, 2, is_constant=True)
    # (130 − 128) · (7 − 2) = 10
    assert run(
        "DEPTHWISE_CONV_2D", [image, filter_], Operand([1, 1, 1, 1], "uint8", 1.0, 100), options(1)
    ) == [[[[110]]]]
