"""MobileNetV1 with a quarter of its channels: 13 depthwise-separable convolutions.

Source: MLPerf Tiny, visual wake words reference model (96x96x3), after Howard et al., "MobileNets: Efficient
Convolutional Neural Networks for Mobile Vision Applications", 2017, table 1; without the
biases that batch normalization makes void.
"""

from __future__ import annotations

from typing import Any

from edgekit.architectures import scale_channels

_MULTIPLIER = 0.25
# (channels, stride) of each block.
_BLOCKS = (
    *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
    *(((512, 1),) * 5),
    *((1024, 2), (1024, 1)),
)


def build(input_shape: tuple[int, ...], num_classes: int, width: float = 1.0) -> Any:
    """`input_shape`: (height, width, channels), at least 32 pixels each way."""
    from tf_keras import Input, Model, layers

    def normalize(x: Any, name: str) -> Any:
        x = layers.BatchNormalization(name=f"{name}_bn")(x)
        return layers.ReLU(name=f"{name}_relu")(x)

    def scale(channels: int) -> int:
        return scale_channels(channels, _MULTIPLIER * width)

    inputs = Input(input_shape)
    x = layers.Conv2D(scale(32), 3, 2, padding="same", use_bias=False, name="stem")(inputs)
    x = normalize(x, "stem")
    for number, (channels, stride) in enumerate(_BLOCKS, start=1):
        name = f"block{number}"
        x = layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False, name=f"{name}_depthwise")(x)
        x = normalize(x, f"{name}_depthwise")
        x = layers.Conv2D(scale(channels), 1, use_bias=False, name=f"{name}_pointwise")(x)
        x = normalize(x, f"{name}_pointwise")
    x = layers.AveragePooling2D(x.shape[1:3], name="pool")(x)
    x = layers.Flatten(name="flatten")(x)
    return Model(inputs, layers.Dense(num_classes, activation="softmax", name="classes")(x))
