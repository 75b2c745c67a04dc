"""DS-CNN: one convolution and four depthwise-separable ones of 64 channels, for spectrograms.

Source: MLPerf Tiny, keyword spotting reference model (49x10 MFCCs), after Zhang et al., "Hello Edge: Keyword
Spotting on Microcontrollers", 2017; without the
biases that batch normalization makes void.
"""

from __future__ import annotations

from typing import Any

from edgekit.architectures import scale_channels

_NUM_BLOCKS = 4


def build(input_shape: tuple[int, ...], num_classes: int, width: float = 1.0) -> Any:
    """`input_shape`: (frames, coefficients, 1)."""
    from tf_keras import Input, Model, layers

    channels = scale_channels(64, width)

    def normalize(x: Any, name: str) -> Any:
        x = layers.BatchNormalization(name=f"{name}_bn")(x)
        return layers.ReLU(name=f"{name}_relu")(x)

    inputs = Input(input_shape)
    x = layers.Conv2D(channels, (10, 4), 2, padding="same", use_bias=False, name="stem")(inputs)
    x = layers.Dropout(0.2, name="stem_dropout")(normalize(x, "stem"))
    for number in range(1, _NUM_BLOCKS + 1):
        name = f"block{number}"
        x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name=f"{name}_depthwise")(x)
        x = normalize(x, f"{name}_depthwise")
        x = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_pointwise")(x)
        x = normalize(x, f"{name}_pointwise")
    x = layers.Dropout(0.4, name="dropout")(x)
    x = layers.AveragePooling2D(x.shape[1:3], name="pool")(x)
    x = layers.Flatten(name="flatten")(x)
    return Model(inputs, layers.Dense(num_classes, activation="softmax", name="classes")(x))
