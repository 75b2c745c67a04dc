"""Trains a Keras model epoch by epoch, and goes on after an interruption where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np

from edgekit.checkpoint import Checkpoints
from edgekit.datasets import DataSet
from edgekit.errors import RecipeError
from edgekit.techniques import Supervision

Array = np.ndarray[Any, Any]
Step = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]
# (samples, …) of one batch, and what chance they are changed by → as many samples.
Augment = Callable[[Array, np.random.Generator], Array]


@dataclass(frozen=True)
class Trainer:
    """A `Train`: Adam with a learning rate that falls along a cosine from `learning_rate` to 0.

    Every epoch is seeded by itself, so that a run which was interrupted ends with the weights of one that
    was not. `step(name, total)` shows progress. `supervision` holds where a call names neither targets nor loss.
    `augment` changes the samples of each batch anew, and not what they are trained towards.
    """

    dataset: DataSet
    seed: int
    batch_size: int
    learning_rate: float
    checkpoints: Checkpoints
    step: Step
    prefix: str = ""
    supervision: Supervision | None = None
    augment: Augment | None = None

    @property
    def num_steps(self) -> int:
        return -(-len(self.dataset.y_train) // self.batch_size)

    def __call__(
        self,
        model: Any,
        num_epochs: int,
        label: str,
        *,
        targets: Any = None,
        loss: Any = None,
        callbacks: Sequence[Any] = (),
        learning_rate: float | None = None,
    ) -> None:
        import tf_keras

        if num_epochs == 0:
            return
        if not model.trainable_weights:
            raise RecipeError(
                f"the model to train for {label} has no trainable weights; expected at least one layer with some"
            )
        if targets is None and loss is None and self.supervision is not None:
            targets, loss = self.supervision.targets, self.supervision.loss
        rate = self.learning_rate if learning_rate is None else learning_rate
        schedule = tf_keras.optimizers.schedules.CosineDecay(rate, num_epochs * self.num_steps)
        model.compile(tf_keras.optimizers.Adam(schedule), loss or self.dataset.loss)
        key = f"{self.prefix}{label}"
        done = self.checkpoints.restore(key, model)
        guard = _StopOnNan(label)
        with self.step(f"training {label}", num_epochs) as advance:
            advance(min(done, num_epochs))
            for epoch in range(done, num_epochs):
                seed = (self.seed + crc32(f"{key} {epoch}".encode())) % 2**32
                tf_keras.utils.set_random_seed(seed)
                history = model.fit(
                    **self._samples(self.dataset.targets if targets is None else targets, seed),
                    initial_epoch=epoch,
                    epochs=epoch + 1,
                    verbose=0,
                    callbacks=list(callbacks),
                )
                guard.check(history.history["loss"][-1], epoch)
                self.checkpoints.save(key, model, epoch + 1)
                advance(1)

    def _samples(self, targets: Any, seed: int) -> dict[str, Any]:
        """One epoch of them, as arguments of Keras's fit."""
        if self.augment is None:
            return {"x": self.dataset.x_train, "y": targets, "batch_size": self.batch_size}
        batches = self._batches(targets, self.augment, np.random.default_rng(seed))
        return {"x": batches, "steps_per_epoch": self.num_steps}

    def _batches(self, targets: Any, augment: Augment, random: np.random.Generator) -> Iterator[Any]:
        """In an order by chance; an autoencoder reproduces what it is given, changed as it is."""
        order = random.permutation(len(self.dataset.y_train))
        for start in range(0, len(order), self.batch_size):
            chosen = order[start : start + self.batch_size]
            samples = augment(self.dataset.x_train[chosen], random)
            yield samples, samples if targets is self.dataset.x_train else targets[chosen]


@dataclass(frozen=True)
class _StopOnNan:
    label: str

    def check(self, loss: float, epoch: int) -> None:
        if loss != loss or loss in (float("inf"), float("-inf")):
            raise RecipeError(
                f"training {self.label} diverged: the loss is {loss} after epoch {epoch + 1}; "
                "use a smaller learning rate"
            )
