"""Keras model to .tflite bytes."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.native_output import muted_stderr
from edgekit.techniques import Technique


def export_tflite(model: Any, techniques: Iterable[Technique], samples: np.ndarray[Any, Any]) -> bytes:
    """Converts a tf_keras model, with batch size 1, as the techniques want it.

    Raises:
        RecipeError: TensorFlow cannot convert it.
    """
    import tensorflow as tf
    import tf_keras

    try:
        # With an open batch axis, RESHAPE would compute its shape with SHAPE, STRIDED_SLICE and PACK.
        fixed = tf_keras.models.clone_model(
            model,
            input_tensors=[
                tf_keras.Input(batch_shape=(1, *each.shape[1:]), name=each.name) for each in model.inputs
            ],
        )
        fixed.set_weights(model.get_weights())
        converter = tf.lite.TFLiteConverter.from_keras_model(fixed)
        for technique in techniques:
            technique.configure(converter, samples)
        # What MLIR prints when it fails is in the exception, too.
        with warnings.catch_warnings(), muted_stderr():
            # "Statistics for quantized inputs were expected": said although there is a data set.
            warnings.simplefilter("ignore", UserWarning)
            return bytes(converter.convert())
    except Exception as error:  # the converter's own exceptions have no public base class
        raise RecipeError(
            f"TensorFlow could not convert the model to .tflite: {_pick_reason(error)}; "
            "use layers that TFLite has operators for"
        ) from error


def _pick_reason(error: Exception) -> str:
    """The line of a converter's page of output that names the operator at fault."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    telling = next((line for line in lines if "error:" in line), lines[0])
    return telling.rpartition("error:")[2].strip()
