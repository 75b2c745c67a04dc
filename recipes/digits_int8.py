"""Handwritten digits, 8x8 pixels: a small residual CNN in full-integer int8.

    python recipes/digits_int8.py [--out DIR] [--smoke] [--seed N]

About 10 s on two cores. It has one of each operator that small vision models are made of: CONV_2D,
DEPTHWISE_CONV_2D, ADD, MAX_POOL_2D, AVERAGE_POOL_2D, RESHAPE, FULLY_CONNECTED, SOFTMAX.
"""

import sys
from pathlib import Path
from typing import Any

# So that it runs from a checkout without installation.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edgekit.datasets import DataSet
from edgekit.recipe import Recipe
from edgekit.techniques.quantize_int8 import QuantizeInt8


def build_model(dataset: DataSet) -> Any:
    """Conv 16 → a residual block of depthwise and pointwise convolution → conv 32 → average → classes."""
    from tf_keras import Input, Model, layers

    def normalize(x: Any) -> Any:
        return layers.ReLU()(layers.BatchNormalization()(x))

    inputs = Input(dataset.x_train.shape[1:])
    stem = normalize(layers.Conv2D(16, 3, padding="same", use_bias=False)(inputs))
    x = normalize(layers.DepthwiseConv2D(3, padding="same", use_bias=False)(stem))
    x = layers.BatchNormalization()(layers.Conv2D(16, 1, use_bias=False)(x))
    x = layers.MaxPooling2D()(layers.ReLU()(layers.Add()([stem, x])))
    x = normalize(layers.Conv2D(32, 3, padding="same", use_bias=False)(x))
    x = layers.Flatten()(layers.AveragePooling2D()(x))
    return Model(inputs, layers.Dense(dataset.num_classes, activation="softmax")(x))


RECIPE = Recipe(
    name="digits_int8",
    dataset="digits",
    build_model=build_model,
    techniques=(QuantizeInt8(),),
    num_epochs=20,
    min_accuracy=0.97,
    max_accuracy_drop=0.005,
    seed=2,
)

if __name__ == "__main__":
    from edgekit.cli import main

    raise SystemExit(main(["compress", __file__, *sys.argv[1:]]))
