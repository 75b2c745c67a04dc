"""Convolutions and pools on images of a few pixels, (batch, height, width, channels)."""

from __future__ import annotations

from typing import Any

from ai_edge_litert import schema_py_generated as schema

from tests.generators.literal import constant, literal, of

VALID, SAME = 1, 0
IMAGE = [[[[1], [2], [3]], [[4], [5], [6]], [[7], [8], [9]]]]
SUMS_OF_FOUR = [[[[1 + 2 + 4 + 5], [2 + 3 + 5 + 6]], [[4 + 5 + 7 + 8], [5 + 6 + 8 + 9]]]]
WEIGHT_TYPES = {"int8": "int8", "int16": "int8", "float32": "float32", "uint8": "uint8"}
BIAS_TYPES = {"int8": "int32", "int16": "int64", "float32": "float32", "uint8": "int32"}
CONV = schema.Conv2DOptionsT(padding=VALID, strideH=1, strideW=1)
DEPTHWISE = schema.DepthwiseConv2DOptionsT(padding=VALID, strideH=1, strideW=1, depthMultiplier=2)
TRANSPOSED = schema.TransposeConvOptionsT(padding=VALID, strideH=1, strideW=2)


def pool(taps: int, padding: int = VALID) -> Any:
    return schema.Pool2DOptionsT(padding=padding, strideH=1, strideW=1, filterHeight=1, filterWidth=taps)


def row(values: list[float]) -> Any:
    return [[[[value] for value in values]]]


LITERALS = [
    *(
        literal(
            "CONV_2D",
            [
                of(t, IMAGE),
                constant([[[[1], [1]], [[1], [1]]]], WEIGHT_TYPES[t]),
                constant([0], BIAS_TYPES[t]),
            ],
            of(t, SUMS_OF_FOUR),
            options=CONV,
        )
        for t in WEIGHT_TYPES
    ),
    # 7 · 5 + 50 − 3
    literal(
        "CONV_2D",
        [of("int8", [[[[7]]]]), constant([[[[5]]]], "int8"), constant([50], "int32")],
        of("int8", [[[[7 * 5 + 50 - 3]]]], 1.0, -3),
        options=CONV,
    ),
    # (130 − 128) · (7 − 2) + 100
    literal(
        "CONV_2D",
        [of("uint8", [[[[130]]]], 1.0, 128), constant([[[[7]]]], "uint8", 1.0, 2), constant([0], "int32")],
        of("uint8", [[[[110]]]], 1.0, 100),
        options=CONV,
    ),
    # Channel 3 times 1 and 2, channel 5 times 3 and 4
    *(
        literal(
            "DEPTHWISE_CONV_2D",
            [
                of(t, [[[[3, 5]]]]),
                constant([[[[1, 2, 3, 4]]]], WEIGHT_TYPES[t]),
                constant([1, 0, 0, 0], BIAS_TYPES[t]),
            ],
            of(t, [[[[3 + 1, 6, 15, 20]]]]),
            options=DEPTHWISE,
        )
        for t in WEIGHT_TYPES
    ),
    # 1 stamps 10 20 30 from column 0 on, 2 stamps 20 40 60 from column 2 on
    *(
        literal(
            "TRANSPOSE_CONV",
            [constant([1, 1, 5, 1]), constant([[[[10], [20], [30]]]], WEIGHT_TYPES[t]), of(t, row([1, 2]))],
            of(t, row([10, 20, 30 + 20, 40, 60])),
            options=TRANSPOSED,
        )
        for t in ("int8", "int16", "float32")
    ),
    # 1.5, −0.5 and −3.5 go away from zero
    *(
        literal("AVERAGE_POOL_2D", [of(t, row([1, 2, -3, -4]))], of(t, row([2, -1, -4])), options=pool(2))
        for t in ("int8", "int16")
    ),
    # 1.5 and 3 go up
    literal("AVERAGE_POOL_2D", [of("uint8", row([1, 2, 4]))], of("uint8", row([2, 3])), options=pool(2)),
    # What lies outside the image does not count
    literal(
        "AVERAGE_POOL_2D",
        [of("float32", row([1, 2, 6]))],
        of("float32", row([1.5, 3, 4])),
        options=pool(3, SAME),
    ),
    *(
        literal("MAX_POOL_2D", [of(t, row([1, 2, -3, -4]))], of(t, row([2, 2, -3])), options=pool(2))
        for t in ("int8", "int16", "float32")
    ),
    literal("MAX_POOL_2D", [of("uint8", row([1, 2, 250]))], of("uint8", row([2, 250])), options=pool(2)),
    # √((1² + 7²) / 2), √((7² + 17²) / 2)
    literal("L2_POOL_2D", [of("float32", row([1, 7, 17]))], of("float32", row([5, 13])), options=pool(2)),
]
