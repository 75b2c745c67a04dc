"""Puts binarized layers into a model, with BatchNormalization where they need it.

The sign of an activation tells something only if about half of them are negative, so what enters a layer with
binary inputs has to come from a BatchNormalization; a ReLU between the two is left out where nobody else needs
it. What leaves such a layer is a sum of ±1 of any size, so a BatchNormalization follows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_BN_MOMENTUM = 0.9


def rebuild(model: Any, names: frozenset[str], make: Callable[[Any], Any], signs_inputs: bool) -> Any:
    """A copy of `model` with `make(layer)` in place of the layers in `names`; weights are taken along.

    `make` returns a layer without activation that has the same weights; a convolution for a Dense if
    `signs_inputs`, since there is no binarized operator for dense layers.
    """
    import tf_keras

    graph = _Graph(model, names if signs_inputs else frozenset())
    copies: dict[str, Any] = {}
    counts = model._tensor_usage_count
    tensors: dict[str, list[Any]] = {}
    inputs = []
    for tensor in model.inputs:
        inputs.append(tf_keras.Input(tensor.shape[1:], name=tensor._keras_history.layer.name))
        tensors[str(id(tensor))] = [inputs[-1]] * counts[str(id(tensor))]
    for node in graph.nodes:
        arguments, options = node.map_arguments(tensors)
        layer = node.layer
        if layer.name in names:
            copy = copies.setdefault(layer.name, make(layer))
            result = _apply(graph, node, copy, arguments[0])
        elif graph.is_dropped(node):
            result = arguments[0]
        else:
            copy = copies.setdefault(layer.name, _copy(layer))
            result = copy(*arguments, **options)
        found = result if isinstance(result, list | tuple) else [result]
        for old, new in zip(_as_list(node.outputs), found, strict=True):
            tensors[str(id(old))] = [new] * counts[str(id(old))]
    outputs = [tensors[str(id(each))].pop() for each in model.outputs]
    rebuilt = tf_keras.Model(inputs, outputs, name=model.name)
    for name, copy in copies.items():
        weights = model.get_layer(name).get_weights()
        copy.set_weights([value.reshape(own.shape) for value, own in zip(weights, copy.weights, strict=True)])
    return rebuilt


def _apply(graph: _Graph, node: Any, copy: Any, x: Any) -> Any:
    from tf_keras import layers

    layer = node.layer
    if graph.signs_inputs and not graph.is_centred(node.keras_inputs[0]):
        x = layers.BatchNormalization(momentum=_BN_MOMENTUM, name=f"{layer.name}_centre")(x)
    if isinstance(layer, layers.Dense) and not isinstance(copy, layers.Dense):
        x = layers.Reshape((1, 1, x.shape[-1]), name=f"{layer.name}_pixel")(x)
        x = copy(x)
        x = layers.Reshape((layer.units,), name=f"{layer.name}_vector")(x)
    else:
        x = copy(x)
    if not graph.feeds_normalization(node):
        x = layers.BatchNormalization(momentum=_BN_MOMENTUM, name=f"{layer.name}_scale")(x)
    if _has_activation(layer) and not graph.is_dropped(node):
        x = layers.Activation(layer.activation, name=f"{layer.name}_activation")(x)
    return x


def _copy(layer: Any) -> Any:
    config = layer.get_config()
    # Binarization changes all ranges; with a momentum of 0.99 the averages would follow too slowly.
    if "momentum" in config and "moving_mean_initializer" in config:
        config["momentum"] = min(config["momentum"], _BN_MOMENTUM)
    return type(layer).from_config(config)


class _Graph:
    """Questions about the nodes of a Keras model; `signed` are the layers that will take signs only."""

    def __init__(self, model: Any, signed: frozenset[str]) -> None:
        import tf_keras

        kinds = tf_keras.layers
        # Whether the sign is taken before or after these makes no difference to what enters the next layer.
        self._passing = (kinds.MaxPooling2D, kinds.Flatten, kinds.Reshape, kinds.Dropout)
        self._normalizing = kinds.BatchNormalization
        self._relu, self._activation, self._input = kinds.ReLU, kinds.Activation, kinds.InputLayer
        by_depth = model._nodes_by_depth
        self.nodes = [
            node
            for depth in sorted(by_depth, reverse=True)
            for node in by_depth[depth]
            if not isinstance(node.layer, self._input)
        ]
        self.signs_inputs = bool(signed)
        self._signed = signed
        self._outputs = {id(each) for each in model.outputs}
        self._maker = {id(out): node for node in self.nodes for out in _as_list(node.outputs)}
        self._users: dict[int, list[Any]] = {}
        for node in self.nodes:
            for tensor in node.keras_inputs:
                self._users.setdefault(id(tensor), []).append(node)

    def is_dropped(self, node: Any) -> bool:
        """Is this a ReLU, or a binarized layer's own, that only stands between a normalization and signs?"""
        if not self.signs_inputs or not self._only_signed_use(node):
            return False
        if node.layer.name in self._signed:
            return True
        if not self._is_relu(node.layer):
            return False
        return self.is_centred(node.keras_inputs[0])

    def is_centred(self, tensor: Any) -> bool:
        """Does it come from a normalization without anything in between that makes it one-sided?"""
        node = self._maker.get(id(tensor))
        if node is None:
            return False
        if isinstance(node.layer, self._normalizing):
            return True
        if node.layer.name in self._signed:
            return not _has_activation(node.layer) or self.is_dropped(node)
        if isinstance(node.layer, self._passing) or self.is_dropped(node):
            return self.is_centred(node.keras_inputs[0])
        return False

    def feeds_normalization(self, node: Any) -> bool:
        users = self._users.get(id(node.outputs), [])
        is_linear = not _has_activation(node.layer)
        return is_linear and bool(users) and all(isinstance(each.layer, self._normalizing) for each in users)

    def _only_signed_use(self, node: Any) -> bool:
        if id(node.outputs) in self._outputs:
            return False
        users = self._users.get(id(node.outputs), [])
        return bool(users) and all(
            each.layer.name in self._signed
            or (isinstance(each.layer, self._passing) and self._only_signed_use(each))
            for each in users
        )

    def _is_relu(self, layer: Any) -> bool:
        if isinstance(layer, self._activation):
            return bool(layer.activation.__name__ in ("relu", "relu6"))
        return isinstance(layer, self._relu)


def _has_activation(layer: Any) -> bool:
    activation = getattr(layer, "activation", None)
    return activation is not None and activation.__name__ != "linear"


def _as_list(outputs: Any) -> list[Any]:
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]
