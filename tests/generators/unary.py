"""Models of one operator with one input and one output of the same shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from hypothesis import strategies as st

from tests.generators.single_operator import Draw, case, near_tie, near_tie_factor, nudged, scales
from tests.generators.tflite_builder import TfliteBuilder

RANGES = {"int8": (-128, 127), "int16": (-32768, 32767)}
Quantization = tuple[Sequence[float], Sequence[int]]
NONE: Quantization = ((), ())

shapes = st.lists(st.integers(1, 7), min_size=1, max_size=4)
# int8 kernels look results up in a table from 512 elements on.
large_shapes = st.one_of(shapes, shapes, shapes, st.sampled_from([[600], [8, 65], [2, 16, 40]]))
alphas = st.one_of(st.floats(0.001, 0.9), st.sampled_from([0.0, 1.0, -0.5, 2.5, 0.1]), scales(-8.0, 1.0))


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


# fmt: off
FLOAT32 = [
    "ABS", "CEIL", "COS", "ELU", "EXP", "FLOOR", "HARD_SWISH", "LEAKY_RELU", "LOG", "LOGISTIC", "NEG", "RELU", "RELU6",
    "RELU_N1_TO_1", "ROUND", "RSQRT", "SIN", "SQRT", "SQUARE", "TANH",
]
# fmt: on


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
        scale = near_tie_factor(draw, draw(scales()), 1 / 3)  # which HARD_SWISH multiplies it by
        ratio = draw(st.one_of(st.just(1.0), scales(-4, 4)))
        source = [scale], [zero_point(draw, dtype)]
        result = [near_tie(draw, scale * ratio, scale)], [zero_point(draw, dtype)]
        return unary(draw, name, dtype, source, result, options_of(draw, name))


for _name, _dtypes in {
    "ABS": RANGES,
    "ELU": ("int8",),
    "HARD_SWISH": ("int8",),
    "LEAKY_RELU": RANGES,
    "RELU": RANGES,
    "RELU6": RANGES,
    "RELU_N1_TO_1": ("int8",),
}.items():
    for _dtype in _dtypes:
        _register_rescaling(_name, _dtype)


def _register_sigmoid(name: str, dtype: str, result: Quantization) -> None:
    """Operators whose results have a scale of their own. int16 inputs have mostly 2^-12, or nearly so: to a thousandth
    of an octave or a little more, which the reference decides in float32."""
    near = st.builds(
        nudged, st.integers(-13, -10).map(lambda n: 2.0**n), st.sampled_from([5810, -11620, 5824, -11655])
    )
    usual = st.one_of(
        st.sampled_from([2.0**-12, 2.0**-12 * 1.0005, 2.0**-12 * 0.9995, 2.0**-11, 2.0**-10, 2.0**-13]),
        st.builds(nudged, near, st.integers(-16, 16)),
    )

    @case(f"ek_{name.lower()}_{dtype}")
    def build(draw: Draw) -> bytes:
        source = draw(scales(-9, 3)) if dtype == "int8" else draw(st.one_of(usual, scales(-18, 2.4)))
        return unary(draw, name, dtype, ([source], [zero_point(draw, dtype)]), result)


_register_sigmoid("LOGISTIC", "int8", ([1 / 256], [-128]))
_register_sigmoid("LOGISTIC", "int16", ([2.0**-15], [0]))
_register_sigmoid("TANH", "int8", ([1 / 128], [0]))
_register_sigmoid("TANH", "int16", ([2.0**-15], [0]))


def _register_rsqrt(dtype: str, low: float, high: float) -> None:
    """A RELU in front of it sees to it that there are no negative inputs, which stop the inference."""

    @case(f"ek_rsqrt_{dtype}")
    def build(draw: Draw) -> bytes:
        builder = TfliteBuilder()
        shape = draw(large_shapes if dtype == "int8" else shapes)
        scale = draw(scales())
        source = [scale], [zero_point(draw, dtype)]
        in_ = builder.tensor(shape, dtype, *source)
        positive = builder.tensor(shape, dtype, *source)
        out_scale = scale**-0.5 * draw(scales(low, high))
        out = builder.tensor(shape, dtype, [out_scale], [zero_point(draw, dtype)])
        builder.operator("RELU", [in_], [positive])
        builder.operator("RSQRT", [positive], [out])
        return builder.build([in_], [out])


_register_rsqrt("int8", -9, -2)
_register_rsqrt("int16", -16, -6)


@case("ek_exp_int8")
def exp(draw: Draw) -> bytes:
    """Scales under which the largest result still fits an int32 of steps."""
    source = [draw(scales(-10, -4.5))], [zero_point(draw, "int8")]
    result = [draw(scales(-8, 4))], [zero_point(draw, "int8")]
    return unary(draw, "EXP", "int8", source, result, options_of(draw, "EXP"))


@case("ek_log_int8")
def log(draw: Draw) -> bytes:
    source = [draw(scales())], [draw(st.integers(-128, 100))]
    result = [draw(scales(-8, 0))], [zero_point(draw, "int8")]
    return unary(draw, "LOG", "int8", source, result, options_of(draw, "LOG"))
