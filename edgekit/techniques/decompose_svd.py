"""Singular value decomposition: one layer becomes two with few channels between them.

Source: Denton et al., "Exploiting Linear Structure Within Convolutional Networks", NIPS 2014, section 3.2 (dense);
Jaderberg et al., "Speeding up Convolutional Neural Networks with Low Rank Expansions", BMVC 2014, scheme 2 (spatial);
Zhang et al., "Accelerating Very Deep Convolutional Networks", TPAMI 2016, section 2 (channel).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.techniques._decompose import Decompose, parse_decompose
from edgekit.techniques._forms import (
    Form,
    Ranks,
    SpectralForm,
    is_dense,
    is_plain_conv,
    make_conv,
    singular_values,
    steps_of,
)
from edgekit.techniques._replace import Array, Replacement, chain


@dataclass(frozen=True)
class DecomposeSvd(Decompose):
    """Dense → two dense layers; 1×1 → two of them; `split` says how a k×k convolution is taken apart:

    'spatial' into a k×1 and a 1×k convolution, 'channel' into a k×k one with few outputs and a 1×1.
    """

    split: str = "spatial"
    name: str = "svd"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.split not in ("spatial", "channel"):
            raise RecipeError(f"{self.name}: a split of {self.split!r}; expected 'spatial' or 'channel'")

    def make_form(self, layer: Any) -> Form | str:
        if is_dense(layer):
            return MatrixForm(np.asarray(layer.kernel))
        if not is_plain_conv(layer):
            return "expected a dense layer or a two-dimensional convolution with one group"
        kernel = np.asarray(layer.kernel)
        is_spatial = self.split == "spatial" and kernel.shape[0] > 1 and kernel.shape[1] > 1
        return SpatialForm(kernel) if is_spatial else ChannelForm(kernel)


class MatrixForm(SpectralForm):
    """(rows, columns) ≈ (rows, rank) (rank, columns)."""

    def __init__(self, matrix: Array) -> None:
        self.tensor = matrix.astype(np.float64)
        self.spectra = [singular_values(self.tensor)]
        self.max_ranks = (min(matrix.shape),)

    def num_weights(self, ranks: Ranks) -> int:
        return ranks[0] * sum(self.tensor.shape)

    def factorize(self, ranks: Ranks) -> list[Array]:
        left, values, right = np.linalg.svd(self.tensor, full_matrices=False)
        # Half of the scale on either side keeps what lies between in the range of the rest.
        roots = np.sqrt(values[: ranks[0]])
        return [left[:, : ranks[0]] * roots, roots[:, np.newaxis] * right[: ranks[0]]]

    def compose(self, factors: Sequence[Array]) -> Array:
        product: Array = factors[0] @ factors[1]
        return product

    def build(self, layer: Any, name: str, factors: Sequence[Array]) -> Replacement:
        import tf_keras

        rank, units = factors[1].shape
        first = tf_keras.layers.Dense(rank, use_bias=False, name=f"{name}_1")
        second = tf_keras.layers.Dense(
            units, activation=layer.activation, use_bias=layer.use_bias, name=f"{name}_2"
        )
        bias = [np.asarray(layer.bias)] if layer.use_bias else []
        return chain([(first, [factors[0]]), (second, [factors[1], *bias])])


class ChannelForm(MatrixForm):
    """The matrix of a convolution: (height · width · in, out)."""

    def __init__(self, kernel: Array) -> None:
        super().__init__(kernel.reshape(-1, kernel.shape[3]))
        self._shape = kernel.shape

    def build(self, layer: Any, name: str, factors: Sequence[Array]) -> Replacement:
        first, second = factors
        return chain(
            [
                make_conv(layer, f"{name}_1", first.reshape(*self._shape[:3], -1), **steps_of(layer)),
                make_conv(layer, f"{name}_2", second[np.newaxis, np.newaxis], is_last=True),
            ]
        )


class SpatialForm(MatrixForm):
    """The matrix (height · in, width · out): its factors are a vertical and a horizontal convolution."""

    def __init__(self, kernel: Array) -> None:
        height, width, inputs, outputs = kernel.shape
        super().__init__(kernel.transpose(0, 2, 1, 3).reshape(height * inputs, width * outputs))
        self._shape = kernel.shape

    def build(self, layer: Any, name: str, factors: Sequence[Array]) -> Replacement:
        height, width, inputs, outputs = self._shape
        vertical = factors[0].reshape(height, 1, inputs, -1)
        horizontal = factors[1].reshape(-1, 1, width, outputs).transpose(1, 2, 0, 3)
        (down, right), (spread_down, spread_right) = layer.strides, layer.dilation_rate
        return chain(
            [
                make_conv(layer, f"{name}_1", vertical, strides=(down, 1), dilation_rate=(spread_down, 1)),
                make_conv(
                    layer,
                    f"{name}_2",
                    horizontal,
                    is_last=True,
                    strides=(1, right),
                    dilation_rate=(1, spread_right),
                ),
            ]
        )


SHORT_NAME = "svd"


def parse(argument: str | None, given: frozenset[str]) -> DecomposeSvd:
    """`svd`, `svd:0.5` (budget), `svd:e0.9` (energy), or `svd:8` (rank)."""
    return parse_decompose(DecomposeSvd, argument, SHORT_NAME)
