"""What techniques need to know of Keras layers."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
_PREFIXES = ("prune_low_magnitude_", "cluster_", "quant_")


def kernel_of(layer: Any) -> Array | None:
    """The layer's kernel as it is, or None: (height, width, in, out), (in, out), depthwise (height, width, in, 1)."""
    import tf_keras

    kinds = tf_keras.layers
    inner = getattr(layer, "layer", layer)
    if isinstance(inner, kinds.DepthwiseConv2D | kinds.DepthwiseConv1D):
        return np.asarray(inner.depthwise_kernel)
    if isinstance(inner, kinds.Conv1D | kinds.Conv2D | kinds.Conv2DTranspose | kinds.Dense):
        return np.asarray(inner.kernel)
    return None


def is_depthwise(layer: Any) -> bool:
    import tf_keras

    inner = getattr(layer, "layer", layer)
    return isinstance(inner, tf_keras.layers.DepthwiseConv2D | tf_keras.layers.DepthwiseConv1D)


def kernels_of(model: Any, min_weights: int = 0, depthwise: bool = True) -> list[tuple[Any, Array]]:
    """Every layer with a kernel of at least `min_weights` elements, with that kernel, in the model's order."""
    found = []
    for layer in model.layers:
        kernel = kernel_of(layer)
        if kernel is not None and kernel.size >= min_weights and (depthwise or not is_depthwise(layer)):
            found.append((layer, kernel))
    return found


def restore_names(model: Any) -> Any:
    """The model with its layers named as before tfmot wrapped them, so that later stages find them again."""
    for layer in model.layers:
        name = layer.name
        for prefix in _PREFIXES:
            name = name.removeprefix(prefix)
        layer._name = name
    return model
