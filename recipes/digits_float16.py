"""Handwritten digits with half-precision weights: half the bytes, for Linux boards.

    python recipes/digits_float16.py [--out DIR] [--smoke] [--seed N]

Runs on LiteRT and tflite-runtime; microcontroller runtimes refuse float16.
"""

import sys
from pathlib import Path
from typing import Any

# So that it runs from a checkout without installation.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edgekit.architectures import small_cnn
from edgekit.datasets import DataSet
from edgekit.recipe import Recipe
from edgekit.techniques.quantize_float16 import QuantizeFloat16


def build_model(dataset: DataSet) -> Any:
    """Conv → depthwise → pointwise → conv with stride → classes."""
    return small_cnn.build(dataset.x_train.shape[1:], dataset.num_classes)


RECIPE = Recipe(
    name="digits_float16",
    dataset="digits",
    build_model=build_model,
    techniques=(QuantizeFloat16(),),
    num_epochs=20,
    min_accuracy=0.97,
    max_accuracy_drop=0.001,
)

if __name__ == "__main__":
    from edgekit.cli import main

    raise SystemExit(main(["compress", __file__, *sys.argv[1:]]))
