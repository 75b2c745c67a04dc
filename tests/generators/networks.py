"""Small int8 networks with several operators, for tests of everything around the kernels."""

from __future__ import annotations

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tests.generators.tflite_builder import TfliteBuilder


def build_small_network(seed: int = 0, size: int = 8, channels: int = 4) -> bytes:
    """Conv → depthwise → Add with the conv's output → max pool → dense → softmax on (1, size, size, 1)."""
    rng = np.random.default_rng(seed)
    builder = TfliteBuilder()

    def weights(shape: tuple[int, ...], axis: int, input_scale: float) -> tuple[int, int]:
        count = shape[axis]
        scales = (2.0 ** rng.uniform(-8, -6, count)).astype(np.float32)
        values = rng.integers(-127, 128, shape).astype(np.int8)
        bias = rng.integers(-2000, 2000, count).astype(np.int32)
        bias_scales = (scales * np.float32(input_scale)).tolist()
        return (
            builder.tensor(shape, "int8", scales.tolist(), [0] * count, values, quantized_dimension=axis),
            builder.tensor((count,), "int32", bias_scales, [0] * count, bias),
        )

    same = {"padding": 0, "strideH": 1, "strideW": 1}
    source = builder.tensor((1, size, size, 1), "int8", [0.05], [-3])
    conv = builder.tensor((1, size, size, channels), "int8", [0.08], [-128])
    inputs = [source, *weights((channels, 3, 3, 1), 0, 0.05)]
    builder.operator("CONV_2D", inputs, [conv], schema.Conv2DOptionsT(**same, fusedActivationFunction=1), 3)
    depthwise = builder.tensor((1, size, size, channels), "int8", [0.09], [5])
    inputs = [conv, *weights((1, 3, 3, channels), 3, 0.08)]
    options = schema.DepthwiseConv2DOptionsT(**same, depthMultiplier=1)
    builder.operator("DEPTHWISE_CONV_2D", inputs, [depthwise], options, 3)
    total = builder.tensor((1, size, size, channels), "int8", [0.12], [-20])
    builder.operator("ADD", [conv, depthwise], [total], schema.AddOptionsT(), 2)
    pooled = builder.tensor((1, size // 2, size // 2, channels), "int8", [0.12], [-20])
    pool = schema.Pool2DOptionsT(padding=1, strideH=2, strideW=2, filterHeight=2, filterWidth=2)
    builder.operator("MAX_POOL_2D", [total], [pooled], pool, 2)
    depth = (size // 2) ** 2 * channels
    flat = builder.tensor((1, depth), "int8", [0.12], [-20])
    shape = builder.tensor((2,), "int32", data=np.array([1, depth], np.int32))
    builder.operator("RESHAPE", [pooled, shape], [flat], schema.ReshapeOptionsT(newShape=[1, depth]))
    dense = builder.tensor((1, 10), "int8", [0.3], [7])
    inputs = [flat, *weights((10, depth), 0, 0.12)]
    builder.operator("FULLY_CONNECTED", inputs, [dense], schema.FullyConnectedOptionsT(), 4)
    result = builder.tensor((1, 10), "int8", [1 / 256], [-128])
    builder.operator("SOFTMAX", [dense], [result], schema.SoftmaxOptionsT(beta=1.0), 2)
    return builder.build([source], [result])
