"""What is found out about the channels of a Keras graph; _channels.py finds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
OUT, IN, ALONG = "out", "in", "along"
STAYS = -1


@dataclass(frozen=True, eq=False)
class Cut:
    """One axis of one weight: `groups[i]` is the group of its i-th slice, or STAYS.

    `weight` is the position in `layer.get_weights()`. `role`: OUT for what makes the channels, IN for what reads
    them, ALONG for what belongs to channels that pass through (BatchNormalization, depthwise kernels).
    """

    layer: str
    attribute: str
    weight: int
    axis: int
    role: str
    groups: Array


@dataclass(frozen=True, eq=False)
class Resize:
    """A field of a layer's configuration that counts channels; `lead` goes before it in a target shape."""

    layer: str
    key: str
    lead: tuple[int, ...] | None
    groups: Array


@dataclass(frozen=True, eq=False)
class Activation:
    """A tensor on the way; `source` made its channels or passed them on."""

    source: str
    tensor: Any
    rectified: bool
    groups: Array


@dataclass(frozen=True, eq=False)
class Kernel:
    """A weight that is multiplied into the input at `positions` places; `output_axes` have its output channels."""

    layer: str
    weight: int
    shape: tuple[int, ...]
    positions: int
    output_axes: tuple[int, ...]


@dataclass(frozen=True)
class Bundle:
    """Groups that the same layers make, so that they compete with each other; `groups` are their numbers."""

    producers: tuple[str, ...]
    groups: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class ChannelGraph:
    """`left`: layers none of whose channels can go, with the reason; `uncounted`: those whose work is unknown.

    `inputs`: the tensor that each layer reads where it is first used.
    """

    num_groups: int
    cuts: tuple[Cut, ...]
    resizes: tuple[Resize, ...]
    activations: tuple[Activation, ...]
    kernels: tuple[Kernel, ...]
    bundles: tuple[Bundle, ...]
    left: Mapping[str, str]
    uncounted: tuple[str, ...]
    inputs: Mapping[str, Any]

    def cuts_of(self, layer: str, *roles: str) -> Iterator[Cut]:
        return (each for each in self.cuts if each.layer == layer and (not roles or each.role in roles))

    def kernel_cuts(self, role: str) -> Iterator[Cut]:
        """The cuts of weights that are multiplied with the input, not of biases and the like."""
        kernels = {(each.layer, each.weight) for each in self.kernels}
        return (each for each in self.cuts if each.role == role and (each.layer, each.weight) in kernels)

    def num_channels(self, removed: Array) -> dict[str, int]:
        """How many output channels each layer that can lose some has without the `removed` groups (bool)."""
        counts = {}
        for cut in self.kernel_cuts(OUT):
            counts[cut.layer] = int(is_kept(cut.groups, removed).sum())
        return counts


def is_kept(groups: Array, removed: Array) -> Array:
    """Which slices stay, bool; `removed` (num_groups,) bool."""
    kept: Array = ~np.append(removed, False)[groups]  # STAYS is the last index
    return kept
