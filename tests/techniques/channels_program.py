"""Run in a process of its own by test_channels.py: removes channels and prints what came of it as JSON."""

from __future__ import annotations

import importlib
import json
import pkgutil
from typing import Any

import numpy as np

from edgekit import architectures
from edgekit.tensorflow_setup import import_tensorflow
from tests.techniques import channel_models

_NUM_RANDOM = 16


def remove_some(model: Any, seed: int) -> dict[str, Any]:
    """Removes a random half of the groups, but one of each bundle, and compares with zeroed weights."""
    from edgekit.techniques._channel_nouns import ALONG, OUT
    from edgekit.techniques._channels import analyze_channels
    from edgekit.techniques._channels_cost import count_macs
    from edgekit.techniques._channels_rebuild import mask_channels, remove_channels

    rng = np.random.default_rng(seed)
    graph = analyze_channels(model)
    removed = rng.random(graph.num_groups) < 0.5
    for bundle in graph.bundles:
        removed[bundle.groups[0]] = False
        if len(bundle.groups) > 1:
            removed[bundle.groups[1]] = True
    smaller = remove_channels(model, graph, removed)
    whole = model.count_params()
    inputs = [rng.normal(0, 1, (5, *each.shape[1:])).astype(np.float32) for each in model.inputs]

    def run(each: Any) -> Any:
        return np.asarray(each(inputs if len(inputs) > 1 else inputs[0]))

    found = run(smaller)
    mask_channels(model, graph, removed, OUT, ALONG)
    of_producers = run(model)
    mask_channels(model, graph, removed)
    expected = run(model)
    again = analyze_channels(smaller)
    return {
        "difference": float(np.abs(expected - found).max()),
        "difference_of_producers": float(np.abs(of_producers - found).max()),
        "varies": float(found.std(axis=0).max()),
        "num_params": [int(whole), int(smaller.count_params())],
        "num_removed": int(removed.sum()),
        "macs": [count_macs(graph, removed), count_macs(again, np.zeros(again.num_groups, bool))],
        "macs_before": count_macs(graph, np.zeros(graph.num_groups, bool)),
        "left": dict(graph.left),
        "bundles": [[list(each.producers), len(each.groups)] for each in graph.bundles],
        "uncounted": list(graph.uncounted),
        "type": type(smaller).__name__,
    }


def build_architecture(name: str) -> Any:
    """The network on disk, half as wide; images unless it is listed with another shape."""
    shape = {"autoencoder": (640,), "cnn_1d": (128, 1), "ds_cnn": (49, 10, 1)}.get(name, (32, 32, 3))
    model = importlib.import_module(f"{architectures.__name__}.{name}").build(shape, 5, 0.5)
    return channel_models.randomize(model)


def refuse() -> dict[str, str]:
    """What is said of models that are no plain graph of layers."""
    from tf_keras import Input, Model, Sequential, layers

    from edgekit.errors import RecipeError
    from edgekit.techniques._channels import analyze_channels

    class Subclassed(Model):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return inputs

    inner = Sequential([layers.Input((4,)), layers.Dense(3)], name="inner")
    image = Input((None, None, 3))
    models = {
        "subclassed": Subclassed(),
        "nested": Sequential([layers.Input((4,)), inner]),
        "open size": Model(image, layers.GlobalMaxPooling2D()(layers.Conv2D(4, 3)(image))),
    }
    found = {}
    for name, model in models.items():
        try:
            analyze_channels(model)
        except RecipeError as error:
            found[name] = str(error)
    return found


def main() -> None:
    import_tensorflow(1)
    found: dict[str, Any] = {
        name: remove_some(channel_models.build(name), 11) for name in channel_models.MODELS
    }
    found["random"] = [remove_some(channel_models.build_random(seed), seed) for seed in range(_NUM_RANDOM)]
    found["architectures"] = {
        each.name: remove_some(build_architecture(each.name), 11)
        for each in pkgutil.iter_modules(architectures.__path__)
    }
    found["refused"] = refuse()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
