"""Which channels of a Keras graph can only go together, and which slices of which weights go with them.

Every element along the last axis of every tensor has a number. A convolution gives its filters new ones, a
pooling passes them on, Add makes those that it adds equal, Concatenate puts them side by side, Flatten repeats
them. What is equal in the end is a *group*: its channels are removed everywhere or nowhere. What each layer
does is in _channel_rules.py; channels that meet a layer which is not there stay, and its name says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgekit.errors import RecipeError

Array = np.ndarray[Any, Any]
OUT, IN, ALONG = "out", "in", "along"
STAYS = -1


@dataclass(frozen=True, eq=False)
class Cut:
    """One axis of one weight: `groups[i]` is the group of its i-th slice, or STAYS.

    `weight` is the position in `layer.get_weights()`. `role`: OUT for what makes the channels, IN for what reads
    them, ALONG for what belongs to channels that pass through (BatchNormalization, depthwise kernels).
    """

    layer: str
    attribute: str
    weight: int
    axis: int
    role: str
    groups: Array


@dataclass(frozen=True, eq=False)
class Resize:
    """A field of a layer's configuration that counts channels; `lead` goes before it in a target shape."""

    layer: str
    key: str
    lead: tuple[int, ...] | None
    groups: Array


@dataclass(frozen=True, eq=False)
class Activation:
    """A tensor on the way; `source` made its channels or passed them on."""

    source: str
    tensor: Any
    rectified: bool
    groups: Array


@dataclass(frozen=True, eq=False)
class Kernel:
    """A weight that is multiplied into the input at `positions` places; `output_axes` have its output channels."""

    layer: str
    weight: int
    shape: tuple[int, ...]
    positions: int
    output_axes: tuple[int, ...]


@dataclass(frozen=True)
class Bundle:
    """Groups that the same layers make, so that they compete with each other; `groups` are their numbers."""

    producers: tuple[str, ...]
    groups: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class ChannelGraph:
    """`left`: layers none of whose channels can go, with the reason; `uncounted`: those whose work is unknown.

    `inputs`: the tensor that each layer reads where it is first used.
    """

    num_groups: int
    cuts: tuple[Cut, ...]
    resizes: tuple[Resize, ...]
    activations: tuple[Activation, ...]
    kernels: tuple[Kernel, ...]
    bundles: tuple[Bundle, ...]
    left: Mapping[str, str]
    uncounted: tuple[str, ...]
    inputs: Mapping[str, Any]

    def cuts_of(self, layer: str, *roles: str) -> Iterator[Cut]:
        return (each for each in self.cuts if each.layer == layer and (not roles or each.role in roles))

    def kernel_cuts(self, role: str) -> Iterator[Cut]:
        """The cuts of weights that are multiplied with the input, not of biases and the like."""
        kernels = {(each.layer, each.weight) for each in self.kernels}
        return (each for each in self.cuts if each.role == role and (each.layer, each.weight) in kernels)

    def num_channels(self, removed: Array) -> dict[str, int]:
        """How many output channels each layer that can lose some has without the `removed` groups (bool)."""
        counts = {}
        for cut in self.kernel_cuts(OUT):
            counts[cut.layer] = int(is_kept(cut.groups, removed).sum())
        return counts


def is_kept(groups: Array, removed: Array) -> Array:
    """Which slices stay, bool; `removed` (num_groups,) bool."""
    kept: Array = ~np.append(removed, False)[groups]  # STAYS is the last index
    return kept


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
        outputs = _flatten(node.outputs)
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


def _flatten(outputs: Any) -> list[Any]:
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]


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
