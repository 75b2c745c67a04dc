"""Weight clustering: the weights of each layer share a few values.

Source: Han, Mao and Dally, "Deep Compression", ICLR 2016, section 3. Centroids and training are those of tfmot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.flatbuffer_weights import find_weights, match_weights
from edgekit.techniques import CHANNELS, CLUSTERS, SPARSITY, Context, TechniqueBase
from edgekit.techniques._layers import kernels_of, restore_names
from edgekit.techniques._text import parse_count
from edgekit.tflite_model import TfliteModel

_CENTROIDS = {
    "kmeans++": "KMEANS_PLUS_PLUS",
    "density": "DENSITY_BASED",
    "linear": "LINEAR",
    "random": "RANDOM",
}


@dataclass(frozen=True)
class ClusterWeights(TechniqueBase):
    """`num_clusters` values in every convolution and dense layer of at least `min_weights` weights.

    `preserve_sparsity` keeps one of them at zero, where a pruned layer has its zeros. Depthwise kernels are left
    alone: a channel has fewer weights than there are clusters.
    """

    num_clusters: int = 16
    centroids: str = "kmeans++"
    per_channel: bool = False
    preserve_sparsity: bool = False
    min_weights: int = 64
    num_epochs: int = 4
    learning_rate: float | None = 5e-4
    name: str = "cluster_weights"

    def __post_init__(self) -> None:
        if self.num_clusters < 2:
            raise RecipeError(f"{self.num_clusters} clusters; expected at least 2")
        if self.centroids not in _CENTROIDS:
            raise RecipeError(
                f"initial centroids of {self.centroids!r}; expected one of {', '.join(_CENTROIDS)}"
            )

    @property
    def effects(self) -> frozenset[str]:
        return frozenset({CLUSTERS})

    @property
    def keeps(self) -> frozenset[str]:
        return frozenset({CHANNELS, CLUSTERS} | ({SPARSITY} if self.preserve_sparsity else set()))

    def wrap(self, model: Any, context: Context) -> Any:
        import tensorflow_model_optimization as tfmot
        import tf_keras

        names = {layer.name for layer, _ in self._kernels(model)}
        if not names:
            raise RecipeError(
                f"{self.name}: the model has no convolution or dense layer of at least {self.min_weights} weights"
            )
        keras = tfmot.clustering.keras
        arguments = {
            "number_of_clusters": self.num_clusters,
            "cluster_centroids_init": getattr(keras.CentroidInitialization, _CENTROIDS[self.centroids]),
            "preserve_sparsity": self.preserve_sparsity,
            "cluster_per_channel": self.per_channel,
        }

        def cluster(layer: Any) -> Any:
            if layer.name not in names:
                return layer
            is_conv = isinstance(layer, tf_keras.layers.Conv2D)
            return keras.cluster_weights(
                layer, **{**arguments, "cluster_per_channel": self.per_channel and is_conv}
            )

        return tf_keras.models.clone_model(model, clone_function=cluster)

    def fit(self, model: Any, context: Context, num_epochs: int) -> None:
        context.train(model, num_epochs, self.name, learning_rate=self.learning_rate)

    def strip(self, model: Any) -> Any:
        import tensorflow_model_optimization as tfmot

        return restore_names(tfmot.clustering.keras.strip_clustering(model))

    def promise(self, model: Any) -> Mapping[str, Any]:
        counts = {layer.name: _count(kernel, self.per_channel) for layer, kernel in self._kernels(model)}
        for name, count in counts.items():
            # Sparsity-preserving clustering has its zeros beside the centroids.
            if count > self.num_clusters + self.preserve_sparsity:
                raise RecipeError(
                    f"{self.name}: layer {name} has {count} different weights after training; expected at most "
                    f"{self.num_clusters}; tfmot passed it over (per-channel clustering needs use_bias=True)"
                )
        sizes = {layer.name: int(kernel.size) for layer, kernel in self._kernels(model)}
        return {"num_clusters": counts, "num_weights": sizes}

    def verify(self, model: TfliteModel, promise: Mapping[str, Any]) -> None:
        matched = match_weights(find_weights(model), promise["num_weights"].items())
        for name, count in promise["num_clusters"].items():
            weights = matched[name]
            # Each channel has a scale of its own, so equal weights of two channels may get different codes.
            found = None if weights is None else weights.num_codes_per_channel
            if found is None or found > count:
                raise RecipeError(
                    f"the exported model does not keep the clusters of layer {name}: {found} codes in a channel of "
                    f"its tensor; expected at most {count}; quantize with quantize_aware(preserve='clusters')"
                )

    def _kernels(self, model: Any) -> list[tuple[Any, Any]]:
        return kernels_of(model, self.min_weights, depthwise=False)


def _count(kernel: np.ndarray[Any, Any], per_channel: bool) -> int:
    if not per_channel:
        return len(np.unique(kernel))
    return max(len(np.unique(kernel[..., channel])) for channel in range(kernel.shape[-1]))


SHORT_NAME = "cluster"


def parse(argument: str | None, given: frozenset[str]) -> ClusterWeights:
    """`cluster`, or `cluster:32`; after pruning it keeps the zeros."""
    count = 16 if argument is None else parse_count(argument, "a number of clusters")
    return ClusterWeights(count, preserve_sparsity=SPARSITY in given)
