"""Speech Commands with DS-CNN in int8: the keyword spotting task of MLPerf Tiny, target 90 % top-1.

    python recipes/speech_commands_ds_cnn.py [--out DIR] [--smoke] [--seed N] [--dataset NAME] [--board BOARD]

Adam for 36 epochs in batches of 100 as in the reference, under a cosine instead of steps, on words that are moved
by up to a tenth of a second; the reference mixes in background noise instead. About half an hour on two cores.
Source: MLCommons Tiny, benchmark/training/keyword_spotting; Banbury et al., "MLPerf Tiny Benchmark", 2021.
"""

import sys
from pathlib import Path
from typing import Any

# So that it runs from a checkout without installation.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edgekit.augmentation import ShiftInTime
from edgekit.datasets import DataSet
from edgekit.recipe import Recipe
from edgekit.techniques.quantize_int8 import QuantizeInt8


def build_model(dataset: DataSet) -> Any:
    """One convolution and four depthwise-separable ones."""
    from edgekit.architectures.ds_cnn import build

    return build(dataset.x_train.shape[1:], dataset.num_classes)


RECIPE = Recipe(
    name="speech_commands_ds_cnn",
    dataset="speech_commands",
    build_model=build_model,
    techniques=(QuantizeInt8(),),
    num_epochs=36,
    min_accuracy=0.9,
    max_accuracy_drop=0.01,
    min_agreement=0.95,
    batch_size=100,
    learning_rate=1e-3,
    augment=ShiftInTime(0.1),
)

if __name__ == "__main__":
    from edgekit.cli import main

    raise SystemExit(main(["compress", __file__, *sys.argv[1:]]))
