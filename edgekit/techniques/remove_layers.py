"""Layer removal: residual blocks, and layers that change no shape, which the loss misses least.

Source: Veit, Wilber and Belongie, "Residual Networks Behave Like Ensembles of Relatively Shallow Networks",
NeurIPS 2016, section 4.1 (deleting single blocks); chosen one after another by sensitivity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.flatbuffer_weights import find_weights
from edgekit.techniques import CHANNELS, Context, TechniqueBase
from edgekit.techniques._bypass import Bypass, apply_bypass, find_bypasses
from edgekit.techniques._channel_nouns import Array
from edgekit.techniques._channels import analyze_channels
from edgekit.techniques._channels_cost import count_macs
from edgekit.techniques._criteria_features import run_batches
from edgekit.techniques._samples import choose_samples
from edgekit.techniques._text import parse_fraction, require_fraction
from edgekit.tflite_model import TfliteModel


@dataclass(frozen=True)
class RemoveLayers(TechniqueBase):
    """Leaves blocks out until at least `reduction` of the MACs are gone.

    Again and again the one goes for which the loss on `num_samples` training samples rises least per MAC saved;
    `round_epochs` of training follow each, and `num_epochs` the last.
    """

    reduction: float = 0.25
    num_samples: int = 256
    round_epochs: int = 1
    num_epochs: int = 8
    learning_rate: float | None = 1e-3
    name: str = "remove_layers"

    def __post_init__(self) -> None:
        require_fraction(self.reduction, "a reduction")
        if self.num_samples < 1:
            raise RecipeError(f"{self.num_samples} samples; expected at least 1")

    @property
    def effects(self) -> frozenset[str]:
        return frozenset({CHANNELS})

    @property
    def keeps(self) -> frozenset[str]:
        return frozenset({CHANNELS})

    def wrap(self, model: Any, context: Context) -> Any:
        """Does all but the last training: which block goes next is known only when the model is trained on."""
        chosen = choose_samples(context, self.num_samples)
        samples, targets = context.dataset.x_train[chosen], context.dataset.targets[chosen]
        loss = context.dataset.loss
        whole = _macs(model)
        removed: list[str] = []
        while (left := _macs(model)) > whole * (1 - self.reduction):
            candidates = [(each, apply_bypass(model, each)) for each in find_bypasses(model)]
            candidates = [(each, shorter) for each, shorter in candidates if _macs(shorter) < left]
            if not candidates:
                raise RecipeError(
                    f"{self.name}: no other layer can be left out, and {left} of {whole} MACs are left; expected "
                    f"at most {int(whole * (1 - self.reduction))}; ask for a smaller reduction: only residual "
                    "blocks and layers whose output has the shape of their input can go"
                )
            if removed and self.round_epochs:
                epochs = min(self.round_epochs, 1) if context.smoke else self.round_epochs
                context.train(
                    model, epochs, f"{self.name} round {len(removed)}", learning_rate=self.learning_rate
                )
                candidates = [(each, apply_bypass(model, each)) for each, _ in candidates]
            before = _loss(model, samples, targets, loss)

            def sensitivity(item: tuple[Bypass, Any], before: float = before, left: int = left) -> float:
                return (_loss(item[1], samples, targets, loss) - before) / (left - _macs(item[1]))

            best, model = min(candidates, key=sensitivity)
            removed += best.layers
        model.layers_removed = tuple(removed)
        return model

    def fit(self, model: Any, context: Context, num_epochs: int) -> None:
        context.train(model, num_epochs, self.name, learning_rate=self.learning_rate)

    def promise(self, model: Any) -> Mapping[str, Any]:
        graph = analyze_channels(model)
        return {
            "removed": list(model.layers_removed),
            "total_macs": None if graph.uncounted else _macs(model),
        }

    def verify(self, model: TfliteModel, promise: Mapping[str, Any]) -> None:
        removed = set(promise["removed"])
        for weights in find_weights(model):
            named = removed.intersection(part for path in weights.name.split(";") for part in path.split("/"))
            if named:
                raise RecipeError(
                    f"the exported model still has layer {min(named)}: tensor {weights.tensor} {weights.name!r}; "
                    "expected it to be left out"
                )
        if promise["total_macs"] is not None and model.macs > promise["total_macs"]:
            raise RecipeError(
                f"the exported model does not keep the removal of layers: it has {model.macs} MACs; "
                f"expected at most {promise['total_macs']}"
            )


def _macs(model: Any) -> int:
    graph = analyze_channels(model)
    return count_macs(graph, np.zeros(graph.num_groups, bool))


def _loss(model: Any, samples: Array, targets: Array, name: str) -> float:
    import tf_keras

    # Called as it is: predict() would compile every candidate first.
    (outputs,) = zip(*run_batches(model, model.outputs, samples), strict=True)
    return float(np.mean(tf_keras.losses.get(name)(targets, np.concatenate(outputs))))


SHORT_NAME = "layers"


def parse(argument: str | None, given: frozenset[str]) -> RemoveLayers:
    """`layers`, or `layers:0.25`."""
    return RemoveLayers(reduction=parse_fraction(argument, "a reduction", 0.25))
