"""ResNet8: a stem and three residual stacks of 16, 32 and 64 channels.

Source: MLPerf Tiny, image classification reference model (32x32x3), after He et al., "Deep Residual Learning for
Image Recognition", CVPR 2016; without the biases that batch normalization makes void.
"""

from __future__ import annotations

from typing import Any

from edgekit.architectures import scale_channels

_CHANNELS = (16, 32, 64)


def build(input_shape: tuple[int, ...], num_classes: int, width: float = 1.0) -> Any:
    """`input_shape`: (height, width, channels), at least 8 pixels each way."""
    from tf_keras import Input, Model, layers

    def convolve(x: Any, channels: int, kernel: int, stride: int, name: str) -> Any:
        x = layers.Conv2D(channels, kernel, stride, padding="same", use_bias=False, name=name)(x)
        return layers.BatchNormalization(name=f"{name}_bn")(x)

    channels = [scale_channels(each, width) for each in _CHANNELS]
    inputs = Input(input_shape)
    x = layers.ReLU(name="stem_relu")(convolve(inputs, channels[0], 3, 1, "stem"))
    for number, size in enumerate(channels, start=1):
        stride = 1 if number == 1 else 2
        name = f"stack{number}"
        y = layers.ReLU(name=f"{name}_relu1")(convolve(x, size, 3, stride, f"{name}_conv1"))
        y = convolve(y, size, 3, 1, f"{name}_conv2")
        if number > 1:
            x = layers.Conv2D(size, 1, stride, padding="same", name=f"{name}_shortcut")(x)
        x = layers.ReLU(name=f"{name}_relu2")(layers.Add(name=f"{name}_add")([x, y]))
    x = layers.AveragePooling2D(x.shape[1:3], name="pool")(x)
    x = layers.Flatten(name="flatten")(x)
    return Model(inputs, layers.Dense(num_classes, activation="softmax", name="classes")(x))
