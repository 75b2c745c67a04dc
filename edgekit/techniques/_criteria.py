"""How much each group of channels matters: one function per criterion, in the table CRITERIA.

Each returns (num_groups,) scores, the higher the more it matters, NaN where it cannot tell. They compare over
layers: within each layer a score is divided by the root of the mean of their squares.

Source: that normalization: Molchanov et al., "Pruning Convolutional Neural Networks for Resource Efficient
Inference", ICLR 2017, equation 9.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from edgekit.techniques._channel_nouns import ALONG, OUT, Array, ChannelGraph
from edgekit.techniques._criteria_features import average_nonzeros, feature_rank
from edgekit.techniques._group_scores import GroupScores, normalize
from edgekit.techniques._thinet import reconstruction_error

Criterion = Callable[[Any, ChannelGraph, Array], Array]


def l1_norm(model: Any, graph: ChannelGraph, samples: Array) -> Array:
    """Sum of a filter's magnitudes. Source: Li et al., "Pruning Filters for Efficient ConvNets", ICLR 2017."""
    return _of_filters(model, graph, lambda filters: np.abs(filters).sum(axis=1))


def l2_norm(model: Any, graph: ChannelGraph, samples: Array) -> Array:
    """Source: He et al., "Soft Filter Pruning", IJCAI 2018, equation 2 with p = 2."""
    return _of_filters(model, graph, lambda filters: np.linalg.norm(filters, axis=1))


def geometric_median(model: Any, graph: ChannelGraph, samples: Array) -> Array:
    """Distance of a filter to all others: those near the geometric median can be replaced by them.

    Source: He et al., "Filter Pruning via Geometric Median", CVPR 2019, equation 8.
    """

    def distances(filters: Array) -> Array:
        squares = (filters**2).sum(axis=1)
        squared = squares[:, np.newaxis] + squares - 2 * filters @ filters.T
        return np.asarray(np.sqrt(np.maximum(squared, 0)).sum(axis=1))

    return _of_filters(model, graph, distances)


def batch_norm_scale(model: Any, graph: ChannelGraph, samples: Array) -> Array:
    """|gamma| as it is: the penalty has made the layers' scales comparable.

    Source: Liu et al., "Learning Efficient Convolutional Networks through Network Slimming", ICCV 2017.
    """
    total = GroupScores(graph.num_groups)
    for cut in graph.cuts:
        if cut.role == ALONG and cut.attribute == "gamma":
            total.add(cut.groups, np.abs(model.get_layer(cut.layer).get_weights()[cut.weight]))
    return total.result()


CRITERIA: dict[str, Criterion] = {
    "l1": l1_norm,
    "l2": l2_norm,
    "soft": l2_norm,
    "fpgm": geometric_median,
    "apoz": average_nonzeros,
    "hrank": feature_rank,
    "thinet": reconstruction_error,
    "slimming": batch_norm_scale,
}


def _of_filters(model: Any, graph: ChannelGraph, score: Callable[[Array], Array]) -> Array:
    """`score` of (filters, weights of one) for each layer that makes channels; the mean over coupled layers."""
    total = GroupScores(graph.num_groups)
    for cut in graph.kernel_cuts(OUT):
        kernel = model.get_layer(cut.layer).get_weights()[cut.weight].astype(np.float64)
        total.add(cut.groups, normalize(score(np.moveaxis(kernel, cut.axis, 0).reshape(len(cut.groups), -1))))
    return total.result()
