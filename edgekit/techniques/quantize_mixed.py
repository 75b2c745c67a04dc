"""Mixed precision: 4-bit weights in the layers that bear it best, 8 bits in the others.

Which layers bear it is measured: each is rounded alone, and the change of the model's answers is its sensitivity.
Runs where `quantize_int4` runs.

Source: Cai et al., "ZeroQ", CVPR 2020, section 3.2; Dong et al., "HAWQ", ICCV 2019, for the idea.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.techniques import INT4, INT8, Context
from edgekit.techniques._post_training import PostTraining
from edgekit.techniques._sensitivity import choose_bits, measure_sensitivity
from edgekit.techniques.quantize_int4 import require_int4, to_int4
from edgekit.techniques.quantize_int8 import QuantizeInt8
from edgekit.tflite_model import TfliteModel


@dataclass(frozen=True)
class QuantizeMixed(PostTraining):
    """At most `average_bits` for a weight on average; `packed` as in `QuantizeInt4`."""

    average_bits: float = 6.0
    packed: bool = True
    name: str = "quantize_mixed"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 4.0 <= self.average_bits < 8.0:
            raise RecipeError(
                f"{self.average_bits:g} bits on average; expected at least 4 and less than 8, such as 6"
            )

    @property
    def effects(self) -> frozenset[str]:
        return frozenset({INT4, INT8})

    def wrap(self, model: Any, context: Context) -> Any:
        super().wrap(model, context)
        sensitivities = measure_sensitivity(model, context.dataset.x_train[: self.num_samples], 4)
        if len(sensitivities) < 2:
            raise RecipeError(
                f"{self.name}: the model has {len(sensitivities)} layers with weights; expected at least 2 to choose "
                "from; use quantize_int8 or quantize_int4"
            )
        # It has to reach `promise`, which sees the model only.
        model._edgekit_sensitivities = sensitivities
        return model

    def promise(self, model: Any) -> Mapping[str, Any]:
        sensitivities = model._edgekit_sensitivities
        return {
            "num_bits": choose_bits(sensitivities, self.average_bits),
            "sensitivity": {each.layer: each.divergence for each in sensitivities},
            "num_weights": {each.layer: each.num_weights for each in sensitivities},
            "packed": self.packed,
        }

    def configure(self, converter: Any, samples: np.ndarray[Any, Any]) -> None:
        QuantizeInt8(self.num_samples, self.calibration).configure(converter, samples)

    def rewrite(self, flatbuffer: bytes, promise: Mapping[str, Any]) -> bytes:
        return to_int4(flatbuffer, promise)

    def verify(self, model: TfliteModel, promise: Mapping[str, Any]) -> None:
        require_int4(model, promise)
        total = sum(promise["num_weights"].values())
        bits = sum(promise["num_bits"][name] * size for name, size in promise["num_weights"].items())
        if bits > self.average_bits * total:
            raise RecipeError(
                f"the weights have {bits / total:.2f} bits on average; expected at most {self.average_bits:g}"
            )


SHORT_NAME = "mixed"


def parse(argument: str | None, given: frozenset[str]) -> QuantizeMixed:
    """`mixed`, or `mixed:5` with the average number of bits."""
    try:
        return QuantizeMixed() if argument is None else QuantizeMixed(average_bits=float(argument))
    except ValueError as error:
        raise RecipeError(
            f"{argument!r} bits on average; expected a number from 4 to 8, such as 6"
        ) from error
