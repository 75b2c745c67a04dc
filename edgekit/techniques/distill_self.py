"""Self-distillation: the student is its own teacher, as it was in its best epoch so far.

Source: Kim et al., "Self-Knowledge Distillation with Progressive Refinement of Targets" (PS-KD), ICCV 2021, section 3
(the weight of the past grows linearly with the epochs); here with the best past epoch instead of the last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.datasets import DataSet
from edgekit.errors import RecipeError
from edgekit.techniques import CHANNELS, Context, Supervision
from edgekit.techniques._distill import (
    DistillBase,
    check_weighting,
    cross_entropies,
    predict,
    require_classifier,
    soften,
    supervise,
)


@dataclass(frozen=True, repr=False)
class DistillSelf(DistillBase):
    """The past's weight rises from 0 to `alpha` in the last epoch.

    An epoch is judged by its accuracy on the data set's validation split, or, where there is none, on the training
    samples. The targets are part of what a checkpoint holds, so that a run resumes with the same teacher.
    """

    temperature: float = 2.0
    alpha: float = 0.6
    num_epochs: int = 20
    learning_rate: float | None = None
    name: str = "distill_self"

    def __post_init__(self) -> None:
        check_weighting(self.name, self.temperature, self.alpha)
        if self.num_epochs < 2:
            raise RecipeError(f"{self.name}: {self.num_epochs} epochs have no past; expected at least 2")

    @property
    def keeps(self) -> frozenset[str]:
        return frozenset({CHANNELS})

    def wrap(self, model: Any, context: Context) -> Any:
        require_classifier(model, context.dataset, f"{self.name}: the student")
        return model

    def fit(self, model: Any, context: Context, num_epochs: int) -> Supervision:
        import tensorflow as tf
        import tf_keras

        dataset = context.dataset
        memory = _make_memory(dataset)
        joint = tf_keras.Model(model.inputs, memory(model.output))
        remember(model, memory, dataset, self.temperature)
        weight = tf.Variable(0.0)

        def start(epoch: int, logs: Any = None) -> None:
            weight.assign(self.alpha * epoch / (num_epochs - 1))

        def end(epoch: int, logs: Any = None) -> None:
            remember(model, memory, dataset, self.temperature)

        numbers = np.arange(len(dataset.y_train))
        context.train(
            joint,
            num_epochs,
            "student",
            targets=np.stack([numbers, dataset.y_train], axis=1).astype(np.float32),
            loss=_self_loss(memory, weight, self.temperature),
            callbacks=[tf_keras.callbacks.LambdaCallback(on_epoch_begin=start, on_epoch_end=end)],
            learning_rate=self.learning_rate,
        )
        return supervise(memory.softened.numpy(), dataset, self.temperature, self.alpha)


def remember(model: Any, memory: Any, dataset: DataSet, temperature: float) -> None:
    """Makes the student as it is now the teacher, if it is better than the one so far."""
    outputs = predict(model, dataset.x_train)
    if dataset.x_val is not None and dataset.y_val is not None:
        right = predict(model, dataset.x_val).argmax(axis=1) == dataset.y_val
    else:
        right = outputs.argmax(axis=1) == dataset.y_train
    accuracy = float(right.mean())
    if accuracy > float(memory.accuracy.numpy()):
        memory.accuracy.assign(accuracy)
        memory.softened.assign(soften(outputs, temperature))


def _make_memory(dataset: DataSet) -> Any:
    """A layer that passes its input on and holds what the teacher says of every training sample."""
    import tf_keras

    class Memory(tf_keras.layers.Layer):  # type: ignore[misc]
        def build(self, input_shape: Any) -> None:
            shape = (len(dataset.y_train), dataset.num_classes)
            self.softened = self.add_weight("softened", shape, trainable=False, initializer="zeros")
            self.accuracy = self.add_weight(
                "accuracy", (), trainable=False, initializer=tf_keras.initializers.Constant(-1.0)
            )

        def call(self, inputs: Any) -> Any:
            return inputs

    return Memory()


def _self_loss(memory: Any, weight: Any, temperature: float) -> Callable[[Any, Any], Any]:
    """Targets: (batch, 2), a sample's number and its label."""
    import tensorflow as tf

    def loss(targets: Any, probabilities: Any) -> Any:
        softened = tf.gather(memory.softened, tf.cast(targets[:, 0], tf.int32))
        soft, hard = cross_entropies(softened, targets[:, 1], probabilities, temperature)
        return weight * temperature**2 * soft + (1 - weight) * hard

    return loss


SHORT_NAME = "selfdistill"


def parse(argument: str | None, given: frozenset[str]) -> DistillSelf:
    """`selfdistill`."""
    if argument is not None:
        raise RecipeError(f"selfdistill takes no argument; found {argument!r}")
    return DistillSelf()
