"""A Keras graph with some of its layers replaced by several others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Replacement:
    """`layers`: new Keras layers, each with the weights that it gets once it is built; `apply` calls them."""

    layers: Sequence[tuple[Any, Sequence[Array]]]
    apply: Callable[[Any], Any]


def chain(layers: Sequence[tuple[Any, Sequence[Array]]]) -> Replacement:
    """Layers that follow one another."""

    def apply(tensor: Any) -> Any:
        for layer, _ in layers:
            tensor = layer(tensor)
        return tensor

    return Replacement(layers, apply)


def replace_layers(model: Any, replacements: Mapping[str, Replacement]) -> Any:
    """A new Functional model with a replacement for each layer named, copies of the others, and all weights.

    A layer that is called several times is replaced by layers that are, too.
    """
    import tensorflow as tf
    import tf_keras

    copies: dict[str, Any] = {}
    # Keras walks a graph in this way itself, when a model is called; each use of a tensor takes one copy.
    uses = model._tensor_usage_count
    inputs = [tf_keras.Input(each.shape[1:], name=each.name, dtype=each.dtype) for each in model.inputs]
    tensors = {
        str(id(old)): [new] * uses[str(id(old))] for old, new in zip(model.inputs, inputs, strict=True)
    }
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            if node.is_input or any(each not in tensors for each in node.flat_input_ids):
                continue
            layer = node.layer
            arguments, keywords = node.map_arguments(tensors)
            if layer.name in replacements:
                outputs = replacements[layer.name].apply(*arguments)
            else:
                if layer.name not in copies:
                    copies[layer.name] = type(layer).from_config(layer.get_config())
                outputs = copies[layer.name](*arguments, **keywords)
            for key, tensor in zip(node.flat_output_ids, tf.nest.flatten(outputs), strict=True):
                tensors[key] = [tensor] * uses[key]
    replaced = tf_keras.Model(inputs, [tensors[str(id(each))][-1] for each in model.outputs], name=model.name)
    for name, layer in copies.items():
        layer.set_weights(model.get_layer(name).get_weights())
    for each in replacements.values():
        for layer, weights in each.layers:
            if weights:
                layer.set_weights(list(weights))
    return replaced
