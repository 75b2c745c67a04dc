"""How a kernel is factorized, at which ranks, and the parts of which a factorized layer is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from edgekit.techniques._replace import Array, Replacement

Ranks = tuple[int, ...]


class Form:
    """How one layer's kernel is factorized; `tensor` is the kernel in the shape that it is factorized in."""

    tensor: Array
    max_ranks: Ranks

    def check(self, ranks: Ranks) -> str | None:
        """What is wrong with the ranks, or None."""
        if len(ranks) != len(self.max_ranks):
            return f"{len(ranks)} ranks; expected {len(self.max_ranks)}"
        limits = self.limits(ranks)
        if any(not 1 <= rank <= most for rank, most in zip(ranks, limits, strict=True)):
            return f"rank {show_ranks(ranks)}, but the tensor's is at most {show_ranks(limits)}"
        return None

    def limits(self, ranks: Ranks) -> Ranks:
        """The most that each rank can be, given those before it."""
        return self.max_ranks

    def spread(self, rank: int) -> Ranks:
        """One number for all ranks; where the tensor has less, that."""
        return tuple(min(rank, most) if rank <= max(self.max_ranks) else rank for most in self.max_ranks)

    def ranks_at(self, level: float) -> Ranks:
        """Ranks that grow with `level`, from (1, …) at 0 to those of the whole tensor at 1.

        Where the tensor has spectra, `level` is the fraction of their energy that is kept.
        """
        return tuple(max(1, round(level * most)) for most in self.max_ranks)

    def ranks_by_energy(self, energy: float) -> Ranks:
        """The least that keep that fraction of the sum of squares."""
        low, high = 0.0, 1.0
        while self.ranks_at(low) != self.ranks_at(high) and high - low > 1e-3:
            middle = (low + high) / 2
            low, high = (low, middle) if self.kept(self.ranks_at(middle)) >= energy else (middle, high)
        return self.ranks_at(high)

    def kept(self, ranks: Ranks) -> float:
        """The fraction of the tensor's energy that the factors give back."""
        difference = self.tensor - self.compose(self.factorize(ranks))
        return 1.0 - float((difference**2).sum() / (self.tensor**2).sum())

    def num_weights(self, ranks: Ranks) -> int:
        raise NotImplementedError

    def factorize(self, ranks: Ranks) -> list[Array]:
        raise NotImplementedError

    def compose(self, factors: Sequence[Array]) -> Array:
        """The tensor that the factors stand for."""
        raise NotImplementedError

    def build(self, layer: Any, name: str, factors: Sequence[Array]) -> Replacement:
        """Layers that compute what `layer` does, if the factors give its kernel; called `name`_1, `name`_2 …"""
        raise NotImplementedError


class SpectralForm(Form):
    """Each rank is that of a matrix, whose singular values tell what a rank keeps."""

    spectra: Sequence[Array]

    def ranks_at(self, level: float) -> Ranks:
        return tuple(_rank_of_energy(each, level) for each in self.spectra)

    def ranks_by_energy(self, energy: float) -> Ranks:
        return self.ranks_at(energy)


def singular_values(matrix: Array) -> Array:
    values: Array = np.linalg.svd(matrix, compute_uv=False)
    return values


def _rank_of_energy(values: Array, energy: float) -> int:
    total = np.cumsum(values**2)
    # A rounding error must not ask for the last singular values, which may be nothing else.
    return min(int(np.searchsorted(total, energy * total[-1] * (1 - 1e-12))) + 1, len(values))


def show_ranks(ranks: Ranks) -> str:
    return "×".join(map(str, ranks))


def make_conv(
    layer: Any, name: str, kernel: Array, is_last: bool = False, **changed: Any
) -> tuple[Any, list[Array]]:
    """A Conv2D with `kernel` (height, width, in, out) that takes the place of a part of the convolution `layer`.

    It moves by single pixels unless `changed` says otherwise. Bias and activation go to the last part.
    """
    import tf_keras

    made = tf_keras.layers.Conv2D(
        kernel.shape[3],
        kernel.shape[:2],
        use_bias=is_last and layer.use_bias,
        activation=layer.activation if is_last else None,
        name=name,
        **{"padding": getattr(layer, "padding", "valid"), **changed},
    )
    bias = [np.asarray(layer.bias)] if is_last and layer.use_bias else []
    return made, [kernel.astype(np.float32), *bias]


def is_plain_conv(layer: Any) -> bool:
    """A Conv2D itself, with channels last and one group; not one of the classes derived from it."""
    import tf_keras

    return (
        type(layer) is tf_keras.layers.Conv2D and layer.groups == 1 and layer.data_format == "channels_last"
    )


def is_dense(layer: Any) -> bool:
    import tf_keras

    return type(layer) is tf_keras.layers.Dense


def steps_of(layer: Any) -> dict[str, Any]:
    """Strides and dilation, for the part of a convolution that does all the moving."""
    return {"strides": layer.strides, "dilation_rate": layer.dilation_rate}
