"""Handwritten digits, 8x8 pixels: a CNN whose inner layers compute with signs, 32 to a word.

    python recipes/digits_binarized.py [--out DIR] [--smoke] [--seed N]

About a minute on two cores. The file has the operators of Larq Compute Engine (LceQuantize, LceBconv2d) and is
measured on its interpreter: no board runs it yet. For an ordinary int8 file, take
`(Binarize("binary_connect"), QuantizeInt8())`, where only the weights are binary.
"""

import sys
from pathlib import Path
from typing import Any

# So that it runs from a checkout without installation.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edgekit.datasets import DataSet
from edgekit.recipe import Recipe
from edgekit.techniques.binarize import Binarize


def build_model(dataset: DataSet) -> Any:
    """Conv 32 → conv 64 → pool → conv 64 → pool → dense 64 → classes; the first and the last stay float."""
    from tf_keras import Input, Model, layers

    x = inputs = Input(dataset.x_train.shape[1:])
    for index, width in enumerate((32, 64, 64)):
        x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        if index > 0:
            x = layers.MaxPooling2D()(x)
    x = layers.Dense(64, use_bias=False)(layers.Flatten()(x))
    x = layers.ReLU()(layers.BatchNormalization()(x))
    return Model(inputs, layers.Dense(dataset.num_classes, activation="softmax")(x))


RECIPE = Recipe(
    name="digits_binarized",
    dataset="digits",
    build_model=build_model,
    techniques=(Binarize("approx_sign"),),
    num_epochs=12,
    min_accuracy=0.97,
    max_accuracy_drop=0.05,
    min_agreement=0.93,
)

if __name__ == "__main__":
    from edgekit.cli import main

    raise SystemExit(main(["compress", __file__, *sys.argv[1:]]))
