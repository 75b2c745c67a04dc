"""Magnitude pruning: the smallest weights of each layer become zero while the rest is trained on.

Source: Zhu and Gupta, "To prune, or not to prune", 2017, equation 1 (the polynomial schedule); m by n: Mishra et
al., "Accelerating Sparse Deep Neural Networks", 2021. Schedules and masks are those of tfmot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgekit.errors import RecipeError
from edgekit.techniques import CHANNELS, DEPTHWISE_SPARSITY, SMOKE_EPOCHS, SPARSITY, Context, TechniqueBase
from edgekit.techniques._layers import is_depthwise, kernels_of, restore_names
from edgekit.techniques._sparsity import (
    choose_masks,
    parse_pruning,
    promise_sparsity,
    require_kernels,
    require_scope,
    verify_sparsity,
)
from edgekit.techniques._text import require_fraction
from edgekit.tflite_model import TfliteModel

_UPDATES_PER_EPOCH = 10


@dataclass(frozen=True)
class PruneMagnitude(TechniqueBase):
    """`sparsity` of the convolutions and dense layers that have at least `min_weights` weights.

    `scope` 'layer' gives that to each of them; 'global' and 'global_magnitude' (see `choose_masks`) to all together,
    with one threshold for the weights as they are before training. It becomes a sparsity for each layer, none of
    which loses all. `schedule` 'polynomial' rises to the target over the first `ramp` of the epochs, 'constant'
    starts there. `m_by_n` (2, 4) zeroes 2 of every 4 weights along the input channels instead. Depthwise kernels
    have few weights that all matter; `depthwise` asks for them nevertheless.
    """

    sparsity: float = 0.75
    scope: str = "layer"
    schedule: str = "polynomial"
    ramp: float = 0.6
    m_by_n: tuple[int, int] | None = None
    depthwise: bool = False
    min_weights: int = 64
    num_epochs: int = 8
    learning_rate: float | None = None
    name: str = "prune_magnitude"

    def __post_init__(self) -> None:
        require_fraction(self.sparsity, "a sparsity")
        require_fraction(self.ramp, "a ramp")
        require_scope(self.scope)
        if self.schedule not in ("polynomial", "constant"):
            raise RecipeError(f"a pruning schedule of {self.schedule!r}; expected 'polynomial' or 'constant'")
        if self.m_by_n is not None and not 0 < self.m_by_n[0] < self.m_by_n[1]:
            raise RecipeError(
                f"m by n of {self.m_by_n}; expected for example (2, 4): 2 zeros among 4 weights"
            )
        if self.m_by_n is not None and self.scope != "layer":
            raise RecipeError(
                f"m by n with scope {self.scope!r}: m by n fixes every layer's sparsity; leave scope at 'layer'"
            )

    @property
    def effects(self) -> frozenset[str]:
        return frozenset({SPARSITY, DEPTHWISE_SPARSITY} if self.depthwise else {SPARSITY})

    @property
    def keeps(self) -> frozenset[str]:
        return self.effects | {CHANNELS}

    @property
    def target(self) -> float:
        return self.sparsity if self.m_by_n is None else self.m_by_n[0] / self.m_by_n[1]

    def wrap(self, model: Any, context: Context) -> Any:
        import tensorflow_model_optimization as tfmot
        import tf_keras

        require_kernels(self.name, model, self.min_weights, self.depthwise)
        kernels = self._kernels(model)
        if not kernels and self.m_by_n is not None:
            raise RecipeError(
                f"{self.name}: no layer has input channels that {self.m_by_n[1]} divides; leave m_by_n out"
            )
        sparsities = self._sparsities(kernels)

        def prune(layer: Any) -> Any:
            if layer.name not in sparsities:
                return layer
            # tfmot leaves depthwise layers dense unless they say which of their weights may go.
            if is_depthwise(layer):
                layer.get_prunable_weights = lambda: [layer.depthwise_kernel]
            arguments = self._arguments(context, sparsities[layer.name])
            return tfmot.sparsity.keras.prune_low_magnitude(layer, **arguments)

        return tf_keras.models.clone_model(model, clone_function=prune)

    def fit(self, model: Any, context: Context, num_epochs: int) -> None:
        import tensorflow_model_optimization as tfmot

        context.train(
            model,
            num_epochs,
            self.name,
            callbacks=[tfmot.sparsity.keras.UpdatePruningStep()],
            learning_rate=self.learning_rate,
        )

    def strip(self, model: Any) -> Any:
        import tensorflow_model_optimization as tfmot

        return restore_names(tfmot.sparsity.keras.strip_pruning(model))

    def promise(self, model: Any) -> Mapping[str, Any]:
        promise = promise_sparsity(self.name, model, self._kernels(model), self.target, self.scope)
        return promise if self.m_by_n is None else {**promise, "m_by_n": list(self.m_by_n)}

    def verify(self, model: TfliteModel, promise: Mapping[str, Any]) -> None:
        verify_sparsity(model, promise)

    def _sparsities(self, kernels: list[tuple[Any, Any]]) -> dict[str, float]:
        """The target of each layer by its name."""
        if self.scope == "layer":
            return {layer.name: self.target for layer, _ in kernels}
        kept = choose_masks([kernel for _, kernel in kernels], self.sparsity, self.scope)
        return {layer.name: 1 - float(mask.mean()) for (layer, _), mask in zip(kernels, kept, strict=True)}

    def _kernels(self, model: Any) -> list[tuple[Any, Any]]:
        kernels = kernels_of(model, self.min_weights, self.depthwise)
        if self.m_by_n is None:
            return kernels
        # tfmot passes over kernels whose input channels n does not divide, without a word, and fails on those of
        # signals; those of transposed convolutions have their output channels where it looks for input channels.
        return [
            (layer, kernel)
            for layer, kernel in kernels
            if kernel.shape[-2] % self.m_by_n[1] == 0
            and kernel.ndim in (2, 4)
            and type(layer).__name__ != "Conv2DTranspose"
        ]

    def _arguments(self, context: Context, sparsity: float) -> dict[str, Any]:
        import tensorflow_model_optimization as tfmot

        if self.m_by_n is not None:
            return {"sparsity_m_by_n": self.m_by_n}
        num_steps = context.num_steps * (
            min(self.num_epochs, SMOKE_EPOCHS) if context.smoke else self.num_epochs
        )
        frequency = max(1, context.num_steps // _UPDATES_PER_EPOCH)
        schedules = tfmot.sparsity.keras
        if self.schedule == "constant":
            return {"pruning_schedule": schedules.ConstantSparsity(sparsity, 0, frequency=frequency)}
        # The target is reached only if the last step is one at which masks are made.
        end = max(1, int(num_steps * self.ramp) // frequency) * frequency
        return {"pruning_schedule": schedules.PolynomialDecay(0.0, sparsity, 0, end, frequency=frequency)}


SHORT_NAME = "prune"


def parse(argument: str | None, given: frozenset[str]) -> PruneMagnitude:
    """`prune`, `prune:0.75`, `prune:0.75:global`, `prune:0.75:constant:depthwise`, or `prune:2x4`."""
    if argument is not None and argument.count("x") == 1:
        m, n = argument.split("x")
        if m.isdigit() and n.isdigit():
            return PruneMagnitude(m_by_n=(int(m), int(n)))
    sparsity, scope, options = parse_pruning(argument, ("depthwise", "constant"))
    schedule = "constant" if "constant" in options else "polynomial"
    return PruneMagnitude(sparsity, scope, schedule, depthwise="depthwise" in options)
