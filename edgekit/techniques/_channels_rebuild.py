"""Makes the model without the removed channels, and the one that only has zeros there."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.techniques._channel_nouns import Array, ChannelGraph, is_kept
from edgekit.techniques._channels import analyze_channels


def remove_channels(model: Any, graph: ChannelGraph, removed: Array) -> Any:
    """A new model with the weights that are left; `removed` (num_groups,) bool.

    Its outputs are those of `mask_channels(model, …)`.

    Raises:
        RecipeError: a layer would be left without channels, or TensorFlow cannot build the smaller one.
    """
    import tf_keras

    sizes: dict[str, dict[str, Any]] = {}
    for each in graph.resizes:
        count = int(is_kept(each.groups, removed).sum())
        if not count:
            raise RecipeError(f"layer {each.layer} would be left without channels; expected at least one")
        sizes.setdefault(each.layer, {})[each.key] = count if each.lead is None else (*each.lead, count)

    def shrink(layer: Any) -> Any:
        return type(layer).from_config({**layer.get_config(), **sizes.get(layer.name, {})})

    smaller = tf_keras.models.clone_model(model, clone_function=shrink)
    for layer in smaller.layers:
        weights = model.get_layer(layer.name).get_weights()
        for cut in graph.cuts_of(layer.name):
            weights[cut.weight] = np.compress(
                is_kept(cut.groups, removed), weights[cut.weight], axis=cut.axis
            )
        layer.set_weights(weights)
    return smaller


def mask_channels(model: Any, graph: ChannelGraph, removed: Array, *roles: str) -> None:
    """Zeroes what `remove_channels` would take away, in place; of certain roles (OUT, IN, ALONG) only, if given."""
    for name in dict.fromkeys(each.layer for each in graph.cuts):
        layer = model.get_layer(name)
        weights = layer.get_weights()
        for cut in graph.cuts_of(name, *roles):
            shape = [1] * weights[cut.weight].ndim
            shape[cut.axis] = -1
            weights[cut.weight] = weights[cut.weight] * is_kept(cut.groups, removed).reshape(shape)
        layer.set_weights(weights)


def count_channels(model: Any) -> dict[str, int]:
    """Output channels of every layer that makes some, by name."""
    graph = analyze_channels(model)
    return graph.num_channels(np.zeros(graph.num_groups, bool))
