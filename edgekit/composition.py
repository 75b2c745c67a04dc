"""Which techniques may follow which, decided before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence

from edgekit.errors import RecipeError
from edgekit.techniques import (
    BINARIZED,
    BINARY,
    CHANNELS,
    CLUSTERS,
    DEPTHWISE_SPARSITY,
    INT8,
    POWERS,
    QUANTIZED,
    SPARSITY,
    Technique,
)

# What training without regard to an effect does to it, and which technique has regard for it.
_REASONS = {
    SPARSITY: "its training fills the zeros in again",
    DEPTHWISE_SPARSITY: "its training fills their zeros in again",
    CLUSTERS: "its training moves weights of one cluster apart",
    POWERS: "its training moves weights off the powers of two",
    BINARY: "its training gives the weights all values again",
    BINARIZED: "only Larq Compute Engine's converter writes binarized operators, and nothing else",
    CHANNELS: "it gives the model its old channels back",
}
_REMEDIES = {
    frozenset({SPARSITY}): "use quantize_aware(preserve='sparsity'), PQAT, or put it first",
    frozenset({CLUSTERS}): "use quantize_aware(preserve='clusters'), CQAT, or put it first",
    frozenset(
        {SPARSITY, CLUSTERS}
    ): "use quantize_aware(preserve='sparsity+clusters'), PCQAT, or put it first",
}


def check_composition(techniques: Sequence[Technique]) -> None:
    """Refuses orders that cannot work or that undo what they have just done.

    Raises:
        RecipeError: with the reason, and the combination that works.
    """
    for position, technique in enumerate(techniques):
        earlier = techniques[:position]
        quantizer = next((each for each in earlier if QUANTIZED & each.effects), None)
        if quantizer is not None:
            what = "numbers of few bits" if INT8 not in quantizer.effects else "integers"
            raise RecipeError(
                f"{technique.name} comes after {quantizer.name}, which leaves the weights already fixed {what}; "
                f"put {quantizer.name} last"
            )
        trains = technique.num_epochs > 0 or CHANNELS in technique.effects
        for each in earlier:
            lost = each.effects - technique.keeps - {CHANNELS} - QUANTIZED
            if not trains:
                lost &= {BINARIZED}
            if lost:
                effect = sorted(lost)[0]
                remedy = _REMEDIES.get(frozenset(lost), f"put {technique.name} before {each.name}")
                if BINARIZED in lost:
                    remedy = f"leave {technique.name} out, or binarize only weights (binary_connect, ternary)"
                elif not QUANTIZED & technique.effects:
                    remedy = f"put {technique.name} before {each.name}"
                elif POWERS in lost or frozenset(lost) not in _REMEDIES:
                    # It cannot go first either, because it leaves the weights final.
                    remedy = f"use quantize_int8, which does not train, instead of {technique.name}"
                raise RecipeError(
                    f"{technique.name} after {each.name} loses the {effect} ({_REASONS[effect]}); {remedy}"
                )
