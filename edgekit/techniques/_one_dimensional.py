"""One-dimensional Keras layers as two-dimensional ones of height 1: (time, channels) is (1, time, channels)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# tfmot does not know these; the others of LAYERS it does, so they change only among these.
STARTS = ("Conv1D", "DepthwiseConv1D", "MaxPooling1D", "UpSampling1D")
_INDIFFERENT = ("Activation", "ReLU", "LeakyReLU", "Softmax", "Dropout", "Add", "Dense", "Flatten")


@dataclass(frozen=True, eq=False)
class Replacement:
    """`make(name)` makes the layer, `weights` are for it, `pad` is to be called in front of it."""

    make: Callable[[str], Any]
    weights: list[Any] = field(default_factory=list)
    pad: Any = None
    stays_lifted: bool = True


def is_indifferent(layer: Any) -> bool:
    """Does the layer itself do the same to (1, time, channels) as to (time, channels)?"""
    kind = type(layer).__name__
    if kind in ("BatchNormalization", "Concatenate"):
        return True
    return kind in _INDIFFERENT and getattr(layer, "axis", -1) == -1


def lifted_config(layer: Any) -> dict[str, Any]:
    """The layer's configuration with its axes counted from the end, which lifting does not move."""
    config: dict[str, Any] = layer.get_config()
    if type(layer).__name__ in ("BatchNormalization", "Concatenate"):
        axis = int(np.atleast_1d(config["axis"])[0])
        config["axis"] = axis if axis < 0 else axis - len(np.atleast_2d(_first(layer.input_shape))[0])
    return config


def _first(shape: Any) -> Any:
    return shape[0] if isinstance(shape, list) else shape


def _conv(layer: Any) -> Replacement:
    import tf_keras

    config = _two_dimensional(layer, ("kernel_size", "strides", "dilation_rate"))
    pad = _causal(layer, config)
    weights = layer.get_weights()
    return Replacement(
        lambda name: tf_keras.layers.Conv2D.from_config({**config, "name": name}),
        [weights[0][np.newaxis], *weights[1:]],
        pad,
    )


def _depthwise(layer: Any) -> Replacement:
    import tf_keras

    config = _two_dimensional(layer, ("kernel_size", "dilation_rate"))
    # The two-dimensional layer wants equal strides, which do nothing along a height of 1.
    config["strides"] = tuple(layer.strides) * 2
    for name in ("filters", "kernel_initializer", "kernel_regularizer", "kernel_constraint", "groups"):
        config.pop(name, None)
    pad = _causal(layer, config)
    weights = layer.get_weights()
    return Replacement(
        lambda name: tf_keras.layers.DepthwiseConv2D.from_config({**config, "name": name}),
        [weights[0][np.newaxis], *weights[1:]],
        pad,
    )


def _two_dimensional(layer: Any, names: tuple[str, ...]) -> dict[str, Any]:
    config: dict[str, Any] = layer.get_config()
    for name in names:
        config[name] = (1, *config[name])
    return config


def _causal(layer: Any, config: dict[str, Any]) -> Any:
    """Causal padding is zeros in front, which two-dimensional layers do not know by that name."""
    import tf_keras

    if config["padding"] != "causal":
        return None
    config["padding"] = "valid"
    num_zeros = layer.dilation_rate[0] * (layer.kernel_size[0] - 1)
    return tf_keras.layers.ZeroPadding2D(((0, 0), (num_zeros, 0)), name=f"{layer.name}_pad")


def _pool(class_name: str) -> Callable[[Any], Replacement]:
    def replace(layer: Any) -> Replacement:
        import tf_keras

        kind = getattr(tf_keras.layers, class_name)
        size, stride = _single(layer.pool_size), _single(layer.strides)
        return Replacement(lambda name: kind((1, size), (1, stride), layer.padding, name=name))

    return replace


def _global_pool(class_name: str) -> Callable[[Any], Replacement]:
    def replace(layer: Any) -> Replacement:
        import tf_keras

        kind = getattr(tf_keras.layers, class_name)
        return Replacement(lambda name: kind(keepdims=layer.keepdims, name=name), stays_lifted=layer.keepdims)

    return replace


def _along_width(class_name: str, attribute: str, still: Any) -> Callable[[Any], Replacement]:
    """Padding, cropping and repetition: `still` is what leaves the height as it is."""

    def replace(layer: Any) -> Replacement:
        import tf_keras

        kind = getattr(tf_keras.layers, class_name)
        value = getattr(layer, attribute)
        along = value if isinstance(value, int) else tuple(value)
        return Replacement(lambda name: kind((still, along), name=name))

    return replace


def _spatial_dropout(layer: Any) -> Replacement:
    import tf_keras

    return Replacement(lambda name: tf_keras.layers.SpatialDropout2D(layer.rate, name=name))


def _single(value: Any) -> int:
    return int(value[0] if isinstance(value, list | tuple) else value)


LAYERS: dict[str, Callable[[Any], Replacement]] = {
    "Conv1D": _conv,
    "DepthwiseConv1D": _depthwise,
    "MaxPooling1D": _pool("MaxPooling2D"),
    "AveragePooling1D": _pool("AveragePooling2D"),
    "GlobalAveragePooling1D": _global_pool("GlobalAveragePooling2D"),
    "GlobalMaxPooling1D": _global_pool("GlobalMaxPooling2D"),
    "ZeroPadding1D": _along_width("ZeroPadding2D", "padding", (0, 0)),
    "Cropping1D": _along_width("Cropping2D", "cropping", (0, 0)),
    "UpSampling1D": _along_width("UpSampling2D", "size", 1),
    "SpatialDropout1D": _spatial_dropout,
}
