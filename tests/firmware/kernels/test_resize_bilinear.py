"""RESIZE_BILINEAR: positions between pixels, under the three ways to place them."""

from __future__ import annotations

import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.errors import UnsupportedModelError
from tests.generators.literal import Operand, run


def resize(values: list[float], columns: int, dtype: str = "float32", **options: bool) -> list[float]:
    """One row of pixels."""
    scale = None if dtype == "float32" else 1.0
    size = Operand([1, columns], "int32", is_constant=True)
    result = Operand([1, 1, columns, 1], dtype, scale)
    source = Operand([[[[value] for value in values]]], dtype, scale)
    rows = run("RESIZE_BILINEAR", [source, size], result, schema.ResizeBilinearOptionsT(**options))
    return [pixel[0] for pixel in rows[0][0]]


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_the_first_pixels_coincide(dtype: str) -> None:
    assert resize([0, 8], 4, dtype) == [0, 4, 8, 8]


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_aligned_corners_keep_both_ends(dtype: str) -> None:
    assert resize([0, 8], 5, dtype, alignCorners=True) == [0, 2, 4, 6, 8]


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_half_pixel_centers_are_symmetric(dtype: str) -> None:
    assert resize([0, 8], 4, dtype, halfPixelCenters=True) == [0, 2, 6, 8]


def test_int8_rounds_half_away_from_zero() -> None:
    assert resize([0, 3], 4, "int8") == [0, 2, 3, 3]
    assert resize([0, -3], 4, "int8") == [0, -2, -3, -3]


def test_an_enlargement_that_would_read_outside_the_image_is_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="enlargement too great"):
        resize([1], 2000, "int8")
