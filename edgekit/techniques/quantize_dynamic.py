"""Dynamic range quantization: int8 weights; each activation is quantized anew when it is computed.

It needs no calibration data. For runtimes on Linux boards: tflite-micro and edgekit's firmware refuse such a file, and
tflite-runtime 2.14 has no kernel for its dense layers.

Source: TFLite post-training dynamic range quantization.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.flatbuffer_weights import find_weights
from edgekit.techniques import INT8, TechniqueBase
from edgekit.techniques._layers import kernels_of
from edgekit.techniques._text import refuse_argument
from edgekit.tflite_model import TfliteModel

# TensorFlow's converter leaves smaller tensors in float: they would save little.
_MIN_WEIGHTS = 1024


@dataclass(frozen=True)
class QuantizeDynamic(TechniqueBase):
    """int8 weights in layers of at least 1024 of them; all else stays float32."""

    name: str = "quantize_dynamic"

    @property
    def effects(self) -> frozenset[str]:
        return frozenset({INT8})

    def promise(self, model: Any) -> Mapping[str, Any]:
        names = [layer.name for layer, _ in kernels_of(model, _MIN_WEIGHTS)]
        if not names:
            raise RecipeError(
                f"{self.name}: no layer has {_MIN_WEIGHTS} weights, and the converter leaves smaller ones in float; "
                "use quantize_int8"
            )
        return {"layers": names}

    def configure(self, converter: Any, samples: np.ndarray[Any, Any]) -> None:
        import tensorflow as tf

        converter.optimizations = [tf.lite.Optimize.DEFAULT]

    def verify(self, model: TfliteModel, promise: Mapping[str, Any]) -> None:
        found = [each for each in find_weights(model) if each.codes.size >= _MIN_WEIGHTS]
        for weights in found:
            if weights.codes.dtype != np.int8:
                raise RecipeError(
                    f"the exported model's weights {weights.name!r} are {weights.codes.dtype}; expected int8"
                )
        if len(found) < len(promise["layers"]):
            raise RecipeError(
                f"the exported model has {len(found)} tensors of int8 weights; expected {len(promise['layers'])}, "
                f"one for each of {', '.join(promise['layers'])}"
            )
        for tensor in (*model.inputs, *model.outputs):
            if tensor.dtype != "float32":
                raise RecipeError(f"the exported model's {tensor.name!r} is {tensor.dtype}; expected float32")


SHORT_NAME = "dynamic"


def parse(argument: str | None, given: frozenset[str]) -> QuantizeDynamic:
    """`dynamic`."""
    refuse_argument(argument, SHORT_NAME)
    return QuantizeDynamic()
