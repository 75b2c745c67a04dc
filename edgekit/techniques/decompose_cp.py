"""CP decomposition: a depthwise convolution between two 1×1 convolutions, one component a channel.

Source: Lebedev et al., "Speeding-up Convolutional Neural Networks Using Fine-tuned CP-Decomposition", ICLR 2015,
section 3, equations 2 and 3. The factorization is tensorly's (alternating least squares).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.techniques._decompose import Decompose, parse_decompose
from edgekit.techniques._forms import (
    Form,
    Ranks,
    is_plain_conv,
    make_conv,
    steps_of,
)
from edgekit.techniques._replace import Array, Replacement, chain

_ITERATIONS = 200
_SEED = 0


@dataclass(frozen=True)
class DecomposeCp(Decompose):
    """One rank a layer.

    The depthwise convolution has k×k; with `separate` it is a k×1 and a 1×k, as in the paper, where the layer's
    stride is 1: TensorFlow has no depthwise convolution with two different strides.
    """

    separate: bool = False
    name: str = "cp"

    def make_form(self, layer: Any) -> Form | str:
        if not is_plain_conv(layer) or max(layer.kernel_size) == 1:
            return "expected a two-dimensional convolution of more than 1×1; DecomposeSvd takes 1×1 and dense layers"
        is_separate = self.separate and tuple(layer.strides) == (1, 1) and min(layer.kernel_size) > 1
        return CpForm(np.asarray(layer.kernel), is_separate)


class CpForm(Form):
    """Factors (height, rank), (width, rank), or (height · width, rank) instead of the two; (in, rank), (out, rank)."""

    def __init__(self, kernel: Array, is_separate: bool) -> None:
        shape = kernel.shape if is_separate else (kernel.shape[0] * kernel.shape[1], *kernel.shape[2:])
        self.tensor = kernel.astype(np.float64).reshape(shape)
        # A sum over the fibres of its longest axis, each of them rank 1, is the whole tensor.
        self.max_ranks = (self.tensor.size // max(shape),)
        self._kernel_size = kernel.shape[:2]

    def ranks_at(self, level: float) -> Ranks:
        # What makes the layer larger is of no use, and alternating least squares takes long for it.
        useful = min(self.max_ranks[0], self.tensor.size // sum(self.tensor.shape))
        return (max(1, round(level * useful)),)

    def num_weights(self, ranks: Ranks) -> int:
        return ranks[0] * sum(self.tensor.shape)

    def factorize(self, ranks: Ranks) -> list[Array]:
        from tensorly.decomposition import parafac

        with warnings.catch_warnings():
            # There are fewer singular vectors to begin with than the rank; the others begin at random.
            warnings.simplefilter("ignore")
            weights, factors = parafac(
                self.tensor, ranks[0], n_iter_max=_ITERATIONS, init="svd", tol=1e-7, random_state=_SEED
            )
        norms = [np.linalg.norm(each, axis=0) + 1e-30 for each in factors]
        # All factors of a component get the same length, so that none is lost to rounding.
        length = (np.prod(norms, axis=0) * np.abs(weights)) ** (1 / len(factors))
        balanced = [each / norm * length for each, norm in zip(factors, norms, strict=True)]
        return [balanced[0] * np.sign(weights), *balanced[1:]]

    def compose(self, factors: Sequence[Array]) -> Array:
        axes = "abcd"[: len(factors)]
        composed: Array = np.einsum(",".join(f"{each}r" for each in axes) + f"->{axes}", *factors)
        return composed

    def build(self, layer: Any, name: str, factors: Sequence[Array]) -> Replacement:
        *spatial, inputs, outputs = factors
        parts = [make_conv(layer, f"{name}_1", inputs[np.newaxis, np.newaxis])]
        if len(spatial) == 1:
            parts.append(_make_depthwise(layer, f"{name}_2", spatial[0].reshape(*self._kernel_size, -1)))
        else:
            parts.append(_make_depthwise(layer, f"{name}_2", spatial[0][:, np.newaxis]))
            parts.append(_make_depthwise(layer, f"{name}_3", spatial[1][np.newaxis]))
        last = outputs.T[np.newaxis, np.newaxis]
        return chain([*parts, make_conv(layer, f"{name}_{len(parts) + 1}", last, is_last=True)])


def _make_depthwise(layer: Any, name: str, kernel: Array) -> tuple[Any, list[Array]]:
    """`kernel`: (height, width, channels)."""
    import tf_keras

    made = tf_keras.layers.DepthwiseConv2D(
        kernel.shape[:2], padding=layer.padding, use_bias=False, name=name, **steps_of(layer)
    )
    return made, [kernel[..., np.newaxis].astype(np.float32)]


SHORT_NAME = "cp"


def parse(argument: str | None, given: frozenset[str]) -> DecomposeCp:
    """`cp`, `cp:0.5` (budget), `cp:e0.9` (energy), or `cp:8` (rank)."""
    return parse_decompose(DecomposeCp, argument, SHORT_NAME)
