"""Handwritten digits, 8x8 pixels: a lottery ticket, one weight of five trained again from its early value, in int8.

    python recipes/digits_lottery.py [--out DIR] [--smoke] [--seed N]

About two minutes on two cores. The network is trained four times: each time what ended up small goes, and what is left
starts again where it was after the second epoch.
"""

import sys
from pathlib import Path
from typing import Any

# So that it runs from a checkout without installation.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edgekit.architectures import small_cnn
from edgekit.datasets import DataSet
from edgekit.recipe import Recipe
from edgekit.techniques.prune_lottery import PruneLottery
from edgekit.techniques.quantize_int8 import QuantizeInt8


def build_model(dataset: DataSet) -> Any:
    """Conv 16 → depthwise → pointwise 32 → conv 32 with stride 2 → classes."""
    return small_cnn.build(dataset.x_train.shape[1:], dataset.num_classes)


RECIPE = Recipe(
    name="digits_lottery",
    dataset="digits",
    build_model=build_model,
    techniques=(PruneLottery(0.8, scope="global", num_epochs=12), QuantizeInt8()),
    num_epochs=20,
    min_accuracy=0.97,
    max_accuracy_drop=0.02,
    min_agreement=0.95,
)

if __name__ == "__main__":
    from edgekit.cli import main

    raise SystemExit(main(["compress", __file__, *sys.argv[1:]]))
