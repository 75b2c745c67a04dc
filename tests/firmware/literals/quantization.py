"""From one scale, zero point or type to another: s · (v − z) stays what it is, as far as the new type can say it."""

from __future__ import annotations

from ai_edge_litert import schema_py_generated as schema

from tests.generators.literal import Operand, literal, of

QUANTIZE, DEQUANTIZE, CAST = schema.QuantizeOptionsT(), schema.DequantizeOptionsT(), schema.CastOptionsT()

LITERALS = [
    # 0.25 / 0.5 = 0.5 rounds to 1, 1.25 / 0.5 = 2.5 to 3, both above the zero point 10
    literal(
        "QUANTIZE", [of("float32", [0.25, 1.25, 1e30])], of("int8", [11, 13, 127], 0.5, 10), options=QUANTIZE
    ),
    literal("QUANTIZE", [of("float32", [-1.0, 3.0])], of("int16", [-2, 6], 0.5), options=QUANTIZE),
    # 0.5 · 4 = 1 · 2
    *(
        literal("QUANTIZE", [Operand([4, -8, 0], dtype, 0.5)], of("int8", [2, -4, 0]), options=QUANTIZE)
        for dtype in ("int8", "int16", "int32")
    ),
    literal(
        "QUANTIZE", [of("uint8", [0, 128, 255], 0.1, 128)], of("int8", [-128, 0, 127], 0.1), options=QUANTIZE
    ),
    # 0.5 · (7 − 1) = 3
    literal("DEQUANTIZE", [of("int8", [7, -3], 0.5, 1)], of("float32", [3.0, -2.0]), options=DEQUANTIZE),
    literal("DEQUANTIZE", [of("uint8", [7, 255], 0.5, 1)], of("float32", [3.0, 127.0]), options=DEQUANTIZE),
    literal(
        "DEQUANTIZE", [of("int16", [7, -30000], 0.5)], of("float32", [3.5, -15000.0]), options=DEQUANTIZE
    ),
    # towards zero
    literal("CAST", [of("float32", [1.7, -1.7, 0.0])], of("int32", [1, -1, 0]), options=CAST),
    literal("CAST", [of("int32", [5, 0, -1])], of("bool", [True, False, True]), options=CAST),
]
