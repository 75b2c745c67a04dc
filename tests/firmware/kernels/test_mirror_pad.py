"""MIRROR_PAD: the edge is repeated (symmetric) or it is not (reflect)."""

from __future__ import annotations

from typing import Any

import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.errors import ModelError
from tests.generators.literal import constant, of, run

REFLECT = schema.MirrorPadMode.REFLECT
SYMMETRIC = schema.MirrorPadMode.SYMMETRIC


def mirror_pad(x: Any, padding: list[list[int]], shape: list[int], mode: int) -> Any:
    inputs = [of("int32", x), constant(padding)]
    return run("MIRROR_PAD", inputs, of("int32", shape), schema.MirrorPadOptionsT(mode=mode))


def test_reflect_does_not_repeat_the_edge() -> None:
    assert mirror_pad([1, 2, 3], [[2, 2]], [7], REFLECT) == [3, 2, 1, 2, 3, 2, 1]


def test_symmetric_repeats_the_edge() -> None:
    assert mirror_pad([1, 2, 3], [[2, 3]], [8], SYMMETRIC) == [2, 1, 1, 2, 3, 3, 2, 1]


def test_corners_are_mirrored_both_ways() -> None:
    assert mirror_pad([[1, 2], [3, 4]], [[1, 0], [0, 1]], [3, 3], REFLECT) == [
        [3, 4, 3],
        [1, 2, 1],
        [3, 4, 3],
    ]
    assert mirror_pad([[1, 2], [3, 4]], [[1, 0], [0, 1]], [3, 3], SYMMETRIC) == [
        [1, 2, 2],
        [1, 2, 2],
        [3, 4, 4],
    ]


def test_no_padding_is_a_copy() -> None:
    assert mirror_pad([[1, 2], [3, 4]], [[0, 0], [0, 0]], [2, 2], REFLECT) == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("padding", "shape", "mode", "reason"),
    [
        ([[3, 0]], [6], REFLECT, "larger than the tensor"),
        ([[0, 4]], [7], SYMMETRIC, "larger than the tensor"),
        ([[-1, 1]], [3], SYMMETRIC, "a negative padding"),
        ([[1, 1]], [4], SYMMETRIC, "not the shape that follows"),
    ],
)
def test_paddings_that_do_not_fit_are_refused(
    padding: list[list[int]], shape: list[int], mode: int, reason: str
) -> None:
    with pytest.raises(ModelError, match=reason):
        mirror_pad([1, 2, 3], padding, shape, mode)
