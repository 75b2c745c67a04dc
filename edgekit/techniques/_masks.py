"""Kernels of which some weights are held at zero while the rest is trained.

tfmot chooses its masks anew while it trains; here they stay until they are chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from edgekit.techniques._layers import Array, is_depthwise, kernel_of


def mask_kernels(model: Any, kernels: Iterable[tuple[Any, Array]], fresh: bool = False) -> Any:
    """A copy in which the `kernels` (layers of `model` with theirs) can be masked; what is zero already stays so.

    A `fresh` copy has new weights from the layers' initializers, but for layers that are not trained: those keep
    theirs, as a Normalization keeps its statistics.
    """
    import tensorflow as tf
    import tf_keras

    shapes = {layer.name: kernel.shape for layer, kernel in kernels}

    class Masked(tf_keras.constraints.Constraint):  # type: ignore[misc]
        """The optimizer applies it after each step, inside the compiled step."""

        def __init__(self, shape: tuple[int, ...], inner: Any) -> None:
            self.mask, self.inner = tf.Variable(tf.ones(shape), trainable=False), inner

        def __call__(self, kernel: Any) -> Any:
            return (kernel if self.inner is None else self.inner(kernel)) * self.mask

    def copy(layer: Any) -> Any:
        copied = type(layer).from_config(layer.get_config())
        if layer.name in shapes:
            attribute = _attribute(layer)
            setattr(copied, attribute, Masked(shapes[layer.name], getattr(copied, attribute)))
        return copied

    masked = tf_keras.models.clone_model(model, clone_function=copy)
    for layer in model.layers:
        if not (fresh and layer.trainable_weights):
            masked.get_layer(layer.name).set_weights(layer.get_weights())
    set_masks(masked, [kernel != 0 for kernel in masked_kernels(masked)])
    return masked


def unmask_kernels(model: Any) -> Any:
    """A copy with the layers as they were before `mask_kernels`, and the weights as they are."""
    import tf_keras

    def copy(layer: Any) -> Any:
        config = layer.get_config()
        if _mask_of(layer) is not None:
            attribute = _attribute(layer)
            config[attribute] = getattr(layer, attribute).inner
        return type(layer).from_config(config)

    plain = tf_keras.models.clone_model(model, clone_function=copy)
    plain.set_weights(model.get_weights())
    return plain


def masked_kernels(model: Any) -> list[Array]:
    """The kernels that can be masked, as they are, in the model's order."""
    kernels = (kernel_of(layer) for layer in model.layers if _mask_of(layer) is not None)
    return [each for each in kernels if each is not None]


def masks(model: Any) -> list[Array]:
    """Their masks, True for what is trained."""
    found = (_mask_of(layer) for layer in model.layers)
    return [each.numpy() > 0 for each in found if each is not None]


def set_masks(model: Any, chosen: Sequence[Array]) -> None:
    """Puts weights to zero, and holds them there, where `chosen` (in the order of `masked_kernels`) is False."""
    layers = [layer for layer in model.layers if _mask_of(layer) is not None]
    for layer, mask in zip(layers, chosen, strict=True):
        _mask_of(layer).assign(mask.astype(np.float32))
        kernel = layer.depthwise_kernel if is_depthwise(layer) else layer.kernel
        kernel.assign(np.where(mask, kernel.numpy(), 0.0))


def _attribute(layer: Any) -> str:
    return "depthwise_constraint" if is_depthwise(layer) else "kernel_constraint"


def _mask_of(layer: Any) -> Any:
    return getattr(getattr(layer, _attribute(layer), None), "mask", None)
