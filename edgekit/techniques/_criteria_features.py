"""Criteria that look at what the channels put out for training samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from edgekit.techniques._channel_nouns import OUT, Activation, Array, ChannelGraph
from edgekit.techniques._group_scores import GroupScores, normalize

_BATCH = 64


def average_nonzeros(model: Any, graph: ChannelGraph, samples: Array) -> Array:
    """One minus the average percentage of zeros (APoZ) after the ReLU; NaN for channels without one.

    Source: Hu et al., "Network Trimming", 2016, equation 1.
    """
    rectified = [each for each in graph.activations if each.rectified]
    counts = [np.zeros(len(each.groups)) for each in rectified]
    for outputs in run_batches(model, [each.tensor for each in rectified], samples):
        for count, output in zip(counts, outputs, strict=True):
            # Samples and places weigh the same, so a sum over batches is a mean but for a factor.
            count += (output.reshape(-1, output.shape[-1]) > 0).sum(axis=0)
    total = GroupScores(graph.num_groups)
    for each, count in zip(rectified, counts, strict=True):
        total.add(each.groups, normalize(count))
    return total.result()


def feature_rank(model: Any, graph: ChannelGraph, samples: Array) -> Array:
    """The average rank of a channel's feature maps; NaN for channels without images, whose rank is at most 1.

    Source: Lin et al., "HRank", CVPR 2020, equation 4.
    """
    images = _images(graph)
    ranks = [np.zeros(len(each.groups)) for each in images]
    for outputs in run_batches(model, [each.tensor for each in images], samples):
        for rank, output in zip(ranks, outputs, strict=True):
            rank += np.linalg.matrix_rank(np.moveaxis(output, -1, 1)).sum(axis=0)
    total = GroupScores(graph.num_groups)
    for each, rank in zip(images, ranks, strict=True):
        total.add(each.groups, normalize(rank))
    return total.result()


def run_batches(model: Any, tensors: Sequence[Any], samples: Array) -> Iterator[list[Array]]:
    """The values of `tensors` within the model for a batch of samples after another."""
    import tf_keras

    if not tensors:
        return
    # Keras unpacks a list of one.
    probe = tf_keras.Model(model.inputs, list(tensors))
    for start in range(0, len(samples), _BATCH):
        found = probe(samples[start : start + _BATCH], training=False)
        yield [np.asarray(each) for each in (found if isinstance(found, list | tuple) else [found])]


def _images(graph: ChannelGraph) -> list[Activation]:
    """After the ReLU, as in the paper, and where there is none, what the convolution puts out."""
    spatial = [each for each in graph.activations if len(each.tensor.shape) == 4]
    makers = {cut.layer for cut in graph.kernel_cuts(OUT)}
    after_relu = [each for each in spatial if each.rectified]
    covered = {group for each in after_relu for group in each.groups.tolist()}
    return after_relu + [
        each
        for each in spatial
        if not each.rectified and each.source in makers and not covered.issuperset(each.groups.tolist())
    ]
