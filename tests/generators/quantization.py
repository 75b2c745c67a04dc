"""Models of QUANTIZE and DEQUANTIZE."""

from __future__ import annotations

from typing import Any

from ai_edge_litert import schema_py_generated as schema
from hypothesis import strategies as st

from tests.generators.convolution import FULL
from tests.generators.single_operator import Draw, case, scales
from tests.generators.tflite_builder import TfliteBuilder


def _convert(draw: Draw, name: str, source_type: str, result_type: str, options: Any) -> bytes:
    builder = TfliteBuilder()
    shape = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    base = draw(scales())

    def tensor(dtype: str, scale: float) -> int:
        if dtype == "float32":
            return builder.tensor(shape, dtype)
        low, high = FULL.get(dtype, (0, 0))  # int32 has no zero point to speak of
        zero_point = draw(st.sampled_from([0, draw(st.integers(low, high))]))
        return builder.tensor(shape, dtype, [scale], [zero_point])

    source = tensor(source_type, base)
    result = tensor(result_type, base * draw(scales(-6, 6)))
    builder.operator(name, [source], [result], options, 2)
    return builder.build([source], [result])


def _quantize(draw: Draw, source_type: str, *result_types: str) -> bytes:
    return _convert(
        draw, "QUANTIZE", source_type, draw(st.sampled_from(result_types)), schema.QuantizeOptionsT()
    )


@case("ek_quantize_int8")
def quantize_int8(draw: Draw) -> bytes:
    return _quantize(draw, "int8", "int8", "uint8", "int16", "int32")


@case("ek_quantize_uint8")
def quantize_uint8(draw: Draw) -> bytes:
    return _quantize(draw, "uint8", "int8", "uint8")


@case("ek_quantize_int16")
def quantize_int16(draw: Draw) -> bytes:
    return _quantize(draw, "int16", "int8", "int16", "int32")


@case("ek_quantize_int32")
def quantize_int32(draw: Draw) -> bytes:
    return _quantize(draw, "int32", "int8", "int16")


@case("ek_quantize_float32")
def quantize_float32(draw: Draw) -> bytes:
    return _quantize(draw, "float32", "int8", "int16")


@case("ek_dequantize_int16")
def dequantize_int16(draw: Draw) -> bytes:
    return _convert(draw, "DEQUANTIZE", "int16", "float32", schema.DequantizeOptionsT())


@case("ek_dequantize_uint8")
def dequantize_uint8(draw: Draw) -> bytes:
    return _convert(draw, "DEQUANTIZE", "uint8", "float32", schema.DequantizeOptionsT())


@case("ek_dequantize_int8")
def dequantize_int8(draw: Draw) -> bytes:
    return _convert(draw, "DEQUANTIZE", "int8", "float32", schema.DequantizeOptionsT())
