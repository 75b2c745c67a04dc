"""Models of one operator that repeats, makes, converts or chooses elements."""

from __future__ import annotations

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from hypothesis import strategies as st

from tests.generators.single_operator import Draw, case
from tests.generators.tflite_builder import TfliteBuilder
from tests.generators.typed_case import ALL_TYPES, Case, shapes, types


@case("ek_shape_any")
def shape_(draw: Draw) -> bytes:
    make = Case(draw, draw(types()))
    shape = draw(shapes(1, 5))
    source = make.tensor(shape)
    result = make.builder.tensor((len(shape),), "int32")
    return make.finish("SHAPE", [source], [result], schema.ShapeOptionsT(outType=schema.TensorType.INT32))


def _repeated(draw: Draw, shape: list[int]) -> list[int]:
    """A shape that broadcasts to `shape`."""
    smaller = [1 if draw(st.integers(0, 2)) == 0 else size for size in shape]
    return smaller[draw(st.integers(0, len(smaller))) :] if draw(st.booleans()) else smaller


@case("ek_broadcast_to_any")
def broadcast_to(draw: Draw) -> bytes:
    make = Case(draw, draw(types()))
    shape = draw(shapes(1, 5))
    source, result = make.tensor(_repeated(draw, shape)), make.tensor(shape)
    inputs = [source, make.constant(shape, draw(types("int32", "int64")))]
    return make.finish("BROADCAST_TO", inputs, [result], schema.BroadcastToOptionsT())


@case("ek_broadcast_args_any")
def broadcast_args(draw: Draw) -> bytes:
    make = Case(draw, draw(types("int32", "int64")))
    shape = draw(shapes(1, 5))
    first = make.constant(shape, make.dtype)
    # Shapes that broadcast whatever the input holds: ones and zeros do not both occur.
    length = draw(st.integers(1, 5))
    second = make.builder.tensor((length,), make.dtype, limits=(1, 1))
    result = make.tensor([max(len(shape), length)])
    inputs = [first, second] if draw(st.booleans()) else [second, first]
    return make.finish("BROADCAST_ARGS", inputs, [result], None, [second])


@case("ek_fill_any")
def fill(draw: Draw) -> bytes:
    make = Case(draw, draw(types()))
    shape = draw(shapes(1, 5))
    source, result = make.tensor([]), make.tensor(shape)
    inputs = [make.constant(shape, draw(types("int32", "int64"))), source]
    return make.finish("FILL", inputs, [result], schema.FillOptionsT(), [source])


@case("ek_zeros_like_any")
def zeros_like(draw: Draw) -> bytes:
    make = Case(draw, draw(types("int8", "float32", "int32", "int64")))
    shape = draw(shapes(0, 5))
    return make.finish("ZEROS_LIKE", [make.tensor(shape)], [make.tensor(shape)], schema.ZerosLikeOptionsT())


@case("ek_cast_any")
def cast(draw: Draw) -> bytes:
    builder = TfliteBuilder()
    shape = draw(shapes(0, 4))
    from_type, to_type = draw(types(*ALL_TYPES, "uint32", "uint16")), draw(types(*ALL_TYPES, "uint32"))
    source, result = builder.tensor(shape, from_type), builder.tensor(shape, to_type)
    builder.operator("CAST", [source], [result], schema.CastOptionsT())
    return builder.build([source], [result])


@case("ek_select_v2_any")
def select_v2(draw: Draw) -> bytes:
    make = Case(draw, draw(types()))
    shape = draw(shapes(1, 5))
    sources = [_repeated(draw, shape) for _ in range(3)]
    condition = make.builder.tensor(sources[0], "bool")
    inputs = [condition, make.tensor(sources[1]), make.tensor(sources[2])]
    result = make.tensor(np.broadcast_shapes(*sources))
    return make.finish("SELECT_V2", inputs, [result], schema.SelectV2OptionsT(), inputs)
