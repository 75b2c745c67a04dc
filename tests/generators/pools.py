"""Models of one pool over windows of an image."""

from __future__ import annotations

from ai_edge_litert import schema_py_generated as schema
from hypothesis import strategies as st

from tests.generators.convolution import FULL
from tests.generators.single_operator import Draw, _window, activations, case, scales
from tests.generators.tflite_builder import TfliteBuilder


def _pool(draw: Draw, name: str, dtype: str) -> bytes:
    builder, options = TfliteBuilder(), schema.Pool2DOptionsT()
    image, taps, out = _window(draw, options, with_dilation=False)
    options.filterHeight, options.filterWidth = taps
    options.fusedActivationFunction = draw(activations)
    batch, depth, scale = draw(st.integers(1, 2)), draw(st.integers(1, 9)), draw(scales(-8, 2))
    zero_point = draw(st.integers(*FULL[dtype])) if dtype in ("int8", "uint8") else 0
    quantization = ([], []) if dtype == "float32" else ([scale], [zero_point])
    source = builder.tensor((batch, *image, depth), dtype, *quantization)
    result = builder.tensor((batch, *out, depth), dtype, *quantization)
    builder.operator(name, [source], [result], options, 2)
    return builder.build([source], [result])


def _register(name: str, dtype: str) -> None:
    @case(f"ek_{name.lower()}_{dtype}")
    def build(draw: Draw) -> bytes:
        return _pool(draw, name, dtype)


for _dtype in ("int8", "uint8", "int16", "float32"):
    _register("AVERAGE_POOL_2D", _dtype)
    _register("MAX_POOL_2D", _dtype)
_register("L2_POOL_2D", "float32")
