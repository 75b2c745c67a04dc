"""Models of one operator that resizes images."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from hypothesis import strategies as st

from tests.generators.convolution import activation_tensor
from tests.generators.single_operator import Draw, case, scales
from tests.generators.tflite_builder import TfliteBuilder


def _resize(draw: Draw, name: str, dtype: str, options: Any) -> bytes:
    builder = TfliteBuilder()
    options.alignCorners, options.halfPixelCenters = draw(
        st.sampled_from([(False, False), (True, False), (False, True)])
    )
    image = [draw(st.integers(1, 12)), draw(st.integers(1, 12))]
    out = [draw(st.integers(1, 24)), draw(st.integers(1, 24))]
    batch, depth, scale = draw(st.integers(1, 2)), draw(st.integers(1, 5)), draw(scales())
    source = activation_tensor(draw, builder, (batch, *image, depth), dtype, scale, symmetric=True)
    size = builder.tensor((2,), "int32", data=np.array(out, np.int32))
    result = activation_tensor(draw, builder, (batch, *out, depth), dtype, scale, symmetric=True)
    builder.operator(name, [source, size], [result], options, 3)
    return builder.build([source], [result])


@case("ek_resize_bilinear_int8")
def resize_bilinear_int8(draw: Draw) -> bytes:
    return _resize(draw, "RESIZE_BILINEAR", "int8", schema.ResizeBilinearOptionsT())


@case("ek_resize_bilinear_float32")
def resize_bilinear_float32(draw: Draw) -> bytes:
    return _resize(draw, "RESIZE_BILINEAR", "float32", schema.ResizeBilinearOptionsT())


@case("ek_resize_nearest_neighbor_any")
def resize_nearest_neighbor(draw: Draw) -> bytes:
    dtype = draw(st.sampled_from(["int8", "int16", "float32"]))
    return _resize(draw, "RESIZE_NEAREST_NEIGHBOR", dtype, schema.ResizeNearestNeighborOptionsT())
