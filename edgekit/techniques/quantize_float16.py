"""Half-precision weights: half the bytes, for runtimes on Linux boards.

The runtime unpacks the weights when it loads the model, or computes in half precision where it can. tflite-micro and
edgekit's firmware refuse such a file.

Source: TFLite post-training float16 quantization; IEEE 754 binary16.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.techniques import FLOAT16, TechniqueBase
from edgekit.techniques._text import refuse_argument
from edgekit.tflite_model import TfliteModel

_LARGEST = 65504.0


@dataclass(frozen=True)
class QuantizeFloat16(TechniqueBase):
    """float16 weights and biases; activations, input and output stay float32."""

    name: str = "quantize_float16"

    @property
    def effects(self) -> frozenset[str]:
        return frozenset({FLOAT16})

    def promise(self, model: Any) -> Mapping[str, Any]:
        for weight in model.weights:
            peak = float(np.abs(weight.numpy()).max(initial=0.0))
            if not peak <= _LARGEST:
                raise RecipeError(
                    f"{self.name}: {weight.name} has a value of {peak:g}; expected at most {_LARGEST:g}, the largest "
                    "float16; train with a smaller learning rate or regularization"
                )
        return {}

    def configure(self, converter: Any, samples: np.ndarray[Any, Any]) -> None:
        import tensorflow as tf

        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]

    def verify(self, model: TfliteModel, promise: Mapping[str, Any]) -> None:
        if not any(each.is_constant and each.dtype == "float16" for each in model.tensors):
            raise RecipeError(
                "the exported model has no float16 weights; use it with layers that have weights"
            )
        for tensor in model.tensors:
            # The converter keeps constants of a few elements, such as a factor, in single precision.
            if tensor.is_constant and tensor.dtype == "float32" and tensor.num_bytes > 64:
                raise RecipeError(
                    f"the exported model is not half precision throughout: tensor {tensor.index} {tensor.name!r} is "
                    "float32; expected float16"
                )
        for tensor in (*model.inputs, *model.outputs):
            if tensor.dtype != "float32":
                raise RecipeError(f"the exported model's {tensor.name!r} is {tensor.dtype}; expected float32")


SHORT_NAME = "float16"


def parse(argument: str | None, given: frozenset[str]) -> QuantizeFloat16:
    """`float16`."""
    refuse_argument(argument, SHORT_NAME)
    return QuantizeFloat16()
