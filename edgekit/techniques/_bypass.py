"""Stretches of a Keras graph that can be left out because what goes in has the shape of what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edgekit.techniques._channels import flatten_outputs, graph_nodes

# What only adapts to the layer before it, so that it goes with that layer.
_FOLLOWERS = ("BatchNormalization", "Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "Dropout")


@dataclass(frozen=True, eq=False)
class Bypass:
    """`source` takes the place of `output`; then nothing needs `layers` any more, in the model's order."""

    output: Any
    source: Any
    layers: tuple[str, ...]


def find_bypasses(model: Any) -> list[Bypass]:
    """Every stretch that has weights and whose beginning can stand for its end.

    An addend may stand for the sum, which leaves out the other addend's branch: a residual block. A layer that
    changes no shape goes with the batch normalization and activation after it. The model's outputs stay.
    """
    nodes = [node for node in graph_nodes(model) if not node.is_input]
    users: dict[int, list[Any]] = {}
    for node in nodes:
        for tensor in node.keras_inputs:
            users.setdefault(id(tensor), []).append(node)
    ends = {id(tensor) for tensor in model.outputs}
    candidates: list[tuple[Any, Any]] = []
    for node in nodes:
        output = flatten_outputs(node)[0]
        if type(node.layer).__name__ == "Add" and len(node.keras_inputs) == 2:
            candidates += [(output, each) for each in node.keras_inputs]
        elif node.layer.weights and len(node.keras_inputs) == 1 and _kind(node) not in _FOLLOWERS:
            while id(output) not in ends and len(users[id(output)]) == 1:
                (after,) = users[id(output)]
                if _kind(after) not in _FOLLOWERS:
                    break
                output = flatten_outputs(after)[0]
            candidates.append((output, node.keras_inputs[0]))
    found = []
    for output, source in candidates:
        if id(output) in ends or tuple(output.shape) != tuple(source.shape):
            continue
        needed = {node.layer.name for node in _needed(model, output, source)}
        gone = [layer for layer in model.layers if layer.name not in needed and layer.weights]
        if gone:
            found.append(Bypass(output, source, tuple(layer.name for layer in gone)))
    return found


def apply_bypass(model: Any, chosen: Bypass) -> Any:
    """A new Functional model without `chosen.layers`, with the weights of the others."""
    import tf_keras

    inputs = [tf_keras.Input(batch_shape=tuple(each.shape), name=each.name) for each in model.inputs]
    values = {id(old): new for old, new in zip(model.inputs, inputs, strict=True)}
    layers: dict[str, Any] = {}

    def value(tensor: Any) -> Any:
        return values[id(chosen.source if tensor is chosen.output else tensor)]

    for node in _needed(model, chosen.output, chosen.source):
        if node.is_input:
            continue
        layer = node.layer
        if layer.name not in layers:
            layers[layer.name] = type(layer).from_config(layer.get_config())
        # It takes one value from the list for each time that the tensor is an argument.
        arguments = {str(id(each)): [value(each)] * len(node.keras_inputs) for each in node.keras_inputs}
        args, kwargs = node.map_arguments(arguments)
        made = layers[layer.name](*args, **kwargs)
        for old, new in zip(
            flatten_outputs(node), made if isinstance(made, list | tuple) else [made], strict=True
        ):
            values[id(old)] = new
    outputs = [value(each) for each in model.outputs]
    shorter = tf_keras.Model(inputs, outputs if len(outputs) > 1 else outputs[0], name=model.name)
    for name, layer in layers.items():
        layer.set_weights(model.get_layer(name).get_weights())
    return shorter


def _needed(model: Any, output: Any, source: Any) -> list[Any]:
    """The uses of layers that the model's outputs depend on once `source` stands for `output`, in order."""
    nodes = graph_nodes(model)
    wanted = {id(each) for each in model.outputs}
    kept = []
    for node in reversed(nodes):
        if not any(id(each) in wanted for each in flatten_outputs(node)):
            continue
        kept.append(node)
        wanted |= {id(source if each is output else each) for each in node.keras_inputs}
    return kept[::-1]


def _kind(node: Any) -> str:
    return type(node.layer).__name__
