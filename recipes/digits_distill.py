"""Handwritten digits: a very small CNN learns from a wider one, then is quantized with the teacher still at hand.

    python recipes/digits_distill.py [--out DIR] [--smoke] [--seed N]

The student is trained towards the softened outputs of a teacher of three times its width, in float and then
quantization-aware: what follows `Distill` trains towards the teacher's targets, too.
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

# So that it runs from a checkout without installation.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edgekit.datasets import DataSet
from edgekit.recipe import Recipe
from edgekit.techniques.distill import Distill
from edgekit.techniques.quantize_aware import QuantizeAware


def build_model(dataset: DataSet, width: int = 8) -> Any:
    """Conv → pooling → conv of twice the width → average → classes."""
    from tf_keras import Sequential, layers

    return Sequential(
        [
            layers.Input(dataset.x_train.shape[1:]),
            layers.Conv2D(width, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.Conv2D(2 * width, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.AveragePooling2D(),
            layers.Flatten(),
            layers.Dense(dataset.num_classes, activation="softmax"),
        ]
    )


RECIPE = Recipe(
    name="digits_distill",
    dataset="digits",
    build_model=build_model,
    techniques=(
        Distill((partial(build_model, width=24),), num_epochs=20, teacher_epochs=20),
        QuantizeAware(num_epochs=4),
    ),
    num_epochs=12,
    min_accuracy=0.9,
    max_accuracy_drop=0.005,
    # The student does not stay what it was when it was trained alone.
    min_agreement=0.9,
)

if __name__ == "__main__":
    from edgekit.cli import main

    raise SystemExit(main(["compress", __file__, *sys.argv[1:]]))
