"""AVERAGE_POOL_2D: means of windows, rounded half away from zero."""

from __future__ import annotations

import pytest
from ai_edge_litert import schema_py_generated as schema

from tests.generators.literal import Operand, run


def options(padding: int, size: int) -> schema.Pool2DOptionsT:
    return schema.Pool2DOptionsT(padding=padding, strideH=1, strideW=1, filterHeight=1, filterWidth=size)


@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_halves_go_away_from_zero(dtype: str) -> None:
    source = Operand([[[[1], [2], [-3], [-4]]]], dtype, 1.0)
    result = Operand([1, 1, 3, 1], dtype, 1.0)
    # 1.5, −0.5, −3.5
    assert run("AVERAGE_POOL_2D", [source], result, options(1, 2)) == [[[[2], [-1], [-4]]]]


def test_padding_does_not_count() -> None:
    source, result = Operand([[[[1.0], [2.0], [6.0]]]]), Operand([1, 1, 3, 1])
    assert run("AVERAGE_POOL_2D", [source], result, options(0, 3)) == [[[[1.5], [3.0], [4.0]]]]


def test_uint8_rounds_half_up() -> None:
    source, result = Operand([[[[1], [2], [4]]]], "uint8", 1.0, 7), Operand([1, 1, 2, 1], "uint8", 1.0, 7)
    assert run("AVERAGE_POOL_2D", [source], result, options(1, 2)) == [[[[2], [3]]]]
