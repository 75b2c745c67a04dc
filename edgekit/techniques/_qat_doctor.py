"""Rewrites what tfmot's quantization-aware training refuses into layers that it takes, with equal outputs.

- One-dimensional layers become two-dimensional ones of height 1: (time, channels) is (1, time, channels).
- BatchNormalization that does not follow a convolution or dense layer, as in pre-activation networks, cannot be
  folded; it becomes the depthwise 1x1 convolution that it is at inference.
- Rescaling becomes such a convolution, too, with fixed weights: folded into the next kernel, 1/255 would leave it
  weights too small for the optimizer's steps.
- Nested models are unfolded.

What is left that tfmot does not know is refused by name, with what to do.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.techniques import _one_dimensional as one_dimensional

Array = np.ndarray[Any, Any]
_FOLDS = ("Conv2D", "DepthwiseConv2D", "SeparableConv2D", "SeparableConv1D", "Dense")
_KNOWN_BESIDES = ("InputLayer", "BatchNormalization", "SeparableConv1D", "SeparableConv2D")
_FIXES = {
    "LSTM": "use Conv1D layers, or quantize_int8, which quantizes it after training",
    "GRU": "use Conv1D layers, or quantize_dynamic",
    "PReLU": "use ReLU or LeakyReLU",
    "LayerNormalization": "use BatchNormalization",
    "Normalization": "normalize the data instead, or use Rescaling",
    "Multiply": "leave the squeeze-and-excitation block out, or use quantize_int8",
    "Lambda": "write it with Keras layers",
    "TFOpLambda": "write it with Keras layers, such as Add, ReLU or Reshape",
}
_NUM_CHECKED = 16


@dataclass(frozen=True, eq=False)
class _Value:
    """A tensor of the new model; `lifted`: it has a height of 1 that the old one had not."""

    tensor: Any
    lifted: bool = False


def make_quantizable(model: Any, samples: Array) -> tuple[Any, list[str]]:
    """The model as tfmot takes it, itself if it does already, and what was changed, a sentence each.

    `samples`: some inputs, (samples, …), on which the outputs are compared.

    Raises:
        RecipeError: a layer cannot be had in quantization-aware training; says which and what to do.
    """
    import tf_keras

    rewriter = _Rewriter()
    inputs = [tf_keras.Input(batch_shape=each.shape, name=each.name) for each in model.inputs]
    outputs = rewriter.unfold(model, [_Value(each) for each in inputs])
    rewritten = tf_keras.Model(inputs, outputs if len(outputs) > 1 else outputs[0], name=model.name)
    result = rewritten if rewriter.changes else model
    require_known_layers(result)
    if rewriter.changes:
        _require_equal(model, rewritten, samples[:_NUM_CHECKED])
    return result, rewriter.changes


def require_known_layers(model: Any) -> None:
    """Raises RecipeError if tfmot has no way to quantize one of the layers."""
    from tensorflow_model_optimization.python.core.quantization.keras.default_8bit import (
        default_8bit_quantize_registry,
    )

    registry = default_8bit_quantize_registry.Default8BitQuantizeRegistry()
    for layer in model.layers:
        kind = type(layer).__name__
        if kind in _KNOWN_BESIDES or registry.supports(layer):
            continue
        fix = _FIXES.get(kind, "replace it by layers such as Conv2D, Dense and ReLU, or use quantize_int8")
        raise RecipeError(
            f"quantization-aware training knows no layer of type {kind}, such as {layer.name!r}; {fix}"
        )


class _Rewriter:
    """Builds a model anew, layer by layer; a layer that is used twice is made once."""

    def __init__(self) -> None:
        self.changes: list[str] = []
        self._made: dict[tuple[int, str], Any] = {}
        self._names: set[str] = set()

    def unfold(self, model: Any, inputs: list[_Value]) -> list[Any]:
        values = {id(old): new for old, new in zip(model.inputs, inputs, strict=True)}
        consumers = Counter(id(each) for each in model.outputs)
        nodes = [
            node
            for depth in sorted(model._nodes_by_depth, reverse=True)
            for node in model._nodes_by_depth[depth]
        ]
        for node in nodes:
            consumers.update(id(each) for each in node.keras_inputs)
        for node in nodes:
            if node.is_input:
                continue
            taken = [values[id(each)] for each in node.keras_inputs]
            is_only_user = all(consumers[id(each)] == 1 for each in node.keras_inputs)
            made = self._call(node, taken, is_only_user)
            old = node.outputs if isinstance(node.outputs, list | tuple) else [node.outputs]
            values.update({id(before): after for before, after in zip(old, made, strict=True)})
        return [self._lower(values[id(each)]).tensor for each in model.outputs]

    def _call(self, node: Any, taken: list[_Value], is_only_user: bool) -> list[_Value]:
        layer = node.layer
        kind = type(layer).__name__
        if hasattr(layer, "_nodes_by_depth"):
            self.changes.append(f"{layer.name}: its layers became the model's own")
            return [_Value(each) for each in self.unfold(layer, [self._lower(each) for each in taken])]
        if kind == "Rescaling":
            return [self._rescale(layer, taken[0])]
        if kind == "BatchNormalization" and not _is_folded(taken[0].tensor, is_only_user):
            return [self._normalize(layer, taken[0])]
        is_lifted = any(each.lifted for each in taken)
        if kind in one_dimensional.STARTS or (is_lifted and kind in one_dimensional.LAYERS):
            lifted = [self._lift(each) for each in taken]
            return [self._replace(layer, kind, lifted[0].tensor)]
        if is_lifted and one_dimensional.is_indifferent(layer):
            lifted = [self._lift(each) for each in taken]
            config = one_dimensional.lifted_config(layer)
            return [_Value(self._copy(layer, config, node, lifted), lifted=kind != "Flatten")]
        lowered = [self._lower(each) for each in taken]
        return [_Value(each) for each in _as_list(self._copy(layer, layer.get_config(), node, lowered))]

    def _copy(self, layer: Any, config: dict[str, Any], node: Any, taken: list[_Value]) -> Any:
        made = self._once(layer, "", lambda: type(layer).from_config({**config, "name": self._name(layer)}))
        tensors = [each.tensor for each in taken]
        output = made(tensors if len(tensors) > 1 else tensors[0], **node.call_kwargs)
        made.set_weights(layer.get_weights())
        return output

    def _replace(self, layer: Any, kind: str, tensor: Any) -> _Value:
        """The two-dimensional layer in place of the one-dimensional one."""
        if getattr(layer, "data_format", "channels_last") != "channels_last":
            raise RecipeError(f"layer {layer.name} has its channels first; use channels_last")
        replacement = one_dimensional.LAYERS[kind](layer)
        if replacement.pad is not None:
            tensor = self._once(layer, "pad", lambda: replacement.pad)(tensor)
        made = self._once(layer, "", lambda: replacement.make(self._name(layer)))
        output = made(tensor)
        made.set_weights(replacement.weights)
        self.changes.append(f"{layer.name}: {kind} became {type(made).__name__} of height 1")
        return _Value(output, lifted=replacement.stays_lifted)

    def _rescale(self, layer: Any, taken: _Value) -> _Value:
        num_channels = int(taken.tensor.shape[-1])
        scale = np.broadcast_to(np.asarray(layer.scale, np.float32), num_channels)
        offset = np.broadcast_to(np.asarray(layer.offset, np.float32), num_channels)
        self.changes.append(f"{layer.name}: Rescaling became a depthwise 1x1 convolution with fixed weights")
        return self._affine(layer, taken, scale, offset, trainable=False)

    def _normalize(self, layer: Any, taken: _Value) -> _Value:
        rank = len(layer.input_shape)
        axes = [axis % rank for axis in np.atleast_1d(layer.axis).tolist()]
        if axes != [rank - 1]:
            raise RecipeError(
                f"BatchNormalization {layer.name!r} is over axis {axes}; expected the channels, the last one"
            )
        mean, variance = layer.moving_mean.numpy(), layer.moving_variance.numpy()
        gamma = layer.gamma.numpy() if layer.scale else np.ones_like(mean)
        beta = layer.beta.numpy() if layer.center else np.zeros_like(mean)
        factor = gamma / np.sqrt(variance + layer.epsilon)
        self.changes.append(
            f"{layer.name}: BatchNormalization without a convolution in front became a depthwise 1x1 convolution"
        )
        return self._affine(layer, taken, factor, beta - mean * factor, trainable=True)

    def _affine(self, layer: Any, taken: _Value, factor: Array, offset: Array, trainable: bool) -> _Value:
        """x · factor + offset for each channel, as a convolution; vectors are pictures of one pixel."""
        import tf_keras

        rank = len(taken.tensor.shape)
        if rank == 3:
            taken = self._lift(taken)
        elif rank == 2:
            taken = _Value(tf_keras.layers.Reshape((1, 1, int(taken.tensor.shape[-1])))(taken.tensor))
        elif rank != 4:
            raise RecipeError(f"layer {layer.name} has an input of {rank} axes; expected 2, 3 or 4")
        made = self._once(
            layer, "", lambda: tf_keras.layers.DepthwiseConv2D(1, name=self._name(layer), trainable=trainable)
        )
        tensor = made(taken.tensor)
        made.set_weights([factor.reshape(1, 1, -1, 1), offset])
        if rank == 2:
            tensor = tf_keras.layers.Reshape((int(tensor.shape[-1]),))(tensor)
        return _Value(tensor, taken.lifted)

    def _lift(self, value: _Value) -> _Value:
        import tf_keras

        if value.lifted:
            return value
        shape = value.tensor.shape[1:]
        if any(size is None for size in shape):
            raise RecipeError(
                "a one-dimensional layer has an input of open length; expected a fixed number of time steps"
            )
        return _Value(tf_keras.layers.Reshape((1, *shape))(value.tensor), lifted=True)

    def _lower(self, value: _Value) -> _Value:
        import tf_keras

        if not value.lifted:
            return value
        return _Value(tf_keras.layers.Reshape(value.tensor.shape[2:])(value.tensor))

    def _once(self, layer: Any, part: str, make: Any) -> Any:
        key = (id(layer), part)
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _name(self, layer: Any) -> str:
        name, number = layer.name, 1
        while name in self._names:
            number += 1
            name = f"{layer.name}_{number}"
        self._names.add(name)
        return str(name)


def _is_folded(tensor: Any, is_only_user: bool) -> bool:
    """Does tfmot fold a batch normalization of this tensor into the layer that made it?"""
    layer = tensor._keras_history.layer
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    return is_only_user and type(layer).__name__ in _FOLDS and activation == "linear"


def _as_list(outputs: Any) -> list[Any]:
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]


def _require_equal(before: Any, after: Any, samples: Array) -> None:
    # Called, not `predict`: for a few samples, tracing takes longer than all else.
    expected, found = (np.asarray(each(samples)) for each in (before, after))
    difference = float(np.abs(expected - found).max())
    if not difference <= 1e-4 * max(1.0, float(np.abs(expected).max())):
        raise RecipeError(
            f"the model rewritten for quantization-aware training differs from the original by {difference:g}; "
            "expected equal outputs; use quantize_int8"
        )
