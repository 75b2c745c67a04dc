"""Batch normalization folded into the layer before it, as the converter will do, so that training sees the result."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from edgekit.techniques._channels import flatten_outputs, graph_nodes
from edgekit.techniques._replace import Replacement, chain, replace_layers

Array = np.ndarray[Any, Any]
# The axis of a kernel that has the outputs; depthwise kernels have theirs on the last two.
_KINDS = {"Conv1D": -1, "Conv2D": -1, "Dense": -1, "DepthwiseConv2D": None, "Conv2DTranspose": -2}


def to_rows(layer: Any, kernel: Array) -> Array:
    """A kernel as (channels, elements), one row for each output channel."""
    axis = _KINDS.get(type(getattr(layer, "layer", layer)).__name__, -1)
    if axis is None:
        return kernel.reshape(-1, kernel.shape[-2] * kernel.shape[-1]).T
    moved = np.moveaxis(kernel, axis, 0)
    return moved.reshape(len(moved), -1)


def from_rows(layer: Any, rows: Array, shape: tuple[int, ...]) -> Array:
    """The kernel of `shape` that `to_rows` made the rows of."""
    axis = _KINDS.get(type(getattr(layer, "layer", layer)).__name__, -1)
    if axis is None:
        return rows.T.reshape(shape)
    others = [size for position, size in enumerate(shape) if position != len(shape) + axis]
    return np.moveaxis(rows.reshape(len(rows), *others), 0, axis)


def fold_normalization(model: Any) -> Any:
    """A model without the batch normalizations that follow a convolution or dense layer; itself if there are none.

    One whose layer has an activation of its own, or other readers, stays.
    """
    nodes = [node for node in graph_nodes(model) if not node.is_input]
    readers = Counter(id(each) for each in model.outputs)
    calls: Counter[str] = Counter()
    for node in nodes:
        readers.update(id(each) for each in node.keras_inputs)
        calls[node.layer.name] += 1
    makers = {id(tensor): node.layer for node in nodes for tensor in flatten_outputs(node)}
    replacements: dict[str, Replacement] = {}
    for node in nodes:
        norm = node.layer
        if type(norm).__name__ != "BatchNormalization" or calls[norm.name] > 1:
            continue
        (tensor,) = node.keras_inputs
        before = makers.get(id(tensor))
        is_linear = getattr(getattr(before, "activation", None), "__name__", "") == "linear"
        if before is None or type(before).__name__ not in _KINDS or not is_linear:
            continue
        if readers[id(tensor)] > 1 or calls[before.name] > 1 or _axis(norm) != len(tensor.shape) - 1:
            continue
        replacements[before.name] = _fold(before, norm)
        replacements[norm.name] = Replacement([], lambda tensor: tensor)
    return replace_layers(model, replacements) if replacements else model


def _fold(layer: Any, norm: Any) -> Replacement:
    mean, variance = norm.moving_mean.numpy(), norm.moving_variance.numpy()
    factor = (norm.gamma.numpy() if norm.scale else 1.0) / np.sqrt(variance + norm.epsilon)
    offset = (norm.beta.numpy() if norm.center else 0.0) - mean * factor
    kernel, *bias = layer.get_weights()
    rows = to_rows(layer, kernel) * factor[:, None]
    offset = offset + (bias[0] * factor if bias else 0.0)
    folded = type(layer).from_config({**layer.get_config(), "use_bias": True})
    return chain([(folded, [from_rows(layer, rows, kernel.shape), offset])])


def _axis(norm: Any) -> int:
    axes = np.atleast_1d(norm.axis).tolist()
    rank = len(norm.input_shape)
    return int(axes[0]) % rank if len(axes) == 1 else -1
