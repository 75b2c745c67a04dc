"""CIFAR-10 with ResNet8 in int8: the image classification task of MLPerf Tiny, target 85 % top-1.

    python recipes/cifar10_resnet8.py [--out DIR] [--smoke] [--seed N] [--dataset NAME] [--board BOARD]

Adam for 200 epochs under a cosine, on images that are flipped and moved by up to a tenth: hours on two cores. The
reference takes 500 epochs, and turns the images by up to 15 degrees as well.
Source: MLCommons Tiny, benchmark/training/image_classification; Banbury et al., "MLPerf Tiny Benchmark", 2021.
"""

import sys
from pathlib import Path
from typing import Any

# So that it runs from a checkout without installation.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edgekit.augmentation import FlipAndShift
from edgekit.datasets import DataSet
from edgekit.recipe import Recipe
from edgekit.techniques.quantize_int8 import QuantizeInt8


def build_model(dataset: DataSet) -> Any:
    """A stem and three residual stacks."""
    from edgekit.architectures.resnet8 import build

    return build(dataset.x_train.shape[1:], dataset.num_classes)


RECIPE = Recipe(
    name="cifar10_resnet8",
    dataset="cifar10",
    build_model=build_model,
    techniques=(QuantizeInt8(),),
    num_epochs=200,
    min_accuracy=0.85,
    max_accuracy_drop=0.01,
    min_agreement=0.95,
    batch_size=32,
    learning_rate=1e-3,
    augment=FlipAndShift(0.1),
)

if __name__ == "__main__":
    from edgekit.cli import main

    raise SystemExit(main(["compress", __file__, *sys.argv[1:]]))
