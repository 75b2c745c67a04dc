"""A small convolutional network for signals, such as heartbeats or accelerations.

Convolutions are two-dimensional over (time, 1), which is what TFLite makes of one-dimensional ones and what
quantization-aware training knows.
"""

from __future__ import annotations

from typing import Any

from edgekit.architectures import scale_channels

# (channels, kernel, stride) of each block.
_BLOCKS = ((16, 7, 2), (32, 5, 2), (64, 3, 2), (64, 3, 1))


def build(input_shape: tuple[int, ...], num_classes: int, width: float = 1.0) -> Any:
    """`input_shape`: (time, channels)."""
    from tf_keras import Input, Model, layers

    inputs = Input(input_shape)
    x = layers.Reshape((input_shape[0], 1, input_shape[1]), name="as_image")(inputs)
    for number, (channels, kernel, stride) in enumerate(_BLOCKS, start=1):
        x = layers.Conv2D(
            scale_channels(channels, width),
            (kernel, 1),
            (stride, 1),
            padding="same",
            use_bias=False,
            name=f"conv{number}",
        )(x)
        x = layers.BatchNormalization(name=f"conv{number}_bn")(x)
        x = layers.ReLU(name=f"conv{number}_relu")(x)
    x = layers.AveragePooling2D(x.shape[1:3], name="pool")(x)
    x = layers.Flatten(name="flatten")(x)
    return Model(inputs, layers.Dense(num_classes, activation="softmax", name="classes")(x))
