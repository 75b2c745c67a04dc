"""A dense autoencoder for anomaly detection: 128-128-128-128-8-128-128-128-128 units.

What it cannot reproduce is unlike what it was trained on. Source: MLPerf Tiny, anomaly detection reference model
(640 inputs: five frames of 128 log-mel energies), after DCASE 2020 task 2's baseline; without the
biases that batch normalization makes void.
"""

from __future__ import annotations

from typing import Any

from edgekit.architectures import scale_channels

_UNITS = (128, 128, 128, 128, 8, 128, 128, 128, 128)


def build(input_shape: tuple[int, ...], num_classes: int, width: float = 1.0) -> Any:
    """`input_shape`: (features,); the output has the same. `num_classes` is not used: it reproduces its input."""
    from tf_keras import Input, Model, layers

    inputs = x = Input(input_shape)
    for number, units in enumerate(_UNITS, start=1):
        x = layers.Dense(scale_channels(units, width), use_bias=False, name=f"dense{number}")(x)
        x = layers.BatchNormalization(name=f"dense{number}_bn")(x)
        x = layers.ReLU(name=f"dense{number}_relu")(x)
    return Model(inputs, layers.Dense(input_shape[0], name="output")(x))
