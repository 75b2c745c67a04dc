"""Handwritten digits with 4-bit weights in the layers that bear it best, 8 bits in the others.

    python recipes/digits_mixed.py [--out DIR] [--smoke] [--seed N]

Each layer's sensitivity is in artifact.json. Runs on LiteRT 2.3 and tflite-micro.
"""

import sys
from pathlib import Path
from typing import Any

# So that it runs from a checkout without installation.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edgekit.architectures import small_cnn
from edgekit.datasets import DataSet
from edgekit.recipe import Recipe
from edgekit.techniques.quantize_mixed import QuantizeMixed


def build_model(dataset: DataSet) -> Any:
    """Conv → depthwise → pointwise → conv with stride → classes."""
    return small_cnn.build(dataset.x_train.shape[1:], dataset.num_classes)


RECIPE = Recipe(
    name="digits_mixed",
    dataset="digits",
    build_model=build_model,
    techniques=(QuantizeMixed(average_bits=6),),
    num_epochs=20,
    min_accuracy=0.97,
    max_accuracy_drop=0.015,
    min_agreement=0.97,
)

if __name__ == "__main__":
    from edgekit.cli import main

    raise SystemExit(main(["compress", __file__, *sys.argv[1:]]))
