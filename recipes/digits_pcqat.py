"""Handwritten digits, 8x8 pixels: ResNet8 pruned, clustered and quantized, each keeping what came before (PCQAT).

    python recipes/digits_pcqat.py [--out DIR] [--smoke] [--seed N]

About two minutes on two cores. Half of the weights are zero, the rest of a layer shares 16 values, and all are int8.
"""

import sys
from pathlib import Path
from typing import Any

# So that it runs from a checkout without installation.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edgekit.architectures import resnet8
from edgekit.datasets import DataSet
from edgekit.recipe import Recipe
from edgekit.techniques.cluster_weights import ClusterWeights
from edgekit.techniques.prune_magnitude import PruneMagnitude
from edgekit.techniques.quantize_aware import QuantizeAware


def build_model(dataset: DataSet) -> Any:
    """MLPerf Tiny's ResNet8 with half of its channels."""
    return resnet8.build(dataset.x_train.shape[1:], dataset.num_classes, width=0.5)


RECIPE = Recipe(
    name="digits_pcqat",
    dataset="digits",
    build_model=build_model,
    techniques=(
        PruneMagnitude(0.5),
        ClusterWeights(16, preserve_sparsity=True),
        QuantizeAware(preserve="sparsity+clusters"),
    ),
    num_epochs=20,
    min_accuracy=0.96,
    max_accuracy_drop=0.02,
    min_agreement=0.95,
)

if __name__ == "__main__":
    from edgekit.cli import main

    raise SystemExit(main(["compress", __file__, *sys.argv[1:]]))
