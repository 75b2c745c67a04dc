"""Iterative magnitude pruning: a part of what is left goes, the rest is fine-tuned, and so on in rounds.

Source: Han et al., "Learning both Weights and Connections for Efficient Neural Networks", NIPS 2015, section 3.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edgekit.errors import RecipeError
from edgekit.techniques import CHANNELS, Context
from edgekit.techniques._masked_pruning import MaskedPruning
from edgekit.techniques._masks import mask_kernels, masked_kernels, masks, set_masks
from edgekit.techniques._sparsity import (
    choose_masks,
    parse_pruning,
    require_kernels,
    require_scope,
)
from edgekit.techniques._text import require_fraction


@dataclass(frozen=True)
class PruneIterative(MaskedPruning):
    """`sparsity` of the convolutions and dense layers of at least `min_weights` weights, in `num_rounds`.

    Each round takes the same fraction of what the one before left. A weight that is gone stays so, while those of
    `PruneMagnitude` may come back until its schedule ends. `round_epochs` of fine-tuning follow each round,
    `num_epochs` the last. `scope` is one of those of `choose_masks`, asked anew in each round.
    """

    sparsity: float = 0.75
    scope: str = "layer"
    num_rounds: int = 4
    round_epochs: int = 2
    depthwise: bool = False
    min_weights: int = 64
    num_epochs: int = 4
    learning_rate: float | None = 1e-3
    name: str = "prune_iterative"

    def __post_init__(self) -> None:
        require_fraction(self.sparsity, "a sparsity")
        require_scope(self.scope)
        if self.num_rounds < 1 or self.round_epochs < 0 or self.num_epochs < 1:
            raise RecipeError(
                f"{self.name}: {self.num_rounds} rounds of {self.round_epochs} epochs, {self.num_epochs} after the "
                "last; expected at least 1 round, no fewer than 0 epochs and at least 1 after the last"
            )

    @property
    def keeps(self) -> frozenset[str]:
        return self.effects | {CHANNELS}

    def wrap(self, model: Any, context: Context) -> Any:
        kernels = require_kernels(self.name, model, self.min_weights, self.depthwise)
        return mask_kernels(model, kernels)

    def fit(self, model: Any, context: Context, num_epochs: int) -> None:
        num_rounds = min(self.num_rounds, 2) if context.smoke else self.num_rounds
        between = min(self.round_epochs, 1) if context.smoke else self.round_epochs
        for number in range(1, num_rounds + 1):
            prune_to(model, 1 - (1 - self.sparsity) ** (number / num_rounds), self.scope)
            epochs = num_epochs if number == num_rounds else between
            context.train(model, epochs, f"{self.name} round {number}", learning_rate=self.learning_rate)


def prune_to(model: Any, sparsity: float, scope: str) -> None:
    """Masks the smallest of the weights that are left in a model of `mask_kernels`."""
    set_masks(model, choose_masks(masked_kernels(model), sparsity, scope, masks(model)))


SHORT_NAME = "prune_iterative"


def parse(argument: str | None, given: frozenset[str]) -> PruneIterative:
    """`prune_iterative`, `prune_iterative:0.75`, or `prune_iterative:0.75:global`."""
    sparsity, scope, options = parse_pruning(argument, ("depthwise",))
    return PruneIterative(sparsity, scope, depthwise="depthwise" in options)
