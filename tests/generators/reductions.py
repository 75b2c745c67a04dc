"""Models of one operator that folds axes: MEAN, SUM, REDUCE_MAX, REDUCE_MIN."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from hypothesis import strategies as st

from tests.generators.arithmetic import quantization
from tests.generators.single_operator import Draw, case, scales
from tests.generators.tflite_builder import TfliteBuilder


def reduction(draw: Draw, name: str, dtype: str, quantizations: Any = ((), ())) -> bytes:
    builder = TfliteBuilder()
    shape = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    rank = len(shape)
    axes = draw(st.lists(st.integers(0, rank - 1), min_size=1, max_size=min(rank, 3), unique=True))
    keep = draw(st.booleans())
    if keep:
        left = [1 if axis in axes else size for axis, size in enumerate(shape)]
    else:
        left = [size for axis, size in enumerate(shape) if axis not in axes]
    written = [axis - rank if draw(st.booleans()) else axis for axis in axes]
    source = builder.tensor(shape, dtype, *quantizations[0])
    list_of_axes = builder.tensor((len(axes),), "int32", data=np.array(written, np.int32))
    result = builder.tensor(left, dtype, *quantizations[1])
    builder.operator(name, [source, list_of_axes], [result], schema.ReducerOptionsT(keepDims=keep))
    return builder.build([source], [result])


def _register_sums(name: str, dtype: str) -> None:
    @case(f"ek_{name.lower()}_{dtype}")
    def build(draw: Draw) -> bytes:
        scale = draw(scales())
        before = quantization(draw, dtype, scale)
        after = quantization(draw, dtype, scale * draw(scales(-3, 5)))
        if draw(st.integers(0, 3)) == 0:
            after = before
        return reduction(draw, name, dtype, [before, after])


def _register_choices(name: str, dtype: str) -> None:
    @case(f"ek_{name.lower()}_{dtype}")
    def build(draw: Draw) -> bytes:
        quantized = dtype in ("int8", "int16")
        shared = (
            quantization(draw, dtype, draw(scales()), symmetric=dtype == "int16") if quantized else ((), ())
        )
        return reduction(draw, name, dtype, [shared] * 2)


def _register_plain(name: str, dtype: str) -> None:
    @case(f"ek_{name.lower()}_{dtype}")
    def build(draw: Draw) -> bytes:
        return reduction(draw, name, dtype)


for _name in ("MEAN", "SUM"):
    _register_sums(_name, "int8")
    _register_sums(_name, "int16")
    _register_plain(_name, "float32")
for _name in ("REDUCE_MAX", "REDUCE_MIN"):
    for _dtype in ("int8", "int16", "int32", "float32"):
        _register_choices(_name, _dtype)
_register_plain("REDUCE_ALL", "bool")
_register_plain("REDUCE_ANY", "bool")
