"""Handwritten digits, row by row as a signal: a one-dimensional CNN in quantization-aware training.

    python recipes/digits_qat_1d.py [--out DIR] [--smoke] [--seed N]

tfmot knows no Conv1D; the technique makes two-dimensional layers of height 1 of them, with equal outputs.
"""

import sys
from pathlib import Path
from typing import Any

# So that it runs from a checkout without installation.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edgekit.datasets import DataSet
from edgekit.recipe import Recipe
from edgekit.techniques.quantize_aware import QuantizeAware


def build_model(dataset: DataSet) -> Any:
    """8 rows are 8 time steps of 8 channels: conv 32 → conv 64 → max pool → conv 64 → average → classes."""
    from tf_keras import Sequential, layers

    return Sequential(
        [
            layers.Input(dataset.x_train.shape[1:]),
            layers.Reshape(dataset.x_train.shape[1:3]),
            *(
                layers.Conv1D(32, 3, padding="causal", use_bias=False),
                layers.BatchNormalization(),
                layers.ReLU(),
            ),
            *(
                layers.Conv1D(64, 3, padding="same", use_bias=False),
                layers.BatchNormalization(),
                layers.ReLU(),
            ),
            layers.MaxPooling1D(2),
            layers.Conv1D(64, 3, padding="same", activation="relu"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(dataset.num_classes, activation="softmax"),
        ]
    )


RECIPE = Recipe(
    name="digits_qat_1d",
    dataset="digits",
    build_model=build_model,
    techniques=(QuantizeAware(),),
    num_epochs=20,
    min_accuracy=0.93,
    max_accuracy_drop=0.015,
    min_agreement=0.97,
)

if __name__ == "__main__":
    from edgekit.cli import main

    raise SystemExit(main(["compress", __file__, *sys.argv[1:]]))
