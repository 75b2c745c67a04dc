"""int16 activations with int8 weights: nearly float accuracy, for signals of a wide range, on integer cores.

Runs on LiteRT, tflite-runtime, tflite-micro and edgekit's firmware; the arena holds twice the bytes of int8.

Source: TFLite post-training integer quantization with int16 activations (symmetric, int64 biases).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.flatbuffer_weights import find_weights
from edgekit.techniques import INT16
from edgekit.techniques._post_training import PostTraining
from edgekit.techniques._text import parse_count
from edgekit.tflite_model import TfliteModel


@dataclass(frozen=True)
class QuantizeInt16x8(PostTraining):
    """int16 input, activations and output; `num_samples` and `calibration` as in `PostTraining`."""

    name: str = "quantize_int16x8"

    @property
    def effects(self) -> frozenset[str]:
        return frozenset({INT16})

    def configure(self, converter: Any, samples: np.ndarray[Any, Any]) -> None:
        import tensorflow as tf

        builtins = tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = self.representative_dataset(samples)
        converter.target_spec.supported_ops = [builtins]
        converter.inference_input_type = tf.int16
        converter.inference_output_type = tf.int16

    def verify(self, model: TfliteModel, promise: Mapping[str, Any]) -> None:
        for tensor in model.tensors:
            # Weights are int8, biases int64, shapes int32.
            if tensor.dtype == "int16" or (tensor.is_constant and tensor.dtype in ("int8", "int32", "int64")):
                continue
            raise RecipeError(
                f"the exported model is not int16 throughout: tensor {tensor.index} {tensor.name!r} is "
                f"{tensor.dtype}; expected int16 activations and int8 weights; remove the layer that is not quantized"
            )
        for weights in find_weights(model):
            if weights.codes.dtype != np.int8:
                raise RecipeError(f"the weights {weights.name!r} are {weights.codes.dtype}; expected int8")
        for tensor in (*model.inputs, *model.outputs):
            if len(tensor.scales) != 1 or tensor.scales[0] <= 0:
                raise RecipeError(f"the exported model's {tensor.name!r} is int16 but has no scale")


SHORT_NAME = "int16x8"


def parse(argument: str | None, given: frozenset[str]) -> QuantizeInt16x8:
    """`int16x8`, or `int16x8:500` with the number of calibration samples."""
    if argument is None:
        return QuantizeInt16x8()
    return QuantizeInt16x8(num_samples=parse_count(argument, SHORT_NAME))
