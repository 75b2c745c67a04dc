"""Full-integer post-training quantization: int8 weights, activations, input and output.

Source: Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
Inference", CVPR 2018, with TFLite's per-channel weights (TFLite 8-bit quantization specification).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.techniques import INT8
from edgekit.techniques._post_training import PostTraining
from edgekit.techniques._text import parse_count
from edgekit.tflite_model import TfliteModel


@dataclass(frozen=True)
class QuantizeInt8(PostTraining):
    """int8 everywhere; `num_samples` and `calibration` as in `PostTraining`."""

    name: str = "quantize_int8"

    @property
    def effects(self) -> frozenset[str]:
        return frozenset({INT8})

    def configure(self, converter: Any, samples: np.ndarray[Any, Any]) -> None:
        import tensorflow as tf

        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = self.representative_dataset(samples)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8

    def verify(self, model: TfliteModel, promise: Mapping[str, Any]) -> None:
        require_int8(model)


def require_int8(model: TfliteModel) -> None:
    """Raises RecipeError unless every tensor is int8, with int32 for biases, and input and output are quantized."""
    for tensor in model.tensors:
        # Biases are int32 by specification; RESHAPE and its like take their shapes as int32 constants.
        if tensor.dtype == "int8" or (tensor.is_constant and tensor.dtype == "int32"):
            continue
        users = [each for each in model.operators if tensor.index in (*each.inputs, *each.outputs)]
        where = f" of operator {users[0].index} ({users[0].name})" if users else ""
        raise RecipeError(
            f"the exported model is not int8 throughout: tensor {tensor.index} {tensor.name!r}{where} is "
            f"{tensor.dtype}; expected int8, or int32 for biases; remove the layer that is not quantized"
        )
    for tensor in (*model.inputs, *model.outputs):
        if len(tensor.scales) != 1 or len(tensor.zero_points) != 1 or tensor.scales[0] <= 0:
            raise RecipeError(f"the exported model's {tensor.name!r} is int8 but has no scale and zero point")


SHORT_NAME = "int8"


def parse(argument: str | None, given: frozenset[str]) -> QuantizeInt8:
    """`int8`, or `int8:500` with the number of calibration samples."""
    return QuantizeInt8() if argument is None else QuantizeInt8(num_samples=parse_count(argument, SHORT_NAME))
