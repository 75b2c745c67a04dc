"""Keras model to .tflite bytes."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
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
        with warnings.catch_warnings():
            # "Statistics for quantized inputs were expected": said although there is a data set.
            warnings.simplefilter("ignore", UserWarning)
            return bytes(converter.convert())
    except (RuntimeError, ValueError, TypeError, tf.errors.OpError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise RecipeError(f"TensorFlow could not convert the model to .tflite: {reason}") from error
