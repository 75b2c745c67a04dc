"""Online mutual learning: the student and its peers are trained together, all towards their common judgement.

Source: Guo et al., "Online Knowledge Distillation via Collaborative Learning" (KDCL), CVPR 2020, section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edgekit.errors import RecipeError
from edgekit.techniques import CHANNELS, Context, Supervision
from edgekit.techniques._distill import (
    DistillBase,
    Teacher,
    check_weighting,
    cross_entropies,
    log,
    obtain_model,
    predict,
    require_classifier,
    supervise,
)

_ENSEMBLES = ("minlogit", "mean", "naive")


@dataclass(frozen=True, repr=False)
class DistillMutual(DistillBase):
    """`peers` are trained from where they stand beside the student; only the student is kept.

    `ensemble` makes one target of all outputs: 'minlogit' the smallest logit of each class relative to the true
    one's, 'mean' the mean logits (KDCL-Linear with equal weights), 'naive' the model with the smallest loss.
    All see the same samples; KDCL's augmentation of its own for each is the data set's business.
    """

    peers: tuple[Teacher, ...]
    ensemble: str = "minlogit"
    temperature: float = 2.0
    alpha: float = 0.5
    num_epochs: int = 20
    learning_rate: float | None = None
    name: str = "distill_mutual"

    def __post_init__(self) -> None:
        check_weighting(self.name, self.temperature, self.alpha)
        if self.ensemble not in _ENSEMBLES:
            raise RecipeError(
                f"{self.name}: an ensemble of {self.ensemble!r}; expected {', '.join(_ENSEMBLES)}"
            )
        if not self.peers:
            raise RecipeError(f"{self.name} has no peer; give it a function build(dataset) or a model's file")

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
        together = [model]
        for number, peer in enumerate(self.peers, 1):
            built = obtain_model(peer, context, f"{self.name}: peer {number}")
            # Two models may have been saved under one name, which a model of models must not have twice.
            built._name = f"{self.name}_peer_{number}"
            together.append(built)
        inputs = tf_keras.Input(dataset.x_train.shape[1:])
        classes = [tf_keras.layers.Reshape((1, dataset.num_classes))(each(inputs)) for each in together]
        joint = tf_keras.Model(inputs, tf_keras.layers.Concatenate(axis=1)(classes))
        context.train(
            joint,
            num_epochs,
            "student and peers",
            targets=dataset.y_train,
            loss=mutual_loss(self.ensemble, self.temperature, self.alpha),
            learning_rate=self.learning_rate,
        )
        logits = ensemble_logits(log(predict(joint, dataset.x_train)), dataset.y_train, self.ensemble)
        softened = tf.nn.softmax(logits / self.temperature).numpy()
        return supervise(softened, dataset, self.temperature, self.alpha)


def mutual_loss(ensemble: str, temperature: float, alpha: float) -> Callable[[Any, Any], Any]:
    """Σ over models of alpha · T² · H(ensemble at T, model at T) + (1 − alpha) · H(label, model).

    Targets are labels, outputs (batch, models, classes). The ensemble is a constant to the gradient.
    """
    import tensorflow as tf

    def loss(targets: Any, probabilities: Any) -> Any:
        labels = tf.reshape(targets, (-1,))
        logits = ensemble_logits(log(probabilities), labels, ensemble)
        softened = tf.stop_gradient(tf.nn.softmax(logits / temperature))
        total = 0.0
        for outputs in tf.unstack(probabilities, axis=1):
            soft, hard = cross_entropies(softened, labels, outputs, temperature)
            total += alpha * temperature**2 * soft + (1 - alpha) * hard
        return total

    return loss


def ensemble_logits(logits: Any, labels: Any, ensemble: str) -> Any:
    """(batch, models, classes) → (batch, classes).

    Source: Guo et al., 2020, section 3 (KDCL-Naive, KDCL-Linear, KDCL-MinLogit).
    """
    import tensorflow as tf

    if ensemble == "mean":
        return tf.reduce_mean(logits, axis=1)
    wanted = tf.cast(tf.reshape(labels, (-1, 1)), tf.int32)
    of_true_class = tf.gather(logits, tf.tile(wanted, (1, logits.shape[1])), axis=2, batch_dims=2)
    if ensemble == "naive":
        # Rows of `logits` are log-probabilities, so the largest for the true class is the smallest loss.
        best = tf.argmax(of_true_class, axis=1)
        return tf.gather(logits, best, axis=1, batch_dims=1)
    return tf.reduce_min(logits - of_true_class[..., tf.newaxis], axis=1)


SHORT_NAME = "mutual"


def parse(argument: str | None, given: frozenset[str]) -> DistillMutual:
    """`mutual:peer.keras`, or several peers: `mutual:a.keras+b.h5`."""
    if not argument:
        raise RecipeError("mutual needs a peer: the file of a model, as in 'mutual:peer.keras'")
    return DistillMutual(tuple(each.strip() for each in argument.split("+")))
