"""Teachers, their softened outputs, and the loss that trains a student towards them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from edgekit.console import note
from edgekit.datasets import DataSet
from edgekit.errors import RecipeError
from edgekit.flatbuffer_weights import find_weights
from edgekit.keras_model import load_keras_model
from edgekit.techniques import SMOKE_EPOCHS, Context, Supervision, TechniqueBase
from edgekit.techniques._layers import kernels_of
from edgekit.tflite_model import TfliteModel

Array = np.ndarray[Any, Any]
Teacher = Callable[[DataSet], Any] | str | Path
"""`build(dataset)`, which returns an untrained classifier, or the file of a trained Keras model."""

# Small enough that no class of a float32 softmax is cut off, large enough that 1 / p is finite.
_MIN_PROBABILITY = 1e-30


class DistillBase(TechniqueBase):
    """What the kinds of distillation share: only the student reaches the file, without teachers and regressors."""

    def __repr__(self) -> str:
        """The same in every process, since a run's checkpoints are recognized by it."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}  # type: ignore[arg-type]
        return (
            f"{type(self).__name__}({', '.join(f'{key}={_describe(each)}' for key, each in values.items())})"
        )

    def promise(self, model: Any) -> dict[str, Any]:
        return {"num_weights": sum(int(kernel.size) for _, kernel in kernels_of(model))}

    def verify(self, model: TfliteModel, promise: Any) -> None:
        found = sum(each.codes.size for each in find_weights(model))
        if found > promise["num_weights"]:
            raise RecipeError(
                f"the exported model has {found} weights; expected at most the student's "
                f"{promise['num_weights']}; a part that only training needs was exported, too"
            )


def _describe(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_describe, value))})"
    if isinstance(value, functools.partial):
        return f"partial({_describe(value.func)}, {value.args!r}, {value.keywords!r})"
    if callable(value):
        return str(getattr(value, "__qualname__", type(value).__qualname__))
    return str(value) if isinstance(value, Path) else repr(value)


def check_weighting(name: str, temperature: float, alpha: float) -> None:
    """Raises RecipeError unless the temperature is positive and `alpha` above 0 and at most 1."""
    if not 0.0 < temperature < float("inf"):
        raise RecipeError(f"{name}: a temperature of {temperature}; expected a number above 0, such as 4")
    if not 0.0 < alpha <= 1.0:
        raise RecipeError(f"{name}: an alpha of {alpha}; expected above 0 and at most 1, such as 0.7")


def require_classifier(model: Any, dataset: DataSet, who: str) -> None:
    """Raises RecipeError unless `model` takes the data set's samples and ends in a softmax over its classes."""
    if dataset.task != "classification":
        raise RecipeError(f"{who}: distillation needs classes; the data set {dataset.name} has none")
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise RecipeError(
            f"{who} has {len(model.inputs)} inputs and {len(model.outputs)} outputs; expected 1 and 1"
        )
    takes, gives = tuple(model.inputs[0].shape[1:]), tuple(model.outputs[0].shape[1:])
    found = dataset.x_train.shape[1:]
    if len(takes) != len(found) or any(a not in (None, b) for a, b in zip(takes, found, strict=True)):
        raise RecipeError(f"{who} takes samples of shape {list(takes)}; the data set has {list(found)}")
    if gives != (dataset.num_classes,):
        raise RecipeError(
            f"{who} has outputs of shape {list(gives)}; expected [{dataset.num_classes}] classes"
        )
    outputs = model.predict(dataset.x_train[:8], verbose=0)
    if not (
        np.isfinite(outputs).all() and (outputs >= 0).all() and np.allclose(outputs.sum(1), 1, atol=1e-3)
    ):
        raise RecipeError(f"{who} does not end in a softmax (its outputs are no probabilities); add one")


def prepare_teachers(
    teachers: Sequence[Teacher], context: Context, num_epochs: int, learning_rate: float | None, name: str
) -> list[Any]:
    """Loads the teachers that are files, builds and trains the others on the data set's own labels.

    Raises:
        ModelError: a file is no Keras model.
        RecipeError: a teacher does not fit the data set.
    """
    dataset, prepared = context.dataset, []
    for number, teacher in enumerate(teachers, 1):
        who = f"{name}: teacher {number}"
        model = obtain_model(teacher, context, who)
        if callable(teacher):
            context.train(
                model,
                min(num_epochs, SMOKE_EPOCHS) if context.smoke else num_epochs,
                f"teacher {number}",
                targets=dataset.targets,
                loss=dataset.loss,
                learning_rate=learning_rate,
            )
        accuracy = float((predict(model, dataset.x_test).argmax(1) == dataset.y_test).mean())
        note(f"{who} has a test accuracy of {accuracy:.2%}")
        prepared.append(model)
    return prepared


def obtain_model(source: Teacher, context: Context, who: str) -> Any:
    """Loads or builds a classifier for the data set.

    Raises:
        ModelError: the file is no Keras model.
        RecipeError: it does not fit the data set.
    """
    seed_weights(context, who)
    model = load_keras_model(Path(source)) if isinstance(source, str | Path) else source(context.dataset)
    require_classifier(model, context.dataset, who)
    return model


def seed_weights(context: Context, what: str) -> None:
    """Makes the first weights of what is built next the same, whether or not the run was interrupted before."""
    import tf_keras

    tf_keras.utils.set_random_seed((context.seed + crc32(what.encode())) % 2**32)


def predict(model: Any, samples: Array) -> Array:
    """(samples, classes), or for a model of peers (samples, peers, classes), float32."""
    return np.asarray(model.predict(samples, batch_size=256, verbose=0), np.float32)


def soften(probabilities: Array, temperature: float) -> Array:
    """softmax(z / T) over the last axis, where `probabilities` are softmax(z).

    log p is z up to a constant in each row, which the softmax takes away, so the logits themselves are not needed.

    Source: Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015, equation 1.
    """
    scaled = np.log(np.maximum(probabilities, _MIN_PROBABILITY)) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    softened: Array = (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)
    return softened


def supervise(softened: Array, dataset: DataSet, temperature: float, alpha: float) -> Supervision:
    """Targets: (samples, classes + 1) float32, a softened distribution and behind it the label."""
    labels = dataset.y_train.astype(np.float32)[:, np.newaxis]
    return Supervision(np.concatenate([softened, labels], axis=1), distillation_loss(temperature, alpha))


def distillation_loss(temperature: float, alpha: float) -> Callable[[Any, Any], Any]:
    """alpha · T² · H(teacher at T, student at T) + (1 − alpha) · H(label, student).

    T² keeps the gradients of the soft targets as large as at T = 1.

    Source: Hinton, Vinyals and Dean, 2015, section 2.
    """

    def loss(targets: Any, probabilities: Any) -> Any:
        soft, hard = cross_entropies(targets[:, :-1], targets[:, -1], probabilities, temperature)
        return alpha * temperature**2 * soft + (1 - alpha) * hard

    return loss


def cross_entropies(softened: Any, labels: Any, probabilities: Any, temperature: float) -> tuple[Any, Any]:
    """Of each sample: with the softened targets at temperature T, and with the label at 1; as tensors."""
    import tensorflow as tf

    logits = log(probabilities)
    soft = -tf.reduce_sum(softened * tf.nn.log_softmax(logits / temperature), axis=-1)
    hard = -tf.gather(logits, tf.cast(labels, tf.int32), axis=-1, batch_dims=1)
    return soft, hard


def log(probabilities: Any) -> Any:
    """The logits, up to a constant."""
    import tensorflow as tf

    return tf.math.log(tf.maximum(probabilities, _MIN_PROBABILITY))
