"""Feature hints: the student's middle first learns to predict the teacher's, then it is distilled as a whole.

Source: Romero et al., "FitNets: Hints for Thin Deep Nets", ICLR 2015, equation 3 and algorithm 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.techniques import CHANNELS, Context, Supervision
from edgekit.techniques._distill import (
    Array,
    DistillBase,
    Teacher,
    check_weighting,
    predict,
    prepare_teachers,
    require_classifier,
    seed_weights,
    soften,
    supervise,
)


@dataclass(frozen=True, repr=False)
class DistillHints(DistillBase):
    """`teacher`'s layer `hint` guides the student's layer `guided` for `hint_epochs`, then soft targets follow.

    A 1×1 convolution (a dense layer where there is no image), thrown away afterwards, makes the student's channels
    as many as the teacher's. Both layers must have outputs of the same height and width; without names, the last
    such pair that the two models' middles share is taken.
    """

    teacher: Teacher
    hint: str | None = None
    guided: str | None = None
    hint_epochs: int = 5
    temperature: float = 4.0
    alpha: float = 0.7
    num_epochs: int = 20
    teacher_epochs: int = 20
    learning_rate: float | None = None
    teacher_learning_rate: float | None = None
    name: str = "distill_hints"

    def __post_init__(self) -> None:
        check_weighting(self.name, self.temperature, self.alpha)
        if (self.hint is None) != (self.guided is None):
            raise RecipeError(f"{self.name}: expected both hint and guided, a layer's name each, or neither")
        if self.hint_epochs < 1:
            raise RecipeError(f"{self.name}: {self.hint_epochs} epochs of hints; expected at least 1")

    @property
    def keeps(self) -> frozenset[str]:
        return frozenset({CHANNELS})

    def wrap(self, model: Any, context: Context) -> Any:
        require_classifier(model, context.dataset, f"{self.name}: the student")
        return model

    def fit(self, model: Any, context: Context, num_epochs: int) -> Supervision:
        import tf_keras

        dataset = context.dataset
        (teacher,) = prepare_teachers(
            [self.teacher], context, self.teacher_epochs, self.teacher_learning_rate, self.name
        )
        hint, guided = self._find_pair(teacher, model)
        features = _scale(predict(tf_keras.Model(teacher.inputs, hint.output), dataset.x_train))
        channels = features.shape[-1]
        kinds = tf_keras.layers
        seed_weights(context, "regressor")
        regressor = kinds.Conv2D(channels, 1) if features.ndim == 4 else kinds.Dense(channels)
        context.train(
            tf_keras.Model(model.inputs, regressor(guided.output)),
            min(self.hint_epochs, num_epochs) if context.smoke else self.hint_epochs,
            "hints",
            targets=features,
            loss="mse",
            learning_rate=self.learning_rate,
        )
        softened = soften(predict(teacher, dataset.x_train), self.temperature)
        supervision = supervise(softened, dataset, self.temperature, self.alpha)
        context.train(
            model,
            num_epochs,
            "student",
            targets=supervision.targets,
            loss=supervision.loss,
            learning_rate=self.learning_rate,
        )
        return supervision

    def _find_pair(self, teacher: Any, student: Any) -> tuple[Any, Any]:
        """The teacher's and the student's layer; raises RecipeError if there is no such pair."""
        if self.hint is not None and self.guided is not None:
            pair = _find_layer(teacher, self.hint, self.name), _find_layer(student, self.guided, self.name)
            grids = [_grid(each) for each in pair]
            if grids[0] != grids[1]:
                raise RecipeError(
                    f"{self.name}: outputs of teacher layer {self.hint} are {grids[0]} and of student layer "
                    f"{self.guided} {grids[1]}; expected the same height and width"
                )
            return pair
        of_teacher, of_student = (
            {_grid(each): each for each in _inner(model)} for model in (teacher, student)
        )
        middle = len(student.layers) // 2
        common = [(grid, each) for grid, each in of_student.items() if grid in of_teacher]
        if not common:
            raise RecipeError(
                f"{self.name}: teacher and student have no layers with outputs of the same height and width; "
                "name two with hint and guided, or use Distill"
            )
        grid, guided = min(common, key=lambda item: abs(student.layers.index(item[1]) - middle))
        return of_teacher[grid], guided


def _inner(model: Any) -> list[Any]:
    """The layers between input and output that work on features."""
    return [each for each in model.layers[1:-1] if _grid(each) is not None]


def _grid(layer: Any) -> tuple[int | None, ...] | None:
    """The shape of the layer's output without samples and channels; None where it has several outputs."""
    shape = layer.output_shape
    return tuple(shape[1:-1]) if isinstance(shape, tuple) else None


def _find_layer(model: Any, name: str, technique: str) -> Any:
    names = [each.name for each in model.layers]
    if name not in names:
        raise RecipeError(f"{technique}: there is no layer {name}; expected one of {', '.join(names)}")
    return model.get_layer(name)


def _scale(features: Array) -> Array:
    """To unit variance, so that one learning rate suits every teacher; float16 halves what is kept in memory."""
    spread = float(np.std(features)) or 1.0
    return (features / spread).astype(np.float16)


SHORT_NAME = "hints"


def parse(argument: str | None, given: frozenset[str]) -> DistillHints:
    """`hints:teacher.keras`."""
    if not argument:
        raise RecipeError("hints needs a teacher: the file of a trained model, as in 'hints:teacher.keras'")
    return DistillHints(argument)
