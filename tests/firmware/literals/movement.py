"""Elements that are picked, put together, taken apart, repeated or made."""

from __future__ import annotations

from ai_edge_litert import schema_py_generated as schema

from tests.generators.literal import constant, literal, of

TABLE = [[0, 1, 2], [10, 11, 12]]
AXIS_0, AXIS_1 = schema.ConcatenationOptionsT(axis=0), schema.ConcatenationOptionsT(axis=1)
X = of("int8", TABLE)
ARG_MAX, ARG_MIN = schema.ArgMaxOptionsT(outputType=2), schema.ArgMinOptionsT(outputType=2)

LITERALS = [
    literal("PAD", [of("int8", [7, 8], 1.0, 3), constant([[1, 2]])], of("int8", [3, 7, 8, 3, 3], 1.0, 3)),
    literal("PADV2", [of("int8", [7, 8]), constant([[1, 0]]), constant([9], "int8")], of("int8", [9, 7, 8])),
    # Reflected without the edge, and with it
    literal(
        "MIRROR_PAD",
        [of("int8", [1, 2, 3]), constant([[2, 1]])],
        of("int8", [3, 2, 1, 2, 3, 2]),
        options=schema.MirrorPadOptionsT(mode=0),
    ),
    literal(
        "MIRROR_PAD",
        [of("int8", [1, 2, 3]), constant([[2, 1]])],
        of("int8", [2, 1, 1, 2, 3, 3]),
        options=schema.MirrorPadOptionsT(mode=1),
    ),
    literal(
        "CONCATENATION",
        [of("int8", [[1], [2]]), of("int8", [[3], [4]])],
        of("int8", [[1, 3], [2, 4]]),
        options=AXIS_1,
    ),
    # 4 · 0.5 = 2
    literal("CONCATENATION", [of("uint8", [4]), of("uint8", [4], 0.5)], of("uint8", [4, 2]), options=AXIS_0),
    literal(
        "SPLIT",
        [constant(1), of("int8", [[1, 2], [3, 4]])],
        of("int8", [[1], [3]]),
        of("int8", [[2], [4]]),
        options=schema.SplitOptionsT(numSplits=2),
    ),
    literal(
        "SPLIT_V",
        [of("int8", [1, 2, 3]), constant([1, -1]), constant(0)],
        of("int8", [1]),
        of("int8", [2, 3]),
        options=schema.SplitVOptionsT(numSplits=2),
    ),
    literal(
        "PACK",
        [of("int8", [1, 2]), of("int8", [3, 4])],
        of("int8", [[1, 3], [2, 4]]),
        options=schema.PackOptionsT(valuesCount=2, axis=1),
    ),
    literal(
        "UNPACK",
        [of("int8", [[1, 3], [2, 4]])],
        of("int8", [1, 2]),
        of("int8", [3, 4]),
        options=schema.UnpackOptionsT(num=2, axis=1),
    ),
    literal(
        "SLICE",
        [X, constant([0, 1]), constant([2, -1])],
        of("int8", [[1, 2], [11, 12]]),
        options=schema.SliceOptionsT(),
    ),
    # x[::-1, 0:3:2]
    literal(
        "STRIDED_SLICE",
        [X, constant([-1, 0]), constant([-3, 3]), constant([-1, 2])],
        of("int8", [[10, 12], [0, 2]]),
        options=schema.StridedSliceOptionsT(),
    ),
    literal(
        "GATHER",
        [X, of("int32", [2, 0, 2])],
        of("int8", [[2, 0, 2], [12, 10, 12]]),
        options=schema.GatherOptionsT(axis=1),
    ),
    literal(
        "GATHER_ND",
        [X, of("int32", [[1, 0], [0, 2]])],
        of("int8", [10, 2]),
        options=schema.GatherNdOptionsT(),
    ),
    literal("EMBEDDING_LOOKUP", [of("int32", [1, 1, 0]), X], of("int8", [TABLE[1], TABLE[1], TABLE[0]])),
    # The update goes to row 1, column 1
    literal(
        "DYNAMIC_UPDATE_SLICE",
        [X, of("int8", [[7, 8]]), of("int32", [1, 1])],
        of("int8", [[0, 1, 2], [10, 7, 8]]),
    ),
    literal(
        "SELECT_V2",
        [of("bool", [True, False]), of("int8", [1, 2]), of("int8", [3, 4])],
        of("int8", [1, 4]),
        options=schema.SelectV2OptionsT(),
    ),
    literal(
        "BROADCAST_TO",
        [of("int8", [[1], [2]]), constant([2, 3])],
        of("int8", [[1, 1, 1], [2, 2, 2]]),
        options=schema.BroadcastToOptionsT(),
    ),
    literal("BROADCAST_ARGS", [of("int32", [3, 1]), of("int32", [2, 1, 5])], of("int32", [2, 3, 5])),
    literal(
        "FILL", [constant([2, 2]), of("int8", 7)], of("int8", [[7, 7], [7, 7]]), options=schema.FillOptionsT()
    ),
    literal("ZEROS_LIKE", [of("int32", [5, 6])], of("int32", [0, 0]), options=schema.ZerosLikeOptionsT()),
    literal(
        "ARG_MAX", [of("int8", [[1, 9, 9], [5, 2, 3]]), constant(1)], of("int32", [1, 0]), options=ARG_MAX
    ),
    literal(
        "ARG_MIN", [of("int8", [[1, 9, 1], [5, 2, 3]]), constant(1)], of("int32", [0, 1]), options=ARG_MIN
    ),
]
