"""Quantization-aware training: the model is trained with the rounding that int8 will bring.

Source: Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
Inference", CVPR 2018, section 3. With `preserve`, tfmot's sparsity- and cluster-preserving schemes
(PQAT, CQAT, PCQAT). Layers that tfmot refuses are rewritten first, see _qat_doctor.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.console import note
from edgekit.errors import RecipeError
from edgekit.techniques import CHANNELS, CLUSTERS, INT8, SPARSITY, Context, TechniqueBase
from edgekit.techniques._qat_doctor import make_quantizable
from edgekit.techniques.quantize_int8 import QuantizeInt8, require_int8
from edgekit.tflite_model import TfliteModel

_PRESERVES = {
    "": (frozenset[str](), "quantize_aware"),
    "sparsity": (frozenset({SPARSITY}), "pqat"),
    "clusters": (frozenset({CLUSTERS}), "cqat"),
    "sparsity+clusters": (frozenset({SPARSITY, CLUSTERS}), "pcqat"),
}


@dataclass(frozen=True)
class QuantizeAware(TechniqueBase):
    """Fine-tunes for `num_epochs`; `preserve` names what an earlier technique gave the weights."""

    preserve: str = ""
    num_epochs: int = 4
    learning_rate: float | None = 5e-4

    def __post_init__(self) -> None:
        if self.preserve not in _PRESERVES:
            raise RecipeError(
                f"quantize_aware cannot preserve {self.preserve!r}; expected 'sparsity', 'clusters' or "
                "'sparsity+clusters'"
            )

    @property
    def name(self) -> str:
        return _PRESERVES[self.preserve][1]

    @property
    def effects(self) -> frozenset[str]:
        return frozenset({INT8})

    @property
    def keeps(self) -> frozenset[str]:
        return _PRESERVES[self.preserve][0] | {CHANNELS}

    def wrap(self, model: Any, context: Context) -> Any:
        import tensorflow_model_optimization as tfmot

        quantization = tfmot.quantization.keras
        model, changes = make_quantizable(model, context.dataset.x_train)
        for change in changes:
            note(f"{self.name}: {change}")
        try:
            if not self.preserve:
                return quantization.quantize_model(model)
            annotated = quantization.quantize_annotate_model(model)
            combine = tfmot.experimental.combine
            scheme = (
                combine.Default8BitClusterPreserveQuantizeScheme(SPARSITY in self.keeps)
                if CLUSTERS in self.keeps
                else combine.Default8BitPrunePreserveQuantizeScheme()
            )
            return quantization.quantize_apply(annotated, scheme)
        except (RuntimeError, ValueError, AttributeError) as error:
            raise RecipeError(
                f"{self.name}: tfmot cannot quantize this model ({str(error).splitlines()[0]}); "
                "use layers it knows, or quantize_int8"
            ) from error

    def fit(self, model: Any, context: Context, num_epochs: int) -> None:
        context.train(model, num_epochs, self.name, learning_rate=self.learning_rate)

    def strip(self, model: Any) -> Any:
        if CLUSTERS not in self.keeps:
            return model
        import tensorflow_model_optimization as tfmot

        return tfmot.experimental.combine.strip_clustering_cqat(model)

    def configure(self, converter: Any, samples: np.ndarray[Any, Any]) -> None:
        QuantizeInt8().configure(converter, samples)

    def verify(self, model: TfliteModel, promise: Mapping[str, Any]) -> None:
        require_int8(model)


SHORT_NAME = "qat"


def parse(argument: str | None, given: frozenset[str]) -> QuantizeAware:
    """`qat` keeps what earlier techniques gave; `qat:sparsity` and the like say it, `qat:plain` keeps nothing."""
    wanted = (
        "+".join(each for each in (SPARSITY, CLUSTERS) if each in given) if argument is None else argument
    )
    return QuantizeAware(preserve="" if wanted == "plain" else wanted)
