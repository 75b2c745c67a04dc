"""Models of one operator that folds axes or sums along one."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from hypothesis import strategies as st

from tests.generators.arithmetic import quantization
from tests.generators.single_operator import Draw, case, scales
from tests.generators.tflite_builder import TfliteBuilder
from tests.generators.typed_case import Case, shapes, types


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


def _arg(draw: Draw, name: str, options: Any) -> bytes:
    make = Case(draw, draw(types("int8", "float32", "int8", "float32", "uint8", "int32")))
    shape = draw(shapes(1, 5))
    axis = draw(st.integers(0, len(shape) - 1))
    source = make.tensor(shape)
    result = make.builder.tensor([*shape[:axis], *shape[axis + 1 :]], "int32")
    options.outputType = schema.TensorType.INT32
    return make.finish(name, [source, make.constant(make.axis(axis, len(shape)))], [result], options)


@case("ek_arg_max_any")
def arg_max(draw: Draw) -> bytes:
    return _arg(draw, "ARG_MAX", schema.ArgMaxOptionsT())


@case("ek_arg_min_any")
def arg_min(draw: Draw) -> bytes:
    return _arg(draw, "ARG_MIN", schema.ArgMinOptionsT())


def _cumsum(draw: Draw, dtype: str) -> bytes:
    builder = TfliteBuilder()
    shape = draw(shapes(1, 5))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    first: tuple[list[float], list[int]] = ([], [])
    second: tuple[list[float], list[int]] = ([], [])
    if dtype == "int8":
        scale = draw(scales(-8, 2))
        first = ([scale], [draw(st.integers(-128, 127))])
        second = ([scale * draw(scales(-2, 4))], [draw(st.integers(-128, 127))])
    source, result = builder.tensor(shape, dtype, *first), builder.tensor(shape, dtype, *second)
    where = builder.tensor((), "int32", data=np.array(axis, np.int32))
    options = schema.CumsumOptionsT(exclusive=draw(st.booleans()), reverse=draw(st.booleans()))
    builder.operator("CUMSUM", [source, where], [result], options)
    return builder.build([source], [result])


@case("ek_cumsum_int8")
def cumsum_int8(draw: Draw) -> bytes:
    return _cumsum(draw, "int8")


@case("ek_cumsum_int32")
def cumsum_int32(draw: Draw) -> bytes:
    return _cumsum(draw, "int32")


@case("ek_cumsum_float32")
def cumsum_float32(draw: Draw) -> bytes:
    return _cumsum(draw, "float32")
