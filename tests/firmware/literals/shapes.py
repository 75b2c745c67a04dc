"""The same elements in the same order under another shape, or in another order; sizes change places, pixels grow."""

from __future__ import annotations

from typing import Any

from ai_edge_litert import schema_py_generated as schema

from tests.generators.literal import constant, literal, of

TABLE, TURNED = [[1, 2, 3], [4, 5, 6]], [[1, 4], [2, 5], [3, 6]]
FIRST_PIXELS, SQUARE_BLOCKS = schema.ResizeBilinearOptionsT(), constant([2, 2])
NO_PADDING = constant([[0, 0], [0, 0]])


def image(rows: list[list[int]]) -> Any:
    """(1, height, width, 1)"""
    return [[[[pixel] for pixel in each] for each in rows]]


FOUR, CORNERS = image([[1, 2], [3, 4]]), [[[[1]]], [[[2]]], [[[3]]], [[[4]]]]

LITERALS = [
    literal(
        "RESHAPE",
        [of("int8", TABLE), constant([3, 2])],
        of("int8", [[1, 2], [3, 4], [5, 6]]),
        options=schema.ReshapeOptionsT(newShape=[3, 2]),
    ),
    literal("SQUEEZE", [of("int8", [[[7], [8]]])], of("int8", [7, 8]), options=schema.SqueezeOptionsT()),
    literal(
        "SQUEEZE",
        [of("int8", [[[7], [8]]])],
        of("int8", [[7], [8]]),
        options=schema.SqueezeOptionsT(squeezeDims=[0]),
    ),
    literal(
        "EXPAND_DIMS",
        [of("int8", [7, 8]), constant([-1])],
        of("int8", [[7], [8]]),
        options=schema.ExpandDimsOptionsT(),
    ),
    literal("SHAPE", [of("int8", [[7, 8, 9]])], of("int32", [1, 3]), options=schema.ShapeOptionsT(outType=2)),
    *(
        literal(
            "TRANSPOSE", [of(t, TABLE), constant([1, 0])], of(t, TURNED), options=schema.TransposeOptionsT()
        )
        for t in ("int8", "int16", "float32", "int64")
    ),
    literal(
        "REVERSE_V2",
        [of("int8", TABLE), constant([1])],
        of("int8", [[3, 2, 1], [6, 5, 4]]),
        options=schema.ReverseV2OptionsT(),
    ),
    # Four channels of one pixel become four pixels, row by row, and back
    literal(
        "DEPTH_TO_SPACE",
        [of("int8", [[[[1, 2, 3, 4]]]])],
        of("int8", FOUR),
        options=schema.DepthToSpaceOptionsT(blockSize=2),
    ),
    literal(
        "SPACE_TO_DEPTH",
        [of("int8", FOUR)],
        of("int8", [[[[1, 2, 3, 4]]]]),
        options=schema.SpaceToDepthOptionsT(blockSize=2),
    ),
    # Each corner of the block becomes an image, and back
    literal("SPACE_TO_BATCH_ND", [of("int8", FOUR), SQUARE_BLOCKS, NO_PADDING], of("int8", CORNERS)),
    literal("BATCH_TO_SPACE_ND", [of("int8", CORNERS), SQUARE_BLOCKS, NO_PADDING], of("int8", FOUR)),
    # Pixels stand at 0, 0.5, 1 and 1.5 of two
    *(
        literal(
            "RESIZE_BILINEAR",
            [of(t, image([[0, 8]])), constant([1, 4])],
            of(t, image([[0, 4, 8, 8]])),
            options=FIRST_PIXELS,
        )
        for t in ("int8", "float32")
    ),
    literal(
        "RESIZE_NEAREST_NEIGHBOR",
        [of("int8", image([[1, 2]])), constant([2, 4])],
        of("int8", image([[1, 1, 2, 2], [1, 1, 2, 2]])),
        options=schema.ResizeNearestNeighborOptionsT(),
    ),
]
