"""Which techniques may follow which, decided before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence

from edgekit.errors import RecipeError
from edgekit.techniques import BINARIZED, BINARY, CHANNELS, CLUSTERS, INT8, SPARSITY, Technique

# What training without regard to an effect does to it, and which technique has regard for it.
_REASONS = {
    SPARSITY: "its training fills the zeros in again",
    CLUSTERS: "its training moves weights of one cluster apart",
    INT8: "the weights are already fixed integers",
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
        if any(INT8 in each.effects for each in earlier):
            quantizer = next(each for each in earlier if INT8 in each.effects)
            raise RecipeError(
                f"{technique.name} comes after {quantizer.name}, which leaves {_REASONS[INT8]}; "
                f"put {quantizer.name} last"
            )
        trains = technique.num_epochs > 0 or CHANNELS in technique.effects
        for each in earlier:
            lost = each.effects - technique.keeps - {CHANNELS, INT8}
            if not trains:
                lost &= {BINARIZED}
            if lost:
                effect = sorted(lost)[0]
                remedy = _REMEDIES.get(frozenset(lost), f"put {technique.name} before {each.name}")
                if BINARIZED in lost:
                    remedy = f"leave {technique.name} out, or binarize only weights (binary_connect, ternary)"
                elif INT8 not in technique.effects:
                    remedy = f"put {technique.name} before {each.name}"
                raise RecipeError(
                    f"{technique.name} after {each.name} loses the {effect} ({_REASONS[effect]}); {remedy}"
                )
