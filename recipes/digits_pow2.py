"""Handwritten digits with logarithmic weights, zero or ± a power of two, in an int8 file.

    python recipes/digits_pow2.py [--out DIR] [--smoke] [--seed N]

The codes are 0, ±1, ±2 … ±64, so a multiplication is a shift. Runs wherever int8 runs.
"""

import sys
from pathlib import Path
from typing import Any

# So that it runs from a checkout without installation.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edgekit.architectures import small_cnn
from edgekit.datasets import DataSet
from edgekit.recipe import Recipe
from edgekit.techniques.power_of_two import PowerOfTwo
from edgekit.techniques.quantize_int8 import QuantizeInt8


def build_model(dataset: DataSet) -> Any:
    """Conv → depthwise → pointwise → conv with stride → classes."""
    return small_cnn.build(dataset.x_train.shape[1:], dataset.num_classes)


RECIPE = Recipe(
    name="digits_pow2",
    dataset="digits",
    build_model=build_model,
    techniques=(PowerOfTwo(), QuantizeInt8()),
    num_epochs=20,
    min_accuracy=0.97,
    max_accuracy_drop=0.015,
    min_agreement=0.97,
)

if __name__ == "__main__":
    from edgekit.cli import main

    raise SystemExit(main(["compress", __file__, *sys.argv[1:]]))
