"""Tensor-ring decomposition: a tensor train whose ends are joined by a rank, too.

Source: Zhao et al., "Tensor Ring Decomposition", 2016, algorithm 1; Wang et al., "Wide Compression: Tensor Ring Nets",
CVPR 2018, section 3. The factorization is tensorly's.
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
    is_dense,
    is_plain_conv,
    make_conv,
    steps_of,
)
from edgekit.techniques._replace import Array, Replacement, chain
from edgekit.techniques.decompose_tt import balance, split_evenly


@dataclass(frozen=True)
class DecomposeRing(Decompose):
    """Three ranks a layer, of which the first joins the ends; `joint` is that one where only the others are sought.

    A convolution becomes `joint` branches of a 1×1 convolution each, all followed by one and the same k×k
    convolution, and a 1×1 over what they give. A dense layer's inputs are taken as a grid of two axes. Only a
    joint rank that divides a convolution's inputs (a dense layer's longer axis) can reach all of the energy.
    """

    joint: int = 2
    name: str = "ring"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.joint < 1:
            raise RecipeError(f"{self.name}: a joint rank of {self.joint}; expected at least 1")

    def make_form(self, layer: Any) -> Form | str:
        if is_plain_conv(layer) and max(layer.kernel_size) > 1:
            form: RingForm = ConvRing(np.asarray(layer.kernel), self.joint)
        elif is_dense(layer) and len(layer.input_shape) == 2:
            form = DenseRing(np.asarray(layer.kernel), self.joint)
        else:
            return (
                "expected a dense layer of plain vectors, or a two-dimensional convolution of more than 1×1"
            )
        if form.tensor.shape[0] < self.joint:
            return f"a joint rank of {self.joint} needs as many inputs; found {form.tensor.shape[0]}"
        return form


class RingForm(Form):
    """tensor (a, b, c) ≈ cores (r0, a, r1), (r1, b, r2), (r2, c, r0), summed over all ranks."""

    def __init__(self, tensor: Array, joint: int) -> None:
        self.tensor = tensor
        self._joint = joint
        self.max_ranks = self.limits((joint, self.tensor.shape[0] // joint))

    def limits(self, ranks: Ranks) -> Ranks:
        """r0 · r1 cannot exceed a, nor r2 what r1 · b or c · r0 make of it."""
        first, middle, last = self.tensor.shape
        joint = min(ranks[0], first)
        return joint, first // joint, min(ranks[1] * middle, last * joint)

    def spread(self, rank: int) -> Ranks:
        if rank > max(self.max_ranks):
            return self._joint, rank, rank
        second = min(rank, self.max_ranks[1])
        return self._joint, second, min(rank, self.limits((self._joint, second))[2])

    def ranks_at(self, level: float) -> Ranks:
        second = max(1, round(level * self.max_ranks[1]))
        return self._joint, second, max(1, round(level * self.limits((self._joint, second))[2]))

    def num_weights(self, ranks: Ranks) -> int:
        ends = (*ranks, ranks[0])
        return sum(ends[k] * size * ends[k + 1] for k, size in enumerate(self.tensor.shape))

    def factorize(self, ranks: Ranks) -> list[Array]:
        from tensorly.decomposition import tensor_ring

        return balance([np.asarray(each) for each in tensor_ring(self.tensor, [*ranks, ranks[0]])])

    def compose(self, factors: Sequence[Array]) -> Array:
        composed: Array = np.einsum("ias,sbt,tci->abc", *factors)
        return composed


class ConvRing(RingForm):
    """The kernel as (in, height · width, out)."""

    def __init__(self, kernel: Array, joint: int) -> None:
        height, width, inputs, outputs = kernel.shape
        tensor = kernel.astype(np.float64).transpose(2, 0, 1, 3).reshape(inputs, height * width, outputs)
        super().__init__(tensor, joint)
        self._kernel_size = height, width

    def build(self, layer: Any, name: str, factors: Sequence[Array]) -> Replacement:
        import tf_keras

        first, middle, last = factors
        branches = [
            make_conv(layer, f"{name}_{number}", each[np.newaxis, np.newaxis])
            for number, each in enumerate(first, 1)
        ]
        joint, rank = len(branches), middle.shape[2]
        kernel = middle.transpose(1, 0, 2).reshape(*self._kernel_size, -1, rank)
        shared = make_conv(layer, f"{name}_{joint + 1}", kernel, **steps_of(layer))
        # The branches' outputs lie one after another: channels (r0, r2).
        outputs = last.transpose(2, 0, 1).reshape(1, 1, joint * rank, -1)
        end = make_conv(layer, f"{name}_{joint + 2}", outputs, is_last=True)
        join = tf_keras.layers.Concatenate() if joint > 1 else None

        def apply(tensor: Any) -> Any:
            parts = [shared[0](branch(tensor)) for branch, _ in branches]
            return end[0](join(parts) if join else parts[0])

        return Replacement([*branches, shared, end], apply)


class DenseRing(RingForm):
    """The matrix as (i1, i2, out)."""

    def __init__(self, matrix: Array, joint: int) -> None:
        small, large = split_evenly(matrix.shape[0], 2)
        super().__init__(matrix.astype(np.float64).reshape(large, small, -1), joint)

    def build(self, layer: Any, name: str, factors: Sequence[Array]) -> Replacement:
        import tf_keras

        layers = tf_keras.layers
        first, middle, last = factors
        joint, rows, rank_1 = first.shape
        columns, rank_2 = middle.shape[1:]
        # (i1, 1, i2) → channels (r2, r1) → (i1, r2, r1) → over all i1 and r1 → (1, r2, r0) → (r2 · r0,)
        inner = middle.transpose(1, 2, 0).reshape(1, 1, columns, rank_2 * rank_1)
        outer = first.transpose(1, 2, 0)[:, np.newaxis]
        end = layers.Dense(
            last.shape[1], activation=layer.activation, use_bias=layer.use_bias, name=f"{name}_3"
        )
        bias = [np.asarray(layer.bias)] if layer.use_bias else []
        return chain(
            [
                (layers.Reshape((rows, 1, columns)), []),
                make_conv(layer, f"{name}_1", inner),
                (layers.Reshape((rows, rank_2, rank_1)), []),
                make_conv(layer, f"{name}_2", outer),
                (layers.Reshape((rank_2 * joint,)), []),
                (end, [last.transpose(0, 2, 1).reshape(rank_2 * joint, -1).astype(np.float32), *bias]),
            ]
        )


SHORT_NAME = "ring"


def parse(argument: str | None, given: frozenset[str]) -> DecomposeRing:
    """`ring`, `ring:0.5` (budget), `ring:e0.9` (energy), `ring:4`, or `ring:2x4x4` (ranks, the joint one first)."""
    return parse_decompose(DecomposeRing, argument, SHORT_NAME)
