"""Comparisons and logic."""

from __future__ import annotations

from tests.generators.literal import literal, of

LEFT, RIGHT = [1, 2, 3], [1, 3, 2]
ANSWERS = {
    "EQUAL": [True, False, False],
    "NOT_EQUAL": [False, True, True],
    "GREATER": [False, False, True],
    "GREATER_EQUAL": [True, False, True],
    "LESS": [False, True, False],
    "LESS_EQUAL": [True, True, False],
}
P, Q = of("bool", [True, True, False, False]), of("bool", [True, False, True, False])

LITERALS = [
    *(
        literal(name, [of(dtype, LEFT, 0.5), of(dtype, RIGHT, 0.5)], of("bool", answer))
        for name, answer in ANSWERS.items()
        for dtype in ("int8", "int32", "int64", "float32")
    ),
    # 0.5 · (5 − 1) = 0.25 · (8 − 0)
    literal("EQUAL", [of("int8", [5, 6], 0.5, 1), of("int8", [8, 8], 0.25)], of("bool", [True, False])),
    literal("EQUAL", [P, Q], of("bool", [True, False, False, True])),
    literal("NOT_EQUAL", [P, Q], of("bool", [False, True, True, False])),
    literal("LOGICAL_AND", [P, Q], of("bool", [True, False, False, False])),
    literal("LOGICAL_OR", [P, Q], of("bool", [True, True, True, False])),
    literal("LOGICAL_NOT", [P], of("bool", [False, False, True, True])),
]
