"""QUANTIZE: rounding and saturation."""

from __future__ import annotations

import pytest

from tests.generators.literal import Operand, run


@pytest.mark.parametrize(
    ("dtype", "lowest", "highest"), [("int8", -128, 127), ("uint8", 0, 255), ("int16", -32768, 32767)]
)
def test_floats_round_half_away_from_zero_and_saturate(dtype: str, lowest: int, highest: int) -> None:
    values = Operand([0.25, 1.25, 1e30, -1e30, float("inf")])
    # 0.5 → 1, 2.5 → 3, both above the zero point
    result = run("QUANTIZE", [values], Operand([5], dtype, 0.5, 10 if dtype != "int16" else 0))
    zero_point = 10 if dtype != "int16" else 0
    assert result == [zero_point + 1, zero_point + 3, highest, lowest, highest]


def test_uint8_becomes_int8_by_moving_the_zero_point() -> None:
    result = run("QUANTIZE", [Operand([0, 128, 255], "uint8", 0.1, 128)], Operand([3], "int8", 0.1, 0))
    assert result == [-128, 0, 127]
