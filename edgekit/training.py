"""Trains a Keras model epoch by epoch, and goes on after an interruption where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from edgekit.batches import Augment, augmented_batches, may_draw_random_numbers, shuffled_batches
from edgekit.checkpoint import Checkpoints
from edgekit.datasets import DataSet
from edgekit.errors import RecipeError
from edgekit.techniques import Supervision

Step = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]


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
        answers = self.dataset.targets if targets is None else targets
        seeds = [(self.seed + crc32(f"{key} {epoch}".encode())) % 2**32 for epoch in range(done, num_epochs)]
        # Only a generator inside the model has to be seeded epoch by epoch; the order of samples can be known before.
        is_random = may_draw_random_numbers(model)
        length = 1 if is_random else num_epochs
        with self.step(f"training {label}", num_epochs) as advance:
            advance(min(done, num_epochs))

            def end(epoch: int, logs: Any) -> None:
                guard.check(logs["loss"], epoch)
                self.checkpoints.save(key, model, epoch + 1)
                advance(1)

            guard = _StopOnNan(label)
            finish = tf_keras.callbacks.LambdaCallback(on_epoch_end=end)
            for first in range(done, num_epochs, length):
                stop = min(first + length, num_epochs)
                tf_keras.utils.set_random_seed(seeds[stop - 1 - done])
                if is_random:
                    # A step remembers the seed with which it was traced.
                    model.make_train_function(force=True)
                model.fit(
                    self._batches(answers, seeds[first - done : stop - done]),
                    steps_per_epoch=self.num_steps,
                    initial_epoch=first,
                    epochs=stop,
                    verbose=0,
                    # Last, as others may still change the weights at the end of an epoch.
                    callbacks=[*callbacks, finish],
                )

    def _batches(self, answers: Any, seeds: Sequence[int]) -> Any:
        """One epoch of them for each seed."""
        inputs = self.dataset.x_train
        if self.augment is None:
            return shuffled_batches(inputs, answers, self.batch_size, seeds)
        return augmented_batches(inputs, answers, self.batch_size, seeds, self.augment)


@dataclass(frozen=True)
class _StopOnNan:
    label: str

    def check(self, loss: float, epoch: int) -> None:
        if loss != loss or loss in (float("inf"), float("-inf")):
            raise RecipeError(
                f"training {self.label} diverged: the loss is {loss} after epoch {epoch + 1}; "
                "use a smaller learning rate"
            )
