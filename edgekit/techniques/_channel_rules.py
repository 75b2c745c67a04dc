"""What each kind of layer does to channels: one function per kind, found by the name of the Keras class."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from edgekit.techniques._channel_nouns import ALONG, IN, OUT, Array
from edgekit.techniques._channels import Call, Tracer

Rule = Callable[[Tracer, Call], Array | None]
# Each element by itself. Others, such as softmax, mix channels: without one the rest changes.
_ELEMENTWISE = {
    *("linear", "relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "swish", "silu", "mish"),
    *("hard_swish", "hard_silu", "tanh", "sigmoid", "hard_sigmoid", "softplus", "softsign", "exponential"),
}


def trace_call(tracer: Tracer, call: Call) -> tuple[Array | None, bool]:
    """The numbers of the output's channels, or None for a layer that is not known; and is it never negative?"""
    layer = call.layer
    rule = _RULES.get(type(layer).__name__) if type(layer).__module__.startswith("tf_keras.") else None
    if rule is None or getattr(layer, "data_format", "channels_last") != "channels_last":
        return None, False
    numbers = rule(tracer, call)
    name = _activation(layer)
    if numbers is not None and name is not None and name not in _ELEMENTWISE:
        tracer.freeze(numbers, f"{call.label} applies {name} to them, which mixes channels")
    rectified = type(layer).__name__ == "ReLU" or name in ("relu", "relu6")
    return numbers, rectified


def _activation(layer: Any) -> str | None:
    function = getattr(layer, "activation", None)
    return None if function is None else str(getattr(function, "__name__", type(function).__name__))


def _same(tracer: Tracer, call: Call) -> Array | None:
    return call.inputs[0]


def _convolution(tracer: Tracer, call: Call) -> Array | None:
    if call.layer.groups != 1:
        return None
    outputs = tracer.number(call.output_shape[-1])
    rank = len(call.layer.kernel.shape)
    _matmul(tracer, call, "kernel", (rank - 2, rank - 1), outputs, prod(call.output_shape[:-1]))
    return _produce(tracer, call, outputs, "filters")


def _transposed(tracer: Tracer, call: Call) -> Array | None:
    """kernel (height, width, out, in), multiplied at every input position."""
    outputs = tracer.number(call.output_shape[-1])
    rank = len(call.layer.kernel.shape)
    _matmul(tracer, call, "kernel", (rank - 1, rank - 2), outputs, prod(call.input_shapes[0][:-1]))
    return _produce(tracer, call, outputs, "filters")


def _dense(tracer: Tracer, call: Call) -> Array | None:
    outputs = tracer.number(call.output_shape[-1])
    _matmul(tracer, call, "kernel", (0, 1), outputs, prod(call.output_shape[:-1]))
    return _produce(tracer, call, outputs, "units")


def _depthwise(tracer: Tracer, call: Call) -> Array | None:
    """kernel (height, width, in, multiplier): output c * multiplier + m comes from input c."""
    outputs = _filter_channels(tracer, call)
    tracer.cut(call.layer, "bias", 0, ALONG, outputs)
    return outputs


def _separable(tracer: Tracer, call: Call) -> Array | None:
    """A depthwise convolution, then a 1x1 one."""
    outputs = tracer.number(call.output_shape[-1])
    rank = len(call.layer.pointwise_kernel.shape)
    spread = _filter_channels(tracer, call)
    positions = prod(call.output_shape[:-1])
    within = Call(call.layer, (spread,), call.input_shapes, call.output_shape)
    _matmul(tracer, within, "pointwise_kernel", (rank - 2, rank - 1), outputs, positions)
    return _produce(tracer, call, outputs, "filters")


def _filter_channels(tracer: Tracer, call: Call) -> Array:
    axis = len(call.layer.depthwise_kernel.shape) - 2
    tracer.cut(call.layer, "depthwise_kernel", axis, ALONG, call.inputs[0])
    tracer.kernel(call, "depthwise_kernel", prod(call.output_shape[:-1]), axis, axis + 1)
    return np.repeat(call.inputs[0], call.layer.depth_multiplier)


def _matmul(
    tracer: Tracer, call: Call, attribute: str, axes: tuple[int, int], outputs: Array, positions: int
) -> None:
    tracer.cut(call.layer, attribute, axes[0], IN, call.inputs[0])
    tracer.cut(call.layer, attribute, axes[1], OUT, outputs)
    tracer.kernel(call, attribute, positions, axes[1])


def _produce(tracer: Tracer, call: Call, outputs: Array, key: str) -> Array:
    tracer.cut(call.layer, "bias", 0, OUT, outputs)
    tracer.resize(call.layer, key, outputs)
    return outputs


def _batch_normalization(tracer: Tracer, call: Call) -> Array | None:
    axes = call.layer.axis
    if list(axes if isinstance(axes, list | tuple) else [axes]) != [len(call.output_shape)]:
        return None
    for attribute in ("gamma", "beta", "moving_mean", "moving_variance"):
        tracer.cut(call.layer, attribute, 0, ALONG, call.inputs[0])
    return call.inputs[0]


def _prelu(tracer: Tracer, call: Call) -> Array | None:
    if call.layer.alpha.shape[-1] == len(call.inputs[0]):
        tracer.cut(call.layer, "alpha", len(call.output_shape) - 1, ALONG, call.inputs[0])
    return call.inputs[0]


def _rescaling(tracer: Tracer, call: Call) -> Array | None:
    return call.inputs[0] if np.ndim(call.layer.scale) == np.ndim(call.layer.offset) == 0 else None


def _merge(tracer: Tracer, call: Call) -> Array | None:
    """Element by element; one that has a single channel is spread over all, and keeps it."""
    if len({len(each) for each in call.input_shapes}) != 1:
        return None
    widest = max(call.inputs, key=len)
    for each in call.inputs:
        if len(each) == len(widest):
            tracer.equate(widest, each)
        else:
            tracer.freeze(each, f"{call.label} spreads them over all channels")
    return widest


def _concatenate(tracer: Tracer, call: Call) -> Array | None:
    if call.layer.axis in (-1, len(call.output_shape)):
        return np.concatenate(call.inputs)
    return _merge(tracer, call)


def _flatten(tracer: Tracer, call: Call) -> Array | None:
    shape = call.input_shapes[0]
    return np.broadcast_to(call.inputs[0], shape).ravel() if shape else None


def _reshape(tracer: Tracer, call: Call) -> Array | None:
    """Removing a channel must leave whole rows: what stands in one column of the output is one channel."""
    *lead, width = call.output_shape
    columns = np.broadcast_to(call.inputs[0], call.input_shapes[0]).reshape(-1, width)
    for row in columns[1:]:
        tracer.equate(columns[0], row)
    tracer.resize(call.layer, "target_shape", columns[0], tuple(lead))
    return np.array(columns[0])


_PASSES = (
    *("Activation", "ReLU", "LeakyReLU", "ELU", "ThresholdedReLU", "ActivityRegularization"),
    *("Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "GaussianDropout"),
    *(f"{kind}{rank}D" for kind in ("ZeroPadding", "Cropping", "UpSampling") for rank in (1, 2, 3)),
    *(f"{kind}Pooling{rank}D" for kind in ("Max", "Average") for rank in (1, 2, 3)),
    *(f"Global{kind}Pooling{rank}D" for kind in ("Max", "Average") for rank in (1, 2, 3)),
)
_RULES: dict[str, Rule] = {
    **dict.fromkeys(_PASSES, _same),
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D"), _convolution),
    **dict.fromkeys(("Conv1DTranspose", "Conv2DTranspose"), _transposed),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), _depthwise),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), _separable),
    **dict.fromkeys(("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"), _merge),
    "BatchNormalization": _batch_normalization,
    "Concatenate": _concatenate,
    "Dense": _dense,
    "Flatten": _flatten,
    "PReLU": _prelu,
    "Rescaling": _rescaling,
    "Reshape": _reshape,
}
