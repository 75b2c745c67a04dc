"""Which weights are small enough to go, what a pruned model promises of its file, and whether the file keeps it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.flatbuffer_weights import find_weights, match_weights
from edgekit.techniques._layers import Array, kernels_of
from edgekit.techniques._text import parse_fraction
from edgekit.tflite_model import TfliteModel

# How far below what was asked for the sparsity after training may lie.
_TOLERANCE = 0.02
_SHARE_OF_AVERAGE = 5


def choose_masks(
    kernels: Sequence[Array], sparsity: float, scope: str, survivors: Sequence[Array] | None = None
) -> list[Array]:
    """True for the weights that stay, which are among the `survivors` (boolean masks; by default all).

    `scope` is one of SCOPES:
    - 'layer': the smallest weights of each layer, the same fraction of each.
    - 'global': the weights of all layers below one threshold, where a weight is scaled by the energy of those in its
      layer that are at least as large. Source: Lee et al., "Layer-adaptive Sparsity for the Magnitude-based
      Pruning" (LAMP), ICLR 2021, equation 1. Scaling matters where batch normalization follows: there the size of
      a whole layer's weights means nothing.
    - 'global_magnitude': the same with plain magnitudes, as in Frankle and Carbin, "The Lottery Ticket Hypothesis",
      ICLR 2019, section 2, for deep networks.

    With the global scopes every layer keeps at least a fifth of the average density, so that none is wiped out; the
    other layers give what it does not.
    """
    if survivors is None:
        survivors = [np.ones(each.shape, bool) for each in kernels]
    scores = [
        np.where(alive, _scores(each, scope), -1.0).reshape(-1)
        for each, alive in zip(kernels, survivors, strict=True)
    ]
    if scope == "layer":
        kept = [_largest(each, max(1, round(each.size * (1 - sparsity)))) for each in scores]
    else:
        floor = (1 - sparsity) / _SHARE_OF_AVERAGE
        for each in scores:
            each[_largest(each, max(1, math.ceil(each.size * floor)))] = np.inf
        together = np.concatenate(scores)
        # Rounding the floors up may come to more than what was asked for where layers are tiny.
        count = max(round(together.size * (1 - sparsity)), int(np.isinf(together).sum()))
        kept = np.split(_largest(together, count), np.cumsum([each.size for each in scores])[:-1])
    return [
        (each.reshape(alive.shape)) & alive.astype(bool) for each, alive in zip(kept, survivors, strict=True)
    ]


def _scores(kernel: Array, scope: str) -> Array:
    magnitudes = np.abs(kernel).astype(np.float64)
    if scope != "global":
        return magnitudes
    flat = np.square(magnitudes).reshape(-1)
    order = np.argsort(-flat, kind="stable")
    energies = np.empty_like(flat)
    energies[order] = np.cumsum(flat[order])
    scaled: Array = flat / np.maximum(energies, np.finfo(np.float64).tiny)
    return scaled.reshape(kernel.shape)


def _largest(scores: Array, count: int) -> Array:
    """A boolean mask of the `count` largest; of equal ones the first."""
    mask = np.zeros(scores.size, bool)
    mask[np.argsort(-scores, kind="stable")[:count]] = True
    return mask


SCOPES = ("layer", "global", "global_magnitude")


def require_scope(scope: str) -> None:
    """Raises RecipeError if it is none of SCOPES."""
    if scope not in SCOPES:
        raise RecipeError(f"a pruning scope of {scope!r}; expected one of {', '.join(SCOPES)}")


def require_kernels(name: str, model: Any, min_weights: int, depthwise: bool) -> list[tuple[Any, Array]]:
    """Every layer that can be pruned, with its kernel.

    Raises:
        RecipeError: there is none.
    """
    kernels = kernels_of(model, min_weights, depthwise)
    if not kernels:
        raise RecipeError(
            f"{name}: the model has no convolution or dense layer of at least {min_weights} weights; "
            "lower min_weights, or leave pruning out"
        )
    return kernels


def promise_sparsity(
    name: str, model: Any, kernels: Iterable[tuple[Any, Array]], sparsity: float, scope: str
) -> dict[str, Any]:
    """What the file of a pruned model must show.

    Raises:
        RecipeError: the model itself has not the sparsity that was asked for.
    """
    found = {layer.name: float((kernel == 0).mean()) for layer, kernel in kernels}
    sizes = {layer.name: int(kernel.size) for layer, kernel in kernels}
    if any(value == 1.0 for value in found.values()):
        empty = next(layer for layer, value in found.items() if value == 1.0)
        raise RecipeError(f"{name}: all weights of layer {empty} are zero; ask for less sparsity")
    total = sum(found[layer] * size for layer, size in sizes.items()) / sum(sizes.values())
    if scope == "layer":
        short = {f"layer {layer} has": value for layer, value in found.items()}
    else:
        short = {"all layers together have": total}
    who, least = min(short.items(), key=lambda item: item[1])
    if least < sparsity - _TOLERANCE:
        raise RecipeError(
            f"{name}: {who} a sparsity of {least:.1%} after training; expected {sparsity:.1%}; "
            "give it more epochs"
        )
    return {
        "sparsity": found,
        "total_sparsity": total,
        "num_weights": sizes,
        "left_dense": [layer.name for layer, _ in kernels_of(model) if layer.name not in found],
    }


def verify_sparsity(model: TfliteModel, promise: Mapping[str, Any]) -> None:
    """Raises RecipeError if a layer's tensor in the file has fewer zeros than its kernel had in Keras."""
    matched = match_weights(find_weights(model), promise["num_weights"].items())
    for name, sparsity in promise["sparsity"].items():
        weights = matched[name]
        found = 0.0 if weights is None else weights.sparsity
        where = "no tensor of that size" if weights is None else f"tensor {weights.tensor} {weights.name!r}"
        remedy = "quantize with quantize_aware(preserve='sparsity')"
        if weights is not None and weights.operator_name == "DEPTHWISE_CONV_2D":
            remedy = "quantize with quantize_int8: PQAT keeps the zeros of no depthwise kernel"
        # Quantization adds zeros, it takes none away.
        if found < sparsity - 1e-9:
            raise RecipeError(
                f"the exported model does not keep the pruning of layer {name}: {where} has a sparsity of "
                f"{found:.1%}; expected {sparsity:.1%}; {remedy}"
            )
        if weights is not None and "m_by_n" in promise:
            num_zeros, size = promise["m_by_n"]
            # Input channels come last in the file.
            blocks = weights.codes.reshape(-1, size)
            fewest = int((blocks == 0).sum(axis=1).min())
            if fewest < num_zeros:
                raise RecipeError(
                    f"the exported model does not keep the pruning of layer {name}: {size} neighbours in {where} "
                    f"have {fewest} zeros; expected {num_zeros}; {remedy}"
                )


def parse_pruning(argument: str | None, options: Iterable[str] = ()) -> tuple[float, str, frozenset[str]]:
    """`0.75`, `0.75:global` or, with one of the other words in `options`, `0.75:global:depthwise`.

    Raises:
        RecipeError: it is none of them.
    """
    number, *words = (argument if argument is not None else "0.75").split(":")
    sparsity = parse_fraction(number, "a sparsity", 0.75)
    scopes = [each for each in words if each in SCOPES]
    others = {each for each in words if each not in SCOPES}
    unknown = others - set(options)
    if unknown or len(scopes) > 1:
        found = repr(sorted(unknown)[0]) if unknown else " and ".join(scopes)
        known = ", ".join((*SCOPES, *options))
        raise RecipeError(f"pruning by {found}; expected a sparsity and then one of {known}")
    return sparsity, scopes[0] if scopes else "layer", frozenset(others)
