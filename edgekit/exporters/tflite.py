"""Keras model to .tflite bytes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from edgekit.errors import EdgekitError, RecipeError
from edgekit.known_wrong import require_right
from edgekit.native_output import muted_stderr
from edgekit.techniques import Technique
from edgekit.tflite_model import read_model


def export_tflite(
    model: Any,
    techniques: Sequence[Technique],
    samples: np.ndarray[Any, Any],
    promises: Sequence[Mapping[str, Any]] | None = None,
    runtime: str | None = None,
) -> bytes:
    """Converts a tf_keras model, with batch size 1, as the techniques want it.

    `promises`: what each technique's `promise` said. `runtime`: what the file is for, as in edgekit/known_wrong.py.

    Raises:
        RecipeError: TensorFlow cannot convert it, or `runtime` is known to compute wrong results with it.
    """
    converted = _convert(model, techniques, samples)
    for position, technique in enumerate(techniques):
        converted = technique.rewrite(converted, {} if promises is None else promises[position])
    if runtime is not None:
        require_right(read_model(converted), runtime)
    return converted


def _convert(model: Any, techniques: Sequence[Technique], samples: np.ndarray[Any, Any]) -> bytes:
    import tensorflow as tf

    try:
        fixed = fix_batch_size(model)
        for technique in reversed(techniques):
            converted = technique.convert(fixed)
            if converted is not None:
                return converted
        converter = tf.lite.TFLiteConverter.from_keras_model(fixed)
        for technique in techniques:
            technique.configure(converter, samples)
        # What MLIR prints when it fails is in the exception, too.
        with warnings.catch_warnings(), muted_stderr():
            # "Statistics for quantized inputs were expected": said although there is a data set.
            warnings.simplefilter("ignore", UserWarning)
            return bytes(converter.convert())
    except EdgekitError:
        raise
    except Exception as error:  # the converter's own exceptions have no public base class
        raise RecipeError(
            f"TensorFlow could not convert the model to .tflite: {_pick_reason(error)}; "
            "use layers that TFLite has operators for"
        ) from error


def fix_batch_size(model: Any) -> Any:
    """The same model with a batch axis of 1: with an open one, RESHAPE would compute its shape at run time."""
    import tf_keras

    inputs = [tf_keras.Input(batch_shape=(1, *each.shape[1:]), name=each.name) for each in model.inputs]
    with _known_layers():
        fixed = tf_keras.models.clone_model(model, input_tensors=inputs)
    fixed.set_weights(model.get_weights())
    return fixed


def _known_layers() -> AbstractContextManager[Any]:
    """Cloning makes layers from their configurations, those of quantization-aware training among them."""
    try:
        import tensorflow_model_optimization as tfmot
    except ImportError:
        return nullcontext()
    scope: AbstractContextManager[Any] = tfmot.quantization.keras.quantize_scope()
    return scope


def _pick_reason(error: Exception) -> str:
    """The line of a converter's page of output that names the operator at fault."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    telling = next((line for line in lines if "error:" in line), lines[0])
    return telling.rpartition("error:")[2].strip()
