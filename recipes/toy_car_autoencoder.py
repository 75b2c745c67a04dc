"""Toy-car sounds with an autoencoder in int8: the anomaly detection task of MLPerf Tiny, target AUC 0.85.

    python recipes/toy_car_autoencoder.py [--out DIR] [--smoke] [--seed N] [--dataset NAME] [--board BOARD]

Adam for 100 epochs in batches of 512 as in the reference, under a cosine. It learns to reproduce the
sound of working cars; what it reproduces badly is broken. The AUC is of whole recordings, by the mean error over 20
windows of each.
Source: MLCommons Tiny, benchmark/training/anomaly_detection; Banbury et al., "MLPerf Tiny Benchmark", 2021.
"""

import sys
from pathlib import Path
from typing import Any

# So that it runs from a checkout without installation.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edgekit.datasets import DataSet
from edgekit.recipe import Recipe
from edgekit.techniques.quantize_int8 import QuantizeInt8


def build_model(dataset: DataSet) -> Any:
    """Dense layers that narrow to 8 units and widen again."""
    from edgekit.architectures.autoencoder import build

    return build(dataset.x_train.shape[1:], dataset.num_classes)


RECIPE = Recipe(
    name="toy_car_autoencoder",
    dataset="toy_car",
    build_model=build_model,
    techniques=(QuantizeInt8(),),
    num_epochs=100,
    min_accuracy=0.85,
    max_accuracy_drop=0.02,
    min_agreement=0.9,
    batch_size=512,
    learning_rate=1e-3,
)

if __name__ == "__main__":
    from edgekit.cli import main

    raise SystemExit(main(["compress", __file__, *sys.argv[1:]]))
