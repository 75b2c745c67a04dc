"""Lottery tickets: of the weights that end up large, the early values are trained once more, without the others.

Source: Frankle and Carbin, "The Lottery Ticket Hypothesis", ICLR 2019, section 1 (iterative pruning with resetting);
Frankle et al., "Linear Mode Connectivity and the Lottery Ticket Hypothesis", ICML 2020, algorithm 2 (rewinding to an
early epoch instead of initialization, which larger networks need).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zlib import crc32

from edgekit.errors import RecipeError
from edgekit.techniques import CHANNELS, Context
from edgekit.techniques._masked_pruning import MaskedPruning
from edgekit.techniques._masks import mask_kernels, masks, set_masks
from edgekit.techniques._sparsity import (
    parse_pruning,
    require_kernels,
    require_scope,
)
from edgekit.techniques._text import require_fraction
from edgekit.techniques.prune_iterative import prune_to


@dataclass(frozen=True)
class PruneLottery(MaskedPruning):
    """`sparsity` of the convolutions and dense layers of at least `min_weights` weights, in `num_rounds`.

    The weights of the trained model that this is given are not used, only its layers: what it was early on is
    not known any more. A copy with new weights from the layers' initializers, seeded by the run, is trained for
    `rewind_epochs` with a learning rate that falls over these, not over the whole run as in the paper; that is the
    point to rewind to (0: initialization). A round trains `num_epochs` from there, prunes the smallest of the
    weights that are left and rewinds the others, with the rest of the model. What is left after the last round,
    the winning ticket, is trained for another `num_epochs`: `rewind_epochs + (num_rounds + 1) * num_epochs`
    in all. Layers that are not trained keep their weights. `scope` is one of those of `choose_masks`.
    """

    sparsity: float = 0.75
    scope: str = "layer"
    num_rounds: int = 3
    rewind_epochs: int = 2
    depthwise: bool = False
    min_weights: int = 64
    num_epochs: int = 10
    learning_rate: float | None = None
    name: str = "prune_lottery"

    def __post_init__(self) -> None:
        require_fraction(self.sparsity, "a sparsity")
        require_scope(self.scope)
        if self.num_rounds < 1 or self.rewind_epochs < 0 or self.num_epochs < 1:
            raise RecipeError(
                f"{self.name}: {self.num_rounds} rounds of {self.num_epochs} epochs, rewound to epoch "
                f"{self.rewind_epochs}; expected at least 1 round of at least 1 epoch, rewound to epoch 0 or later"
            )

    @property
    def keeps(self) -> frozenset[str]:
        return frozenset({CHANNELS})

    def wrap(self, model: Any, context: Context) -> Any:
        import tf_keras

        kernels = require_kernels(self.name, model, self.min_weights, self.depthwise)
        tf_keras.utils.set_random_seed((context.seed + crc32(self.name.encode())) % 2**32)
        return mask_kernels(model, kernels, fresh=True)

    def fit(self, model: Any, context: Context, num_epochs: int) -> None:
        num_rounds = min(self.num_rounds, 1) if context.smoke else self.num_rounds
        rewind_epochs = min(self.rewind_epochs, 1) if context.smoke else self.rewind_epochs

        def train(epochs: int, label: str) -> None:
            context.train(model, epochs, f"{self.name} {label}", learning_rate=self.learning_rate)

        train(rewind_epochs, "start")
        early = model.get_weights()
        for number in range(1, num_rounds + 1):
            train(num_epochs, f"round {number}")
            prune_to(model, 1 - (1 - self.sparsity) ** (number / num_rounds), self.scope)
            model.set_weights(early)
            set_masks(model, masks(model))
        train(num_epochs, "winning ticket")


SHORT_NAME = "prune_lottery"


def parse(argument: str | None, given: frozenset[str]) -> PruneLottery:
    """`prune_lottery`, `prune_lottery:0.75`, or `prune_lottery:0.75:global`."""
    sparsity, scope, options = parse_pruning(argument, ("depthwise",))
    return PruneLottery(sparsity, scope, depthwise="depthwise" in options)
