"""Magnitude pruning: the smallest weights of each layer become zero while the rest is trained on.

Source: Zhu and Gupta, "To prune, or not to prune", 2017, equation 1 (the polynomial schedule); m by n: Mishra et
al., "Accelerating Sparse Deep Neural Networks", 2021. Schedules and masks are those of tfmot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgekit.errors import RecipeError
from edgekit.flatbuffer_weights import find_weights, match_weights
from edgekit.techniques import CHANNELS, SMOKE_EPOCHS, SPARSITY, Context, TechniqueBase
from edgekit.techniques._layers import kernels_of, restore_names
from edgekit.techniques._text import parse_fraction, require_fraction
from edgekit.tflite_model import TfliteModel

_UPDATES_PER_EPOCH = 10


@dataclass(frozen=True)
class PruneMagnitude(TechniqueBase):
    """`sparsity` of every convolution and dense layer that has at least `min_weights` weights.

    `schedule` 'polynomial' rises to the target over the first `ramp` of the epochs, 'constant' starts there.
    `m_by_n` (2, 4) zeroes 2 of every 4 weights along the input channels instead. Depthwise kernels have few
    weights that all matter; `depthwise` asks for them nevertheless.
    """

    sparsity: float = 0.75
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
        if self.schedule not in ("polynomial", "constant"):
            raise RecipeError(f"a pruning schedule of {self.schedule!r}; expected 'polynomial' or 'constant'")
        if self.m_by_n is not None and not 0 < self.m_by_n[0] < self.m_by_n[1]:
            raise RecipeError(
                f"m by n of {self.m_by_n}; expected for example (2, 4): 2 zeros among 4 weights"
            )

    @property
    def effects(self) -> frozenset[str]:
        return frozenset({SPARSITY})

    @property
    def keeps(self) -> frozenset[str]:
        return frozenset({SPARSITY, CHANNELS})

    @property
    def target(self) -> float:
        return self.sparsity if self.m_by_n is None else self.m_by_n[0] / self.m_by_n[1]

    def wrap(self, model: Any, context: Context) -> Any:
        import tensorflow_model_optimization as tfmot
        import tf_keras

        names = {layer.name for layer in self._layers(model)}
        if not names:
            raise RecipeError(
                f"{self.name}: the model has no convolution or dense layer of at least {self.min_weights} weights"
            )
        arguments = self._arguments(context)

        def prune(layer: Any) -> Any:
            if layer.name not in names:
                return layer
            # tfmot leaves depthwise layers dense unless they say which of their weights may go.
            if isinstance(layer, tf_keras.layers.DepthwiseConv2D):
                layer.get_prunable_weights = lambda: [layer.depthwise_kernel]
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
        found = {layer.name: float((kernel == 0).mean()) for layer, kernel in self._kernels(model)}
        too_dense = {name: value for name, value in found.items() if value < self.target - 0.02}
        if too_dense:
            name, value = min(too_dense.items(), key=lambda item: item[1])
            raise RecipeError(
                f"{self.name}: layer {name} has a sparsity of {value:.1%} after training; expected "
                f"{self.target:.1%}; give it more epochs, or a layer whose input channels m by n divides"
            )
        return {
            "sparsity": found,
            "num_weights": {layer.name: int(kernel.size) for layer, kernel in self._kernels(model)},
            "left_dense": [layer.name for layer, _ in kernels_of(model) if layer.name not in found],
        }

    def verify(self, model: TfliteModel, promise: Mapping[str, Any]) -> None:
        matched = match_weights(find_weights(model), promise["num_weights"].items())
        for name, sparsity in promise["sparsity"].items():
            weights = matched[name]
            found = 0.0 if weights is None else weights.sparsity
            # Quantization adds zeros, it takes none away.
            if found < sparsity - 1e-9:
                where = (
                    "no tensor of that size"
                    if weights is None
                    else f"tensor {weights.tensor} {weights.name!r}"
                )
                raise RecipeError(
                    f"the exported model does not keep the pruning of layer {name}: {where} has a sparsity of "
                    f"{found:.1%}; expected {sparsity:.1%}; quantize with quantize_aware(preserve='sparsity')"
                )

    def _layers(self, model: Any) -> list[Any]:
        return [layer for layer, _ in self._kernels(model)]

    def _kernels(self, model: Any) -> list[tuple[Any, Any]]:
        kernels = kernels_of(model, self.min_weights, self.depthwise)
        if self.m_by_n is None:
            return kernels
        # tfmot passes over kernels whose input channels n does not divide, without a word.
        return [(layer, kernel) for layer, kernel in kernels if kernel.shape[-2] % self.m_by_n[1] == 0]

    def _arguments(self, context: Context) -> dict[str, Any]:
        import tensorflow_model_optimization as tfmot

        if self.m_by_n is not None:
            return {"sparsity_m_by_n": self.m_by_n}
        num_steps = context.num_steps * (
            min(self.num_epochs, SMOKE_EPOCHS) if context.smoke else self.num_epochs
        )
        frequency = max(1, context.num_steps // _UPDATES_PER_EPOCH)
        if self.schedule == "constant":
            schedule = tfmot.sparsity.keras.ConstantSparsity(self.sparsity, 0, frequency=frequency)
        else:
            end = max(1, int(num_steps * self.ramp))
            schedule = tfmot.sparsity.keras.PolynomialDecay(0.0, self.sparsity, 0, end, frequency=frequency)
        return {"pruning_schedule": schedule}


SHORT_NAME = "prune"


def parse(argument: str | None, given: frozenset[str]) -> PruneMagnitude:
    """`prune`, `prune:0.75`, or `prune:2x4`."""
    if argument is not None and argument.count("x") == 1:
        m, n = argument.split("x")
        if m.isdigit() and n.isdigit():
            return PruneMagnitude(m_by_n=(int(m), int(n)))
    return PruneMagnitude(sparsity=parse_fraction(argument, "a sparsity", 0.75))
