"""Handwritten digits: convolutions taken apart by Tucker-2, the dense layer by SVD, to half their weights, in int8.

python recipes/digits_decompose.py [--out DIR] [--smoke] [--seed N]
"""

import sys
from pathlib import Path
from typing import Any

# So that it runs from a checkout without installation.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edgekit.datasets import DataSet
from edgekit.recipe import Recipe
from edgekit.techniques.decompose_svd import DecomposeSvd
from edgekit.techniques.decompose_tucker import DecomposeTucker
from edgekit.techniques.quantize_aware import QuantizeAware


def build_model(dataset: DataSet) -> Any:
    """Conv 16 → two convs of 48 → a dense layer of 64 → classes."""
    from tf_keras import Sequential, layers

    def conv(width: int) -> list[Any]:
        return [
            layers.Conv2D(width, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
        ]

    return Sequential(
        [
            layers.Input(dataset.x_train.shape[1:]),
            *conv(16),
            *conv(48),
            layers.MaxPooling2D(),
            *conv(48),
            layers.Flatten(),
            layers.Dense(64, activation="relu", name="wide"),
            layers.Dense(dataset.num_classes, activation="softmax"),
        ]
    )


RECIPE = Recipe(
    name="digits_decompose",
    dataset="digits",
    build_model=build_model,
    techniques=(
        DecomposeTucker(budget=0.5, min_weights=1024),
        DecomposeSvd(budget=0.3, layers=("wide",)),
        QuantizeAware(),
    ),
    num_epochs=15,
    min_accuracy=0.96,
    max_accuracy_drop=0.015,
    min_agreement=0.95,
)

if __name__ == "__main__":
    from edgekit.cli import main

    raise SystemExit(main(["compress", __file__, *sys.argv[1:]]))
