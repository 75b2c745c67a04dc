"""Two operands, elementwise. A stored value v with scale s and zero point z means s · (v − z)."""

from __future__ import annotations

from ai_edge_litert import schema_py_generated as schema

from tests.generators.literal import constant, literal, of

ADD, SUB, MUL, DIV = schema.AddOptionsT(), schema.SubOptionsT(), schema.MulOptionsT(), schema.DivOptionsT()
CHOICE = schema.MaximumMinimumOptionsT()
SIGNED = ("int8", "int16", "int32", "int64", "float32")
WIDE = ("int32", "float32")

LITERALS = [
    *(
        literal("ADD", [of(t, [1, 2]), of(t, [10, -20])], of(t, [11, -18]), options=ADD)
        for t in ("int16", *WIDE)
    ),
    # 0.5 · (3 − 1) + 0.5 · (7 − 2) = 3.5 = 0.5 · (17 − 10)
    literal(
        "ADD", [of("int8", [3], 0.5, 1), of("int8", [7], 0.5, 2)], of("int8", [17], 0.5, 10), options=ADD
    ),
    # (130 − 128) + (121 − 128) = −5 = 1 · (5 − 10)
    literal(
        "ADD", [of("uint8", [130], 1, 128), of("uint8", [121], 1, 128)], of("uint8", [5], 1, 10), options=ADD
    ),
    literal(
        "ADD_N",
        [of("float32", [1, 2]), of("float32", [10, 20]), of("float32", [0.5, 0])],
        of("float32", [11.5, 22]),
    ),
    # 1 + 10 + 100 = 111, and 50 + 60 + 70 = 180 saturates
    literal(
        "ADD_N", [of("int8", [1, 50]), of("int8", [10, 60]), of("int8", [100, 70])], of("int8", [111, 127])
    ),
    *(
        literal("SUB", [of(t, [1, 20]), of(t, [10, -2])], of(t, [-9, 22]), options=SUB)
        for t in ("int8", "int16", *WIDE)
    ),
    *(
        literal("MUL", [of(t, [3, -4]), of(t, [7, 6])], of(t, [21, -24]), options=MUL)
        for t in ("int8", "int16", *WIDE)
    ),
    # 7 / 2 truncated, −7 / 2 truncated
    literal("DIV", [of("int32", [7, -7]), of("int32", [2, 2])], of("int32", [3, -3]), options=DIV),
    literal("DIV", [of("float32", [7, -7]), of("float32", [2, 4])], of("float32", [3.5, -1.75]), options=DIV),
    # (0.5 · 40) / (0.5 · 5) = 8 = 0.25 · 32
    literal("DIV", [of("int8", [40], 0.5), of("int8", [5], 0.5)], of("int8", [32], 0.25), options=DIV),
    # ⌊7 / 2⌋, ⌊−7 / 2⌋ and what is left: 7 − 3 · 2, −7 + 4 · 2
    *(literal("FLOOR_DIV", [of(t, [7, -7]), constant([2, 2], t)], of(t, [3, -4])) for t in WIDE),
    *(literal("FLOOR_MOD", [of(t, [7, -7]), constant([2, 2], t)], of(t, [1, 1])) for t in WIDE),
    *(
        literal("MAXIMUM", [of(t, [1, -5, 3]), of(t, [2, -7, 3])], of(t, [2, -5, 3]), options=CHOICE)
        for t in SIGNED
    ),
    *(
        literal("MINIMUM", [of(t, [1, -5, 3]), of(t, [2, -7, 3])], of(t, [1, -7, 3]), options=CHOICE)
        for t in SIGNED
    ),
    literal("MAXIMUM", [of("uint8", [1, 250]), of("uint8", [2, 7])], of("uint8", [2, 250]), options=CHOICE),
    literal("MINIMUM", [of("uint8", [1, 250]), of("uint8", [2, 7])], of("uint8", [1, 7]), options=CHOICE),
    # (4 − 10)², (−2 − 2)²; not odd ones, which int16 halves first
    *(
        literal("SQUARED_DIFFERENCE", [of(t, [4, -2]), of(t, [10, 2])], of(t, [36, 16]))
        for t in ("int8", "int16", *WIDE)
    ),
]
