"""One operand, elementwise. A stored value v with scale s and zero point z means s · (v − z)."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.generators.literal import Literal, Operand, literal, of
from tests.generators.unary import options_of

NAN, INF = np.nan, np.inf

FLOATS: dict[str, tuple[list[float], list[float]]] = {
    "ABS": ([-2.5, -0.0, 3.0, -INF, NAN], [2.5, 0.0, 3.0, INF, NAN]),
    "CEIL": ([-1.5, -0.5, 0.2, 2.0, 1e10], [-1.0, -0.0, 1.0, 2.0, 1e10]),
    "COS": ([0.0, INF], [1.0, NAN]),
    "ELU": ([-INF, 0.0, 2.0], [-1.0, 0.0, 2.0]),
    "EXP": ([0.0, 1.0, -INF, 1000.0], [1.0, 2.7182818, 0.0, INF]),
    "FLOOR": ([-1.5, -0.5, 0.2, 2.0, 1e10], [-2.0, -1.0, 0.0, 2.0, 1e10]),
    # x · min(max(x + 3, 0), 6) / 6: −1.5 · 1.5 / 6 = −0.375
    "HARD_SWISH": ([-4.0, -3.0, -1.5, 0.0, 3.0, 4.0], [0.0, 0.0, -0.375, 0.0, 3.0, 4.0]),
    "LEAKY_RELU": ([-4.0, 0.0, 4.0], [-1.0, 0.0, 4.0]),
    "LOG": ([1.0, 0.0, -1.0, INF], [0.0, -INF, NAN, INF]),
    "LOGISTIC": ([0.0, 20.0, -INF], [0.5, 1.0, 0.0]),
    "NEG": ([2.5, -3.0], [-2.5, 3.0]),
    "RELU": ([-1.0, 2.0, NAN], [0.0, 2.0, NAN]),
    "RELU6": ([-1.0, 2.0, 7.0], [0.0, 2.0, 6.0]),
    "RELU_N1_TO_1": ([-2.0, 0.5, 7.0], [-1.0, 0.5, 1.0]),
    "ROUND": ([0.5, 1.5, 2.5, -0.5, -1.5, 0.4999], [0.0, 2.0, 2.0, 0.0, -2.0, 0.0]),
    "RSQRT": ([4.0, 0.25, 0.0], [0.5, 2.0, INF]),
    "SIN": ([0.0, 1.5707964], [0.0, 1.0]),
    "SQRT": ([4.0, 2.25, -1.0], [2.0, 1.5, NAN]),
    "SQUARE": ([-3.0, 0.5], [9.0, 0.25]),
    "TANH": ([0.0, 100.0, -INF], [0.0, 1.0, -1.0]),
}


def unary(name: str, given: Operand, expected: Operand) -> Literal:
    return literal(name, [given], expected, options=options_of(lambda _: 0.25, name))


def quarters(values: Any) -> Operand:
    """v means (v + 8) / 4."""
    return of("int8", values, 0.25, -8)


def int16(values: Any, scale: float = 0.5) -> Operand:
    return of("int16", values, scale)


LITERALS = [
    *(
        unary(name, of("float32", given), of("float32", expected))
        for name, (given, expected) in FLOATS.items()
    ),
    # Twice what is negative.
    *(
        literal(
            "PRELU", [of(t, [-4, 6]), of("float32" if t == "float32" else "int8", [2, 2])], of(t, [-8, 6])
        )
        for t in ("int8", "int16", "float32")
    ),
    # |(−16 + 8) / 4| = 2 = 0.5 · 4
    unary("ABS", quarters([-8, -16, 0, -128, 127]), of("int8", [0, 4, 4, 60, 68], 0.5)),
    unary("RELU", quarters([-128, -9, -8, -7, 127]), quarters([-8, -8, -8, -7, 127])),
    # 6 is (16 + 8) / 4, −1 and 1 are (−12 + 8) / 4 and (−4 + 8) / 4
    unary("RELU6", quarters([-128, -8, 16, 17, 127]), quarters([-8, -8, 16, 16, 16])),
    unary("RELU_N1_TO_1", quarters([-128, -12, -5, -4, 127]), quarters([-12, -12, -5, -4, -4])),
    # −4 / 4 · 0.25 = −0.25 = (−9 + 8) / 4
    unary("LEAKY_RELU", quarters([-8, -12, -128, 100]), quarters([-8, -9, -38, 100])),
    # nothing below −3, all above 3
    unary("HARD_SWISH", quarters([-8, -20, 4, 127]), quarters([-8, -8, 4, 127])),
    # e^−30 − 1 is nearly −1
    unary("ELU", quarters([-8, -128, -7]), of("int8", [0, -128, 32], 1 / 128)),
    unary("LOGISTIC", quarters([-8, -128, 127]), of("int8", [0, -128, 127], 1 / 256, -128)),
    unary("TANH", quarters([-8, -128, 127]), of("int8", [0, -128, 127], 1 / 128)),
    # 1 / √0.25 = 2 = 16 / 8; 1 / √0 is more than there is
    unary("RSQRT", of("int8", [0, 1, 4, 16, 64], 0.25), of("int8", [127, 16, 8, 4, 2], 0.125)),
    # e^0 = 1 = 32 / 32; e^−4 = 0.0183 = 0.59 / 32; e^(22 / 32) = 1.9887 = 63.6 / 32; e^(64 / 32) = 7.4 saturates
    unary("EXP", of("int8", [0, -128, 22, 64], 1 / 32), of("int8", [32, 1, 64, 127], 1 / 32)),
    # ln 1 = 0; ln 0.25 = −1.386 = −11.1 / 8; ln 31.75 = 3.458 = 27.7 / 8
    unary("LOG", of("int8", [4, 1, 127], 0.25), of("int8", [0, -11, 28], 0.125)),
    unary("ABS", int16([-4, 0, 7, -32768]), int16([4, 0, 7, 32767])),
    unary("RELU", int16([-3, 0, 5]), int16([0, 0, 5])),
    unary("RELU6", int16([-3, 5, 20]), int16([0, 5, 12])),
    unary("LEAKY_RELU", int16([-8, 0, 8]), int16([-2, 0, 8])),
    unary("RSQRT", int16([1, 4, 16], 0.25), int16([16, 8, 4], 0.125)),
    # σ(0) = 1/2; σ(±8) is 0.0003 from its end; tanh is odd
    unary("LOGISTIC", int16([0], 2.0**-12), int16([16384], 2.0**-15)),
    unary("TANH", int16([0, 32767, -32767], 2.0**-12), int16([0, 32767, -32767], 2.0**-15)),
]
