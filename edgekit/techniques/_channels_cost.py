"""What a model costs without some of its channels, computed without building it."""

from __future__ import annotations

from math import prod

from edgekit.techniques._channel_nouns import Array, ChannelGraph, Kernel, is_kept

# TFLite: one byte a weight, and an int32 bias for each output channel, also after batch normalization is folded.
_BIAS_BYTES = 4


def kernel_macs(graph: ChannelGraph, removed: Array) -> dict[str, int]:
    """Multiply-accumulates of one inference by layer, border padding counted as data as in tflite_macs."""
    macs: dict[str, int] = {}
    for kernel in graph.kernels:
        elements = prod(_left(graph, kernel, removed))
        macs[kernel.layer] = macs.get(kernel.layer, 0) + elements * kernel.positions
    return macs


def count_macs(graph: ChannelGraph, removed: Array) -> int:
    return sum(kernel_macs(graph, removed).values())


def count_bytes(graph: ChannelGraph, removed: Array) -> int:
    """Bytes of the weights and biases in int8; a layer that is used twice is stored once."""
    total = 0
    for kernel in {(each.layer, each.weight): each for each in graph.kernels}.values():
        shape = _left(graph, kernel, removed)
        total += prod(shape) + _BIAS_BYTES * prod(shape[axis] for axis in kernel.output_axes)
    return total


def _left(graph: ChannelGraph, kernel: Kernel, removed: Array) -> list[int]:
    shape = list(kernel.shape)
    for cut in graph.cuts_of(kernel.layer):
        if cut.weight == kernel.weight:
            shape[cut.axis] = int(is_kept(cut.groups, removed).sum())
    return shape
