"""Products of matrices, and sums, extremes and norms along axes."""

from __future__ import annotations

from ai_edge_litert import schema_py_generated as schema

from tests.generators.literal import constant, literal, of

DENSE, MATMUL, L2_NORM = (
    schema.FullyConnectedOptionsT(),
    schema.BatchMatMulOptionsT(),
    schema.L2NormOptionsT(),
)
REDUCE, SOFTMAX, CUMSUM = schema.ReducerOptionsT(), schema.SoftmaxOptionsT(beta=1.0), schema.CumsumOptionsT()
BACKWARDS = schema.CumsumOptionsT(exclusive=True, reverse=True)
WEIGHT_TYPES = {"int8": "int8", "int16": "int8", "float32": "float32"}
TABLE = [[1, 5, 3], [4, 2, 9]]
ROWS = constant([1])

LITERALS = [
    # 4 + 2 · 6, −4 + 3 · 5
    *(
        literal(
            "FULLY_CONNECTED",
            [of(t, [[4, 5, 6]]), constant([[1, 0, 2], [-1, 3, 0]], WEIGHT_TYPES[t])],
            of(t, [[16, 11]]),
            options=DENSE,
        )
        for t in WEIGHT_TYPES
    ),
    # The same, with weights that have their 0 at 10.
    literal(
        "FULLY_CONNECTED",
        [of("uint8", [[4, 5, 6]]), constant([[11, 10, 12], [9, 13, 10]], "uint8", 1.0, 10)],
        of("uint8", [[16, 11]]),
        options=DENSE,
    ),
    # 1 · 5 + 2 · 7, 1 · 6 + 2 · 8, 3 · 5 + 4 · 7, 3 · 6 + 4 · 8
    *(
        literal(
            "BATCH_MATMUL",
            [of(t, [[1, 2], [3, 4]]), of(t, [[5, 6], [7, 8]])],
            of(t, [[19, 22], [43, 50]]),
            options=MATMUL,
        )
        for t in WEIGHT_TYPES
    ),
    *(literal("MEAN", [of(t, TABLE), ROWS], of(t, [3, 5]), options=REDUCE) for t in WEIGHT_TYPES),
    *(literal("SUM", [of(t, TABLE), ROWS], of(t, [9, 15]), options=REDUCE) for t in WEIGHT_TYPES),
    *(
        literal("REDUCE_MAX", [of(t, TABLE), ROWS], of(t, [5, 9]), options=REDUCE)
        for t in (*WEIGHT_TYPES, "int32")
    ),
    *(
        literal("REDUCE_MIN", [of(t, TABLE), ROWS], of(t, [1, 2]), options=REDUCE)
        for t in (*WEIGHT_TYPES, "int32")
    ),
    literal("REDUCE_ALL", [of("bool", [[1, 1], [0, 1]]), ROWS], of("bool", [True, False]), options=REDUCE),
    literal("REDUCE_ANY", [of("bool", [[0, 0], [0, 1]]), ROWS], of("bool", [False, True]), options=REDUCE),
    *(
        literal("CUMSUM", [of(t, [1, 2, 4]), constant(0)], of(t, [1, 3, 7]), options=CUMSUM)
        for t in ("int8", "int32", "float32")
    ),
    # What comes behind, without the element itself
    *(
        literal("CUMSUM", [of(t, [1, 2, 4]), constant(0)], of(t, [6, 4, 0]), options=BACKWARDS)
        for t in ("int8", "int32", "float32")
    ),
    # A half and a half; far below the largest, nothing
    literal("SOFTMAX", [of("int8", [[9, 9]])], of("int8", [[0, 0]], 1 / 256, -128), options=SOFTMAX),
    literal(
        "SOFTMAX", [of("int16", [[9, 9]], 2.0**-10)], of("int16", [[16384] * 2], 2.0**-15), options=SOFTMAX
    ),
    literal("SOFTMAX", [of("float32", [[9, 9, -200]])], of("float32", [[0.5, 0.5, 0]]), options=SOFTMAX),
    # ln 1/2 = −0.693 = −11.09 / 16
    literal("LOG_SOFTMAX", [of("int8", [[9, 9]])], of("int8", [[127 - 11] * 2], 1 / 16, 127)),
    literal("LOG_SOFTMAX", [of("float32", [[9, -191]])], of("float32", [[0, -200]])),
    # 3 and 4 over 5: 76.8 / 128, 102.4 / 128
    literal("L2_NORMALIZATION", [of("int8", [[3, 4]])], of("int8", [[77, 102]], 1 / 128), options=L2_NORM),
    literal("L2_NORMALIZATION", [of("float32", [[3, -4]])], of("float32", [[0.6, -0.8]]), options=L2_NORM),
]
