"""Models of one operator that normalizes along the last axis: SOFTMAX, LOG_SOFTMAX, L2_NORMALIZATION."""

from __future__ import annotations

from typing import Any

from ai_edge_litert import schema_py_generated as schema
from hypothesis import strategies as st

from tests.generators.single_operator import Draw, case, scales, zero_points
from tests.generators.tflite_builder import TfliteBuilder


def _normalization(
    draw: Draw, name: str, dtypes: tuple[str, str], before: Any, after: Any, options: Any, longest: int = 40
) -> bytes:
    builder = TfliteBuilder()
    shape = [*draw(st.lists(st.integers(1, 3), max_size=3)), draw(st.integers(1, longest))]
    source = builder.tensor(shape, dtypes[0], *before)
    result = builder.tensor(shape, dtypes[1], *after)
    builder.operator(name, [source], [result], options)
    return builder.build([source], [result])


def _beta(draw: Draw) -> float:
    return float(draw(st.sampled_from([1.0, 1.0, 0.5, 2.0, 0.37])))


@case("ek_softmax_int8")
def softmax_int8(draw: Draw) -> bytes:
    options = schema.SoftmaxOptionsT(beta=_beta(draw))
    before = [draw(scales(-8, 3))], [draw(zero_points)]
    dtype, scale, zero = draw(st.sampled_from([("int8", 1 / 256, -128), ("int16", 1 / 65536, -32768)]))
    return _normalization(draw, "SOFTMAX", ("int8", dtype), before, ([scale], [zero]), options)


@case("ek_softmax_float32")
def softmax_float32(draw: Draw) -> bytes:
    options = schema.SoftmaxOptionsT(beta=_beta(draw))
    return _normalization(draw, "SOFTMAX", ("float32", "float32"), (), (), options, longest=20)


@case("ek_log_softmax_int8")
def log_softmax_int8(draw: Draw) -> bytes:
    before = [draw(scales(-8, 3))], [draw(zero_points)]
    return _normalization(draw, "LOG_SOFTMAX", ("int8", "int8"), before, ([1 / 16], [127]), None)


@case("ek_log_softmax_float32")
def log_softmax_float32(draw: Draw) -> bytes:
    return _normalization(draw, "LOG_SOFTMAX", ("float32", "float32"), (), (), None)


@case("ek_l2_normalization_int8")
def l2_normalization_int8(draw: Draw) -> bytes:
    before = [draw(scales())], [draw(zero_points)]
    return _normalization(
        draw, "L2_NORMALIZATION", ("int8", "int8"), before, ([1 / 128], [0]), schema.L2NormOptionsT()
    )


@case("ek_l2_normalization_float32")
def l2_normalization_float32(draw: Draw) -> bytes:
    return _normalization(draw, "L2_NORMALIZATION", ("float32", "float32"), (), (), schema.L2NormOptionsT())


@case("ek_softmax_int16")
def softmax_int16(draw: Draw) -> bytes:
    options = schema.SoftmaxOptionsT(beta=_beta(draw))
    before = [draw(scales(-16, -5))], [0]
    return _normalization(draw, "SOFTMAX", ("int16", "int16"), before, ([1 / 32768], [0]), options)
