"""Tensor-train decomposition of convolutions and dense layers.

Source: Oseledets, "Tensor-Train Decomposition", SIAM 2011, algorithm 1; Novikov et al., "Tensorizing Neural Networks",
NIPS 2015, section 4 (dense layers); Garipov et al., "Ultimate Tensorization", 2016 (convolutions). The factorization
is tensorly's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
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
)
from edgekit.techniques._replace import Array, Replacement, chain


@dataclass(frozen=True)
class DecomposeTensorTrain(Decompose):
    """A k×k convolution becomes a 1×1, a k×1, a 1×k and a 1×1 one, with three ranks between them.

    A dense layer's inputs and outputs are taken as grids of `num_cores` axes, with a core for each pair of axes
    and a rank between neighbours. It then stores less, but may compute more: see the MACs of the result.
    """

    num_cores: int = 2
    name: str = "tt"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.num_cores < 2:
            raise RecipeError(f"{self.name}: {self.num_cores} cores; expected at least 2")

    def make_form(self, layer: Any) -> Form | str:
        if is_plain_conv(layer) and max(layer.kernel_size) > 1:
            return ConvTrain(np.asarray(layer.kernel))
        if is_dense(layer) and len(layer.input_shape) == 2:
            kernel = np.asarray(layer.kernel)
            grids = [split_evenly(size, self.num_cores) for size in kernel.shape]
            # Small axes of the inputs go with large ones of the outputs, so that the cores are of like sizes.
            return DenseTrain(kernel, grids[0], grids[1][::-1], layer.use_bias)
        return "expected a dense layer of plain vectors, or a two-dimensional convolution of more than 1×1"


class Train(SpectralForm):
    """tensor ≈ product of cores (rank before, size, rank after); the outer ranks are 1."""

    def __init__(self, tensor: Array) -> None:
        self.tensor = tensor
        self.spectra = [
            singular_values(tensor.reshape(prod(tensor.shape[:cut]), -1)) for cut in range(1, tensor.ndim)
        ]
        self.max_ranks = tuple(len(each) for each in self.spectra)

    def num_weights(self, ranks: Ranks) -> int:
        ends = (1, *self._reachable(ranks), 1)
        return sum(ends[k] * size * ends[k + 1] for k, size in enumerate(self.tensor.shape))

    def factorize(self, ranks: Ranks) -> list[Array]:
        from tensorly.decomposition import tensor_train

        cores = tensor_train(self.tensor, rank=[1, *self._reachable(ranks), 1])
        return balance([np.asarray(each) for each in cores])

    def compose(self, factors: Sequence[Array]) -> Array:
        product = factors[0]
        for core in factors[1:]:
            product = np.tensordot(product, core, axes=1)
        composed: Array = product[0, ..., 0]
        return composed

    def _reachable(self, ranks: Ranks) -> Ranks:
        """No rank is more than its core can make of its neighbour's."""
        found = list(ranks)
        for k, size in enumerate(self.tensor.shape[:-1]):
            found[k] = min(found[k], (found[k - 1] if k else 1) * size)
        for k in range(len(found) - 1, -1, -1):
            found[k] = min(found[k], (found[k + 1] if k + 1 < len(found) else 1) * self.tensor.shape[k + 1])
        return tuple(found)


class ConvTrain(Train):
    """The kernel as (in, height, width, out)."""

    def __init__(self, kernel: Array) -> None:
        super().__init__(kernel.astype(np.float64).transpose(2, 0, 1, 3))

    def build(self, layer: Any, name: str, factors: Sequence[Array]) -> Replacement:
        inputs, vertical, horizontal, outputs = factors
        (down, right), (spread_down, spread_right) = layer.strides, layer.dilation_rate
        across: dict[str, Any] = {"strides": (1, right), "dilation_rate": (1, spread_right)}
        along: dict[str, Any] = {"strides": (down, 1), "dilation_rate": (spread_down, 1)}
        return chain(
            [
                make_conv(layer, f"{name}_1", inputs[np.newaxis]),
                make_conv(layer, f"{name}_2", vertical.transpose(1, 0, 2)[:, np.newaxis], **along),
                make_conv(layer, f"{name}_3", horizontal.transpose(1, 0, 2)[np.newaxis], **across),
                make_conv(layer, f"{name}_4", outputs[np.newaxis, np.newaxis, ..., 0], is_last=True),
            ]
        )


class DenseTrain(Train):
    """The matrix with rows (i1, …, id) and columns (od, …, o1), as a tensor (i1 · o1, …, id · od).

    The layer is a row of convolutions without a transposition: the input is an image of i1·…·id rows, and core k,
    from the last to the first, takes ik neighbouring rows together (kernel and stride ik×1) and puts its ok outputs
    where the channels were, which become the next axis. So the outputs come out in the order (od, …, o1).
    """

    def __init__(self, matrix: Array, rows: Ranks, columns: Ranks, has_bias: bool) -> None:
        # columns: (o1, …, od)
        count = len(rows)
        grid = matrix.astype(np.float64).reshape(*rows, *columns[::-1])
        order = [axis for k in range(count) for axis in (k, 2 * count - 1 - k)]
        sizes = [i * o for i, o in zip(rows, columns, strict=True)]
        super().__init__(grid.transpose(order).reshape(sizes))
        self._rows, self._columns, self._has_bias = rows, columns, has_bias

    def num_weights(self, ranks: Ranks) -> int:
        # Every output has a bias of its own, which takes a depthwise layer with a weight of 1 for each.
        return super().num_weights(ranks) + (prod(self._columns) if self._has_bias else 0)

    def build(self, layer: Any, name: str, factors: Sequence[Array]) -> Replacement:
        import tf_keras

        layers = tf_keras.layers
        ranks = [core.shape[0] for core in factors] + [1]
        num_rows, num_done = prod(self._rows), 1
        parts: list[tuple[Any, list[Array]]] = []
        for step, k in enumerate(range(len(factors) - 1, -1, -1), 1):
            parts.append((layers.Reshape((num_rows, num_done, ranks[k + 1])), []))
            rows, columns = self._rows[k], self._columns[k]
            kernel = factors[k].reshape(ranks[k], rows, columns, ranks[k + 1]).transpose(1, 3, 2, 0)
            kernel = kernel.reshape(rows, 1, ranks[k + 1], columns * ranks[k])
            made = layers.Conv2D(
                columns * ranks[k], (rows, 1), strides=(rows, 1), use_bias=False, name=f"{name}_{step}"
            )
            parts.append((made, [kernel.astype(np.float32)]))
            num_rows, num_done = num_rows // rows, num_done * columns
        if self._has_bias:
            parts.append((layers.Reshape((1, 1, num_done)), []))
            bias = layers.DepthwiseConv2D(1, name=f"{name}_{len(factors) + 1}")
            parts.append((bias, [np.ones((1, 1, num_done, 1), np.float32), np.asarray(layer.bias)]))
        parts.append((layers.Reshape((num_done,)), []))
        if layer.activation is not tf_keras.activations.linear:
            parts.append((layers.Activation(layer.activation), []))
        return chain(parts)


def split_evenly(size: int, count: int) -> Ranks:
    """`count` factors whose product is `size`, as alike as they can be, the smallest first."""
    if count == 1:
        return (size,)
    target = round(size ** (1 / count))
    first = next(each for each in range(max(target, 1), 0, -1) if size % each == 0)
    return tuple(sorted((first, *split_evenly(size // first, count - 1))))


def balance(cores: Sequence[Array]) -> list[Array]:
    """The cores with the same product, each as large as the others."""
    norms = [float(np.linalg.norm(each)) for each in cores]
    length = float(np.prod(norms)) ** (1 / len(norms))
    return [each / norm * length for each, norm in zip(cores, norms, strict=True)]


SHORT_NAME = "tt"


def parse(argument: str | None, given: frozenset[str]) -> DecomposeTensorTrain:
    """`tt`, `tt:0.5` (budget), `tt:e0.9` (energy), or `tt:8` (the most of every rank)."""
    return parse_decompose(DecomposeTensorTrain, argument, SHORT_NAME)
