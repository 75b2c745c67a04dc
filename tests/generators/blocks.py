"""Models of one operator that moves pixels between space and channels or between space and batch."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from hypothesis import strategies as st

from tests.generators.single_operator import Draw, case
from tests.generators.typed_case import Case, shapes, types


def _depth_space(draw: Draw, name: str, options: Any, to_space: bool) -> bytes:
    make = Case(draw, draw(types("int8", "float32", "int8", "float32", "uint8", "int32", "int64")))
    batch, height, width, depth = draw(shapes(4, 4))
    options.blockSize = block = draw(st.integers(1, 3))
    deep = make.tensor([batch, height, width, depth * block * block])
    wide = make.tensor([batch, height * block, width * block, depth])
    source, result = (deep, wide) if to_space else (wide, deep)
    return make.finish(name, [source], [result], options)


@case("ek_depth_to_space_any")
def depth_to_space(draw: Draw) -> bytes:
    return _depth_space(draw, "DEPTH_TO_SPACE", schema.DepthToSpaceOptionsT(), to_space=True)


@case("ek_space_to_depth_any")
def space_to_depth(draw: Draw) -> bytes:
    return _depth_space(draw, "SPACE_TO_DEPTH", schema.SpaceToDepthOptionsT(), to_space=False)


def _batch_space(draw: Draw, name: str, options: Any, to_batch: bool) -> bytes:
    make = Case(draw, draw(types("int8", "float32", "int8", "float32", "uint8", "int32", "int64")))
    num_axes = draw(st.integers(1, 2))
    batch, depth = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    block = [draw(st.integers(1, 3)) for _ in range(num_axes)]
    counts = [draw(st.integers(1, 4)) for _ in range(num_axes)]
    amounts = []
    for size, count in zip(block, counts, strict=True):
        before = draw(st.integers(0, size * count - 1))
        amounts.append([before, draw(st.integers(0, size * count - 1 - before))])
    sizes = [b * n - sum(pair) for b, n, pair in zip(block, counts, amounts, strict=True)]
    wide = make.tensor([batch, *sizes, depth])
    many = make.tensor([batch * int(np.prod(block)), *counts, depth])
    source, result = (wide, many) if to_batch else (many, wide)
    return make.finish(name, [source, make.constant(block), make.constant(amounts)], [result], options)


@case("ek_space_to_batch_nd_any")
def space_to_batch_nd(draw: Draw) -> bytes:
    return _batch_space(draw, "SPACE_TO_BATCH_ND", schema.SpaceToBatchNDOptionsT(), to_batch=True)


@case("ek_batch_to_space_nd_any")
def batch_to_space_nd(draw: Draw) -> bytes:
    return _batch_space(draw, "BATCH_TO_SPACE_ND", schema.BatchToSpaceNDOptionsT(), to_batch=False)
