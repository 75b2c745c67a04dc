"""Tucker-2 decomposition: a convolution among few channels between two 1×1 convolutions.

Source: Kim et al., "Compression of Deep Convolutional Neural Networks for Fast and Low Power Mobile Applications",
ICLR 2016, section 3.1, equation 4. The factorization is tensorly's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.techniques._decompose import Decompose, parse_decompose
from edgekit.techniques._forms import (
    Form,
    Ranks,
    SpectralForm,
    is_plain_conv,
    make_conv,
    singular_values,
    steps_of,
)
from edgekit.techniques._replace import Array, Replacement, chain


@dataclass(frozen=True)
class DecomposeTucker(Decompose):
    """Two ranks a layer: what is left of the input channels, and of the output channels."""

    name: str = "tucker"

    def make_form(self, layer: Any) -> Form | str:
        if not is_plain_conv(layer) or max(layer.kernel_size) == 1:
            return "expected a two-dimensional convolution of more than 1×1; DecomposeSvd takes 1×1 and dense layers"
        return TuckerForm(np.asarray(layer.kernel))


class TuckerForm(SpectralForm):
    """(height, width, in, out) ≈ core (height, width, rank 1, rank 2), times (in, rank 1), times (out, rank 2)."""

    def __init__(self, kernel: Array) -> None:
        self.tensor = kernel.astype(np.float64)
        unfoldings = [
            np.moveaxis(self.tensor, axis, 0).reshape(self.tensor.shape[axis], -1) for axis in (2, 3)
        ]
        self.spectra = [singular_values(each) for each in unfoldings]
        self.max_ranks = (len(self.spectra[0]), len(self.spectra[1]))

    def num_weights(self, ranks: Ranks) -> int:
        height, width, inputs, outputs = self.tensor.shape
        return inputs * ranks[0] + height * width * ranks[0] * ranks[1] + ranks[1] * outputs

    def factorize(self, ranks: Ranks) -> list[Array]:
        from tensorly.decomposition import partial_tucker

        (core, (inputs, outputs)), _ = partial_tucker(self.tensor, rank=list(ranks), modes=[2, 3])
        return [inputs, core, outputs]

    def compose(self, factors: Sequence[Array]) -> Array:
        inputs, core, outputs = factors
        composed: Array = np.einsum("ir,hwrs,os->hwio", inputs, core, outputs)
        return composed

    def build(self, layer: Any, name: str, factors: Sequence[Array]) -> Replacement:
        inputs, core, outputs = factors
        return chain(
            [
                make_conv(layer, f"{name}_1", inputs[np.newaxis, np.newaxis]),
                make_conv(layer, f"{name}_2", core, **steps_of(layer)),
                make_conv(layer, f"{name}_3", outputs.T[np.newaxis, np.newaxis], is_last=True),
            ]
        )


SHORT_NAME = "tucker"


def parse(argument: str | None, given: frozenset[str]) -> DecomposeTucker:
    """`tucker`, `tucker:0.5` (budget), `tucker:e0.9` (energy), `tucker:8` or `tucker:8x16` (ranks in, out)."""
    return parse_decompose(DecomposeTucker, argument, SHORT_NAME)
