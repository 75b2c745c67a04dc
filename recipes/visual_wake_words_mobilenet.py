"""Visual Wake Words with MobileNetV1 x 0.25 in int8: MLPerf Tiny's person detection, target 80 % top-1.

    python recipes/visual_wake_words_mobilenet.py [--out DIR] [--smoke] [--seed N] [--dataset NAME] [--board BOARD]

Adam for 100 epochs under a cosine, on pictures that are flipped and moved by up to a tenth: hours on two cores. The
reference takes 50 epochs over five times as many pictures (edgekit/datasets/visual_wake_words.py says why).
Source: MLCommons Tiny, benchmark/training/visual_wake_words; Banbury et al., "MLPerf Tiny Benchmark", 2021.
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
    """13 depthwise-separable convolutions."""
    from edgekit.architectures.mobilenet_v1 import build

    return build(dataset.x_train.shape[1:], dataset.num_classes)


RECIPE = Recipe(
    name="visual_wake_words_mobilenet",
    dataset="visual_wake_words",
    build_model=build_model,
    techniques=(QuantizeInt8(),),
    num_epochs=100,
    min_accuracy=0.8,
    max_accuracy_drop=0.01,
    min_agreement=0.95,
    batch_size=32,
    learning_rate=1e-3,
    augment=FlipAndShift(0.1),
)

if __name__ == "__main__":
    from edgekit.cli import main

    raise SystemExit(main(["compress", __file__, *sys.argv[1:]]))
