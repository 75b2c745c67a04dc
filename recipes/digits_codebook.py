"""Handwritten digits, 8x8 pixels: ResNet8 of which each layer has 16 different int8 weights.

    python recipes/digits_codebook.py [--out DIR] [--smoke] [--seed N]

About a minute on two cores. A packer needs 4 bits a weight and 16 bytes a layer; the file as it is runs wherever int8
runs, and is not smaller yet.
"""

import sys
from pathlib import Path
from typing import Any

# So that it runs from a checkout without installation.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edgekit.architectures import resnet8
from edgekit.datasets import DataSet
from edgekit.recipe import Recipe
from edgekit.techniques.codebook_int8 import CodebookInt8


def build_model(dataset: DataSet) -> Any:
    """MLPerf Tiny's ResNet8 with half of its channels."""
    return resnet8.build(dataset.x_train.shape[1:], dataset.num_classes, width=0.5)


RECIPE = Recipe(
    name="digits_codebook",
    dataset="digits",
    build_model=build_model,
    techniques=(CodebookInt8(num_codes=16),),
    num_epochs=20,
    min_accuracy=0.96,
    max_accuracy_drop=0.01,
    min_agreement=0.97,
)

if __name__ == "__main__":
    from edgekit.cli import main

    raise SystemExit(main(["compress", __file__, *sys.argv[1:]]))
