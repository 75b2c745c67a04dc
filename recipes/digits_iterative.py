"""Handwritten digits, 8x8 pixels: nine of ten weights gone in four rounds, with fine-tuning in between, in int8.

    python recipes/digits_iterative.py [--out DIR] [--smoke] [--seed N]

Under a minute on two cores. One threshold over all layers, so that those with weights to spare give more of them.
"""

import sys
from pathlib import Path
from typing import Any

# So that it runs from a checkout without installation.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edgekit.architectures import small_cnn
from edgekit.datasets import DataSet
from edgekit.recipe import Recipe
from edgekit.techniques.prune_iterative import PruneIterative
from edgekit.techniques.quantize_int8 import QuantizeInt8


def build_model(dataset: DataSet) -> Any:
    """Conv 16 → depthwise → pointwise 32 → conv 32 with stride 2 → classes."""
    return small_cnn.build(dataset.x_train.shape[1:], dataset.num_classes)


RECIPE = Recipe(
    name="digits_iterative",
    dataset="digits",
    build_model=build_model,
    techniques=(PruneIterative(0.9, scope="global"), QuantizeInt8()),
    num_epochs=20,
    min_accuracy=0.97,
    max_accuracy_drop=0.02,
    min_agreement=0.95,
)

if __name__ == "__main__":
    from edgekit.cli import main

    raise SystemExit(main(["compress", __file__, *sys.argv[1:]]))
