"""Which channels of a Keras graph can only go together, and which slices of which weights go with them.

Every element along the last axis of every tensor has a number. A convolution gives its filters new ones, a
pooling passes them on, Add makes those that it adds equal, Concatenate puts them side by side, Flatten repeats
them. What is equal in the end is a *group*: its channels are removed everywhere or nowhere. What each layer
does is in _channel_rules.py; channels that meet a layer which is not there stay, and its name says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.techniques._channel_nouns import (
    OUT,
    STAYS,
    Activation,
    Array,
    Bundle,
    ChannelGraph,
    Cut,
    Kernel,
    Resize,
)


@dataclass(frozen=True, eq=False)
class Call:
    """A layer and the tensors of one use of it; `inputs` are the numbers along their last axes."""

    layer: Any
    inputs: tuple[Array, ...]
    input_shapes: tuple[tuple[int, ...], ...]
    output_shape: tuple[int, ...]

    @property
    def label(self) -> str:
        return f"layer {self.layer.name} ({type(self.layer).__name__})"


@dataclass(eq=False)
class Tracer:
    """What the rules tell the graph while it is walked; numbers are found equal by union–find."""

    parents: list[int] = field(default_factory=list)
    reasons: dict[int, str] = field(default_factory=dict)
    cuts: dict[tuple[str, str, int], tuple[str, Array]] = field(default_factory=dict)
    resizes: dict[tuple[str, str], tuple[tuple[int, ...] | None, Array]] = field(default_factory=dict)
    kernels: list[tuple[str, str, int, tuple[int, ...]]] = field(default_factory=list)
    uncounted: list[str] = field(default_factory=list)

    def number(self, count: int) -> Array:
        start = len(self.parents)
        self.parents.extend(range(start, start + count))
        return np.arange(start, start + count)

    def root(self, number: int) -> int:
        while self.parents[number] != number:
            self.parents[number] = self.parents[self.parents[number]]
            number = self.parents[number]
        return number

    def equate(self, one: Array, other: Array) -> None:
        for left, right in zip(one.ravel().tolist(), other.ravel().tolist(), strict=True):
            a, b = sorted((self.root(left), self.root(right)))
            self.parents[b] = a
            if b in self.reasons:
                self.reasons.setdefault(a, self.reasons.pop(b))

    def freeze(self, numbers: Array, reason: str) -> None:
        for number in numbers.ravel().tolist():
            self.reasons.setdefault(self.root(number), reason)

    def cut(self, layer: Any, attribute: str, axis: int, role: str, numbers: Array) -> None:
        """Does nothing if the layer has no such weight; a second use of the layer must mean the same channels."""
        if getattr(layer, attribute, None) is None:
            return
        _, before = self.cuts.setdefault((layer.name, attribute, axis), (role, numbers))
        self.equate(before, numbers)

    def resize(self, layer: Any, key: str, numbers: Array, lead: tuple[int, ...] | None = None) -> None:
        _, before = self.resizes.setdefault((layer.name, key), (lead, numbers))
        self.equate(before, numbers)

    def kernel(self, call: Call, attribute: str, positions: int, *output_axes: int) -> None:
        self.kernels.append((call.layer.name, attribute, positions, output_axes))


def analyze_channels(model: Any) -> ChannelGraph:
    """Follows the channels of a built Sequential or Functional tf_keras model.

    Raises:
        RecipeError: the model is not such a graph, has one within it, or an input of open size.
    """
    from edgekit.techniques._channel_rules import trace_call

    tracer, tensors = Tracer(), dict[int, Array]()
    seen: list[tuple[str, Any, bool, Array]] = []
    read: dict[str, Any] = {}
    for node in graph_nodes(model):
        outputs = flatten_outputs(node)
        if node.is_input:
            for tensor in outputs:
                tensors[id(tensor)] = tracer.number(_last(tensor, node.layer.name))
                tracer.freeze(tensors[id(tensor)], "they are the model's input")
            continue
        call = Call(
            node.layer,
            tuple(tensors[id(each)] for each in node.keras_inputs),
            tuple(_shape(each, node.layer.name) for each in node.keras_inputs),
            _shape(outputs[0], node.layer.name),
        )
        read.setdefault(node.layer.name, node.keras_inputs[0])
        numbers, rectified = trace_call(tracer, call)
        if numbers is None:
            if any(len(each.shape) > 1 for each in node.layer.weights):
                tracer.uncounted.append(node.layer.name)
            reason = f"they reach {call.label}, which channels cannot be followed through"
            for each in call.inputs:
                tracer.freeze(each, reason)
            for tensor in outputs:
                tensors[id(tensor)] = tracer.number(_last(tensor, node.layer.name))
                tracer.freeze(
                    tensors[id(tensor)], f"they come from {call.label}, which cannot be made smaller"
                )
            continue
        tensors[id(outputs[0])] = numbers
        seen.append((node.layer.name, outputs[0], rectified, numbers))
    for tensor in model.outputs:
        tracer.freeze(tensors[id(tensor)], "they are the model's output")
    return _collect(model, tracer, seen, read)


def graph_nodes(model: Any) -> list[Any]:
    """The uses of a model's layers, each after those that it needs.

    Raises:
        RecipeError: it is no graph of layers, or has a model within it.
    """
    import tf_keras

    by_depth = getattr(model, "_nodes_by_depth", None)
    if not by_depth:
        raise RecipeError(
            f"model {getattr(model, 'name', model)!r} is no graph of layers; expected a Sequential or Functional "
            "tf_keras model that is built: give it an Input"
        )
    for layer in model.layers:
        if isinstance(layer, tf_keras.Model):
            raise RecipeError(
                f"layer {layer.name} is a model within the model, which channels cannot be followed through; "
                "call its layers one by one instead"
            )
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]


def _collect(
    model: Any, tracer: Tracer, seen: Sequence[tuple[str, Any, bool, Array]], read: Mapping[str, Any]
) -> ChannelGraph:
    makers: dict[int, list[str]] = {}
    for (layer, _, _), (role, numbers) in tracer.cuts.items():
        if role == OUT:
            for root in dict.fromkeys(tracer.root(each) for each in numbers.tolist()):
                if layer not in makers.setdefault(root, []):
                    makers[root].append(layer)
    free = [root for root in makers if root not in tracer.reasons]
    index = {root: group for group, root in enumerate(free)}

    def groups(numbers: Array) -> Array:
        return np.array([index.get(tracer.root(each), STAYS) for each in numbers.tolist()], int)

    left = {}
    for root, reason in tracer.reasons.items():
        for layer in makers.get(root, ()):
            left[layer] = reason
    bundles: dict[tuple[str, ...], list[int]] = {}
    for root, group in index.items():
        bundles.setdefault(tuple(makers[root]), []).append(group)
    free_makers = {layer for producers in bundles for layer in producers}
    return ChannelGraph(
        len(free),
        tuple(
            Cut(layer, attribute, _position(model, layer, attribute), axis, role, groups(numbers))
            for (layer, attribute, axis), (role, numbers) in tracer.cuts.items()
        ),
        tuple(
            Resize(layer, key, lead, groups(each)) for (layer, key), (lead, each) in tracer.resizes.items()
        ),
        tuple(Activation(layer, tensor, rectified, groups(each)) for layer, tensor, rectified, each in seen),
        tuple(
            Kernel(
                layer,
                _position(model, layer, attribute),
                tuple(getattr(model.get_layer(layer), attribute).shape),
                positions,
                axes,
            )
            for layer, attribute, positions, axes in tracer.kernels
        ),
        tuple(Bundle(producers, tuple(members)) for producers, members in bundles.items()),
        {layer: reason for layer, reason in left.items() if layer not in free_makers},
        tuple(tracer.uncounted),
        read,
    )


def _position(model: Any, layer: str, attribute: str) -> int:
    found = model.get_layer(layer)
    variable = getattr(found, attribute)
    return next(index for index, each in enumerate(found.weights) if each is variable)


def flatten_outputs(node: Any) -> list[Any]:
    """The tensors that a use of a layer makes."""
    return list(node.outputs) if isinstance(node.outputs, list | tuple) else [node.outputs]


def _shape(tensor: Any, layer: str) -> tuple[int, ...]:
    """Without the batch axis."""
    shape = tuple(tensor.shape)[1:]
    if None in shape:
        raise RecipeError(
            f"layer {layer} has a tensor of open size {shape}; expected fixed sizes: give the model's Input all of them"
        )
    return shape


def _last(tensor: Any, layer: str) -> int:
    shape = _shape(tensor, layer)
    return int(shape[-1]) if shape else 1
