"""A small convolutional network for small images: one of each layer that larger ones are made of."""

from __future__ import annotations

from typing import Any

from edgekit.architectures import scale_channels


def build(input_shape: tuple[int, ...], num_classes: int, width: float = 1.0) -> Any:
    """Conv 16 → depthwise → pointwise 32 → conv 32 with stride 2 → dense; `input_shape`: (height, width, channels)."""
    from tf_keras import Input, Model, layers

    narrow, wide = scale_channels(16, width), scale_channels(32, width)
    x = inputs = Input(input_shape)
    for name, layer in (
        ("conv1", layers.Conv2D(narrow, 3, padding="same", use_bias=False, name="conv1")),
        ("depthwise", layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="depthwise")),
        ("pointwise", layers.Conv2D(wide, 1, use_bias=False, name="pointwise")),
        ("conv2", layers.Conv2D(wide, 3, 2, padding="same", use_bias=False, name="conv2")),
    ):
        x = layers.BatchNormalization(name=f"{name}_bn")(layer(x))
        x = layers.ReLU(name=f"{name}_relu")(x)
    x = layers.Flatten(name="flatten")(x)
    return Model(inputs, layers.Dense(num_classes, activation="softmax", name="classes")(x))
