"""ThiNet: a channel matters as much as the next layer's output misses it.

Source: Luo, Wu and Lin, "ThiNet: A Filter Level Pruning Method for Deep Neural Network Compression", ICCV 2017,
equation 6 (greedy choice) and 7 (least squares). Where several layers read the same channels, their rows are
put below each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from edgekit.techniques._channel_nouns import IN, STAYS, Array, ChannelGraph, Cut, is_kept
from edgekit.techniques._channels_select import rank_within_layers
from edgekit.techniques._criteria_features import run_batches

_MAX_SAMPLES, _PLACES_PER_SAMPLE, _OUTPUTS_PER_PLACE = 128, 10, 4
_RIDGE = 1e-3


def reconstruction_error(model: Any, graph: ChannelGraph, samples: Array) -> Array:
    """For each group its place in the greedy order, from above 0 to 1.

    Errors of different layers do not compare, so each layer gives up the same fraction, as in the paper.
    """
    grams = np.zeros((graph.num_groups, graph.num_groups))
    read = np.zeros(graph.num_groups, bool)
    for cut, parts in _contributions(model, graph, samples):
        columns = np.zeros((len(parts), graph.num_groups))
        free = cut.groups != STAYS
        np.add.at(columns.T, cut.groups[free], parts.T[free])
        grams += columns.T @ columns / max(float((parts.sum(axis=1) ** 2).sum()), 1e-12)
        read[cut.groups[free]] = True
    scores = np.full(graph.num_groups, np.nan)
    for bundle in graph.bundles:
        groups = np.array(bundle.groups)
        if read[groups].all():
            scores[groups] = _greedy_errors(grams[np.ix_(groups, groups)])
    return rank_within_layers(graph.bundles, scores)


def reconstruct(model: Any, graph: ChannelGraph, removed: Array, samples: Array) -> None:
    """Scales what each layer reads of the channels that stay, in place, so that its output is nearly the same."""
    for cut, parts in _contributions(model, graph, samples):
        kept = is_kept(cut.groups, removed)
        if kept.all():
            continue
        # Channels of one group (Flatten repeats them) share a factor.
        names, members = np.unique(
            np.where(cut.groups == STAYS, -1 - np.arange(len(cut.groups)), cut.groups)[kept],
            return_inverse=True,
        )
        columns = np.zeros((len(parts), len(names)))
        np.add.at(columns.T, members, parts.T[kept])
        gram = columns.T @ columns
        # A ridge towards a factor of 1: what the samples do not determine stays as it is.
        ridge = _RIDGE * (np.trace(gram) / len(names) + 1e-12) * np.eye(len(names))
        missing = parts[:, ~kept].sum(axis=1)
        factors = np.ones(len(kept))
        factors[kept] += np.linalg.solve(gram + ridge, columns.T @ missing)[members]
        layer = model.get_layer(cut.layer)
        weights = layer.get_weights()
        shape = [1] * weights[cut.weight].ndim
        shape[cut.axis] = -1
        weights[cut.weight] = weights[cut.weight] * factors.reshape(shape)
        layer.set_weights(weights)


def _greedy_errors(gram: Array) -> Array:
    """Removes the column that adds least to the squared sum of those removed, again and again."""
    size = len(gram)
    errors, total, crossed = np.zeros(size), 0.0, np.zeros(size)
    left = np.ones(size, bool)
    worst = 0.0
    for step in range(size):
        candidates = np.where(left, total + 2 * crossed + np.diag(gram), np.inf)
        chosen = int(candidates.argmin())
        total, crossed = float(candidates[chosen]), crossed + gram[:, chosen]
        left[chosen] = False
        # Channels may cancel out; the order must stay that of the removal all the same.
        worst = max(worst, total)
        errors[chosen] = worst + 1e-9 * step
    return errors


def _contributions(model: Any, graph: ChannelGraph, samples: Array) -> Iterator[tuple[Cut, Array]]:
    """For each layer that reads channels: what each one adds to outputs at random places, (rows, channels)."""
    known = ("Conv1D", "Conv2D", "Dense")
    cuts = [each for each in graph.cuts if each.role == IN and each.attribute == "kernel"]
    cuts = [each for each in cuts if type(model.get_layer(each.layer)).__name__ in known]
    tensors = [graph.inputs[each.layer] for each in cuts]
    random = np.random.default_rng(0)
    rows: list[list[Array]] = [[] for _ in cuts]
    for values in run_batches(model, tensors, samples[:_MAX_SAMPLES]):
        for cut, value, found in zip(cuts, values, rows, strict=True):
            found.append(_parts(model.get_layer(cut.layer), value, random))
    for cut, found in zip(cuts, rows, strict=True):
        yield cut, np.concatenate(found).astype(np.float64)


def _parts(layer: Any, value: Array, random: np.random.Generator) -> Array:
    kernel = np.asarray(layer.kernel)
    num_inputs, num_outputs = kernel.shape[-2:]
    patches = value if type(layer).__name__ == "Dense" else _patches(layer, value, kernel.shape)
    patches = patches.reshape(len(value), -1, kernel[..., 0].size // num_inputs, num_inputs)
    places = random.integers(0, patches.shape[1], (len(value), _PLACES_PER_SAMPLE))
    chosen = np.take_along_axis(patches, places[:, :, np.newaxis, np.newaxis], 1)
    chosen = chosen.reshape(-1, *chosen.shape[2:])
    outputs = random.integers(0, num_outputs, (_OUTPUTS_PER_PLACE, len(chosen)))
    flat = kernel.reshape(-1, num_inputs, num_outputs)
    return np.concatenate([np.einsum("pkc,kcp->pc", chosen, flat[:, :, each]) for each in outputs])


def _patches(layer: Any, value: Array, shape: tuple[int, ...]) -> Array:
    """What the kernel sees at each place: (samples, height, width, kernel height * kernel width * channels)."""
    import tensorflow as tf

    padding = layer.padding.upper()
    if value.ndim == 3:
        left = layer.dilation_rate[0] * (shape[0] - 1) if padding == "CAUSAL" else 0
        value = np.pad(value, ((0, 0), (left, 0), (0, 0)))[:, np.newaxis]
    ones = (1,) * (2 - len(layer.strides))
    sizes, strides, rates = (*ones, *shape[:-2]), (*ones, *layer.strides), (*ones, *layer.dilation_rate)
    return np.asarray(
        tf.image.extract_patches(
            value,
            (1, *sizes, 1),
            (1, *strides, 1),
            (1, *rates, 1),
            "VALID" if padding == "CAUSAL" else padding,
        )
    )
