"""A Keras 3 model again in tf_keras, layer by layer, because tfmot knows only the latter.

The copy is taken for good only if it computes what the original computes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from edgekit.errors import ModelError

# Settings that only say how weights begin, or that Keras 2 has under no or another name.
_DROPPED = {
    *("dtype", "build_config", "compile_config", "quantization_config", "autocast", "synchronized"),
    *("kernel_initializer", "bias_initializer", "depthwise_initializer", "pointwise_initializer"),
    *("gamma_initializer", "beta_initializer", "moving_mean_initializer", "moving_variance_initializer"),
    *("recurrent_initializer", "embeddings_initializer", "alpha_initializer"),
    *("kernel_regularizer", "bias_regularizer", "activity_regularizer", "depthwise_regularizer"),
    *("pointwise_regularizer", "gamma_regularizer", "beta_regularizer", "recurrent_regularizer"),
    *("kernel_constraint", "bias_constraint", "depthwise_constraint", "pointwise_constraint"),
    *("gamma_constraint", "beta_constraint", "recurrent_constraint", "lora_rank", "lora_alpha", "renorm"),
}
# What Keras 3 calls otherwise, by layer.
_RENAMED = {"LeakyReLU": {"negative_slope": "alpha"}}
_TOLERANCE = 1e-5


def rebuild_in_tf_keras(model: Any) -> Any:
    """Returns a tf_keras model with the layers, names and weights of a Keras 3 one.

    Raises:
        ModelError: a layer has no equal in tf_keras, or the copy computes something else; both by layer name.
    """
    import tf_keras

    tensors: dict[tuple[str, int, int], Any] = {}
    copies: dict[str, Any] = {}
    config = model.get_config()
    if "input_layers" not in config:
        return _rebuild_sequential(model)
    for settings, layer in zip(config["layers"], model.layers, strict=True):
        nodes = settings.get("inbound_nodes") or []
        if settings["class_name"] == "InputLayer":
            shape = tuple(layer.batch_shape[1:])
            tensors[layer.name, 0, 0] = tf_keras.Input(shape, name=layer.name)
            continue
        copies[layer.name] = _copy_layer(layer)
        for number, node in enumerate(nodes):
            arguments = [_histories(argument) for argument in node["args"]]
            if node.get("kwargs", {}).get("mask") or len(arguments) != 1:
                raise ModelError(
                    f"layer {layer.name} ({type(layer).__name__}) is called with more than one argument; "
                    "only layers that take one tensor or one list of tensors can be compressed"
                )
            inputs = [tensors[each] for each in arguments[0]]
            is_list = isinstance(node["args"][0], list | tuple)
            outputs = _call(copies[layer.name], inputs if is_list else inputs[0], layer)
            for index, output in enumerate(outputs if isinstance(outputs, list | tuple) else [outputs]):
                tensors[layer.name, number, index] = output
    rebuilt = tf_keras.Model(
        [tensors[each] for each in _ends(config["input_layers"])],
        [tensors[each] for each in _ends(config["output_layers"])],
        name=model.name,
    )
    return _finish(model, rebuilt, copies)


def _rebuild_sequential(model: Any) -> Any:
    import tf_keras

    copies: dict[str, Any] = {}
    tensor = first = tf_keras.Input(tuple(model.inputs[0].shape[1:]), name=model.inputs[0].name)
    for layer in model.layers:
        copies[layer.name] = _copy_layer(layer)
        tensor = _call(copies[layer.name], tensor, layer)
    return _finish(model, tf_keras.Model(first, tensor, name=model.name), copies)


def _call(copy: Any, inputs: Any, layer: Any) -> Any:
    try:
        return copy(inputs)
    except Exception as error:  # whatever the layer raises
        raise ModelError(
            f"layer {layer.name} ({type(layer).__name__}) of this Keras 3 model does not work in tf_keras: "
            f"{str(error).splitlines()[0]}"
        ) from error


def _copy_layer(layer: Any) -> Any:
    import tf_keras

    name = type(layer).__name__
    kind = getattr(tf_keras.layers, name, None)
    if kind is None or not type(layer).__module__.startswith("keras."):
        raise ModelError(
            f"layer {layer.name} is a {name}, which tf_keras does not have, so the model cannot be compressed; "
            "replace it by a layer of Keras 2"
        )
    new_names = _RENAMED.get(name, {})
    # What is None is a setting that nobody used, and that tf_keras may not have.
    settings = {
        new_names.get(key, key): value
        for key, value in layer.get_config().items()
        if key not in _DROPPED and value is not None
    }
    try:
        return kind(**settings)
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"layer {layer.name} ({name}) of this Keras 3 model has settings that tf_keras does not know: {error}"
        ) from error


def _finish(model: Any, rebuilt: Any, copies: dict[str, Any]) -> Any:
    for layer in model.layers:
        if layer.name not in copies:
            continue
        try:
            copies[layer.name].set_weights(layer.get_weights())
        except ValueError as error:
            raise ModelError(
                f"layer {layer.name} ({type(layer).__name__}) has other weights in tf_keras: {error}"
            ) from error
    _require_equal(model, rebuilt, copies)
    return rebuilt


def _require_equal(model: Any, rebuilt: Any, copies: dict[str, Any]) -> None:
    import keras
    import tf_keras

    rng = np.random.default_rng(0)
    drawn = [rng.uniform(-1, 1, (4, *each.shape[1:])).astype(np.float32) for each in model.inputs]
    samples = drawn[0] if len(drawn) == 1 else drawn
    if _differ(model.predict(samples, verbose=0), rebuilt.predict(samples, verbose=0)):
        # Find the first layer that does, for somebody who has to do something about it.
        for layer in model.layers:
            if layer.name not in copies:
                continue
            one = keras.Model(model.inputs, layer.output).predict(samples, verbose=0)
            other = tf_keras.Model(rebuilt.inputs, copies[layer.name].output).predict(samples, verbose=0)
            if _differ(one, other):
                raise ModelError(
                    f"layer {layer.name} ({type(layer).__name__}) computes something else in tf_keras than in "
                    "Keras 3, so the model cannot be compressed; replace it"
                )
        raise ModelError("the model computes something else in tf_keras than in Keras 3")


def _differ(one: Any, other: Any) -> bool:
    pairs = zip(one, other, strict=True) if isinstance(one, list) else [(one, other)]
    return any(
        not np.allclose(a, b, rtol=_TOLERANCE, atol=_TOLERANCE * max(1.0, float(np.abs(a).max())))
        for a, b in pairs
    )


def _histories(argument: Any) -> list[tuple[str, int, int]]:
    """The tensors in one serialized argument of a call."""
    items = argument if isinstance(argument, list | tuple) else [argument]
    found = []
    for item in items:
        history = item.get("config", {}).get("keras_history") if isinstance(item, dict) else None
        if history is None:
            raise ModelError(
                "a layer of this Keras 3 model is called with a value that is no tensor; only plain layer graphs "
                "can be compressed"
            )
        found.append((history[0], history[1], history[2]))
    return found


def _ends(layers: Any) -> list[tuple[str, int, int]]:
    """`['name', 0, 0]` for a single end, or a list of those."""
    items = [layers] if layers and isinstance(layers[0], str) else layers
    return [(item[0], item[1], item[2]) for item in items]
