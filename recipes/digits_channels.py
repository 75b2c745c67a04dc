"""Handwritten digits, 8x8 pixels: a residual network with half of its multiply-accumulates taken out, in int8.

    python recipes/digits_channels.py [--out DIR] [--smoke] [--seed N]

Under a minute on two cores. Two residual blocks, the second with stride 2 and a 1x1 projection, so that channels
are coupled as in ResNet; what matters least by the geometric median goes in two rounds.
"""

import sys
from pathlib import Path
from typing import Any

# So that it runs from a checkout without installation.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edgekit.datasets import DataSet
from edgekit.recipe import Recipe
from edgekit.techniques.prune_channels import PruneChannels
from edgekit.techniques.quantize_int8 import QuantizeInt8


def build_model(dataset: DataSet) -> Any:
    """Conv 16 → a residual block of 16 → one of 32 with stride 2 → average → classes."""
    from tf_keras import Input, Model, layers

    def normalized(x: Any, filters: int, size: int, strides: int = 1) -> Any:
        x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    inputs = Input(dataset.x_train.shape[1:])
    x = layers.ReLU()(normalized(inputs, 16, 3))
    for filters, strides in ((16, 1), (32, 2)):
        y = layers.ReLU()(normalized(x, filters, 3, strides))
        y = normalized(y, filters, 3)
        x = normalized(x, filters, 1, strides) if strides > 1 else x
        x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.GlobalAveragePooling2D()(x)
    return Model(inputs, layers.Dense(dataset.num_classes, activation="softmax")(x))


RECIPE = Recipe(
    name="digits_channels",
    dataset="digits",
    build_model=build_model,
    techniques=(PruneChannels(reduction=0.5, criterion="fpgm", num_rounds=2), QuantizeInt8()),
    num_epochs=20,
    min_accuracy=0.97,
    max_accuracy_drop=0.01,
    min_agreement=0.97,
)

if __name__ == "__main__":
    from edgekit.cli import main

    raise SystemExit(main(["compress", __file__, *sys.argv[1:]]))
