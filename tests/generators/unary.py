"""Models of one operator with one input and one output of the same shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from hypothesis import strategies as st

from tests.generators.single_operator import Draw, case, scales
from tests.generators.tflite_builder import TfliteBuilder

RANGES = {"int8": (-128, 127), "int16": (-32768, 32767)}
Quantization = tuple[Sequence[float], Sequence[int]]
NONE: Quantization = ((), ())

shapes = st.lists(st.integers(1, 7), min_size=1, max_size=4)
# int8 kernels look results up in a table from 1024 elements on.
large_shapes = st.one_of(shapes, shapes, shapes, st.sampled_from([[1030], [8, 129], [2, 16, 40]]))
alphas = st.one_of(st.floats(0.001, 0.9), st.sampled_from([0.0, 1.0, -0.5, 2.5, 0.1]))


def unary(
    draw: Draw, name: str, dtype: str, source: Quantization, result: Quantization, options: Any = None
) -> bytes:
    builder = TfliteBuilder()
    shape = draw(large_shapes if dtype == "int8" else shapes)
    in_ = builder.tensor(shape, dtype, *source)
    out = builder.tensor(shape, dtype, *result)
    builder.operator(name, [in_], [out], options)
    return builder.build([in_], [out])


def zero_point(draw: Draw, dtype: str) -> int:
    return draw(st.integers(*RANGES[dtype])) if dtype == "int8" else 0


def options_of(draw: Draw, name: str) -> Any:
    """The table of options that the schema has for the operator, if any."""
    words = "".join(word.capitalize() for word in name.split("_"))
    make = getattr(schema, f"{words}OptionsT", None)
    options = make() if make is not None else None
    if name == "LEAKY_RELU":
        options.alpha = float(np.float32(draw(alphas)))
    return options


FLOAT32 = (
    "ABS CEIL COS ELU EXP FLOOR HARD_SWISH LEAKY_RELU LOG LOGISTIC NEG RELU RELU6 RELU_N1_TO_1 ROUND RSQRT SIN SQRT "
    "SQUARE TANH"
).split()


def _register_float32(name: str) -> None:
    @case(f"ek_{name.lower()}_float32")
    def build(draw: Draw) -> bytes:
        return unary(draw, name, "float32", NONE, NONE, options_of(draw, name))


for _name in FLOAT32:
    _register_float32(_name)


def _register_rescaling(name: str, dtype: str) -> None:
    """Operators that map one scale to another."""

    @case(f"ek_{name.lower()}_{dtype}")
    def build(draw: Draw) -> bytes:
        scale = draw(scales())
        ratio = draw(st.one_of(st.just(1.0), scales(-4, 4)))
        source = [scale], [zero_point(draw, dtype)]
        result = [scale * ratio], [zero_point(draw, dtype)]
        return unary(draw, name, dtype, source, result, options_of(draw, name))


for _dtype in RANGES:
    for _name in ("ABS", "LEAKY_RELU", "RELU"):
        _register_rescaling(_name, _dtype)
