"""Knowledge distillation: the student is trained towards the softened outputs of one or more teachers.

Source: Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.errors import RecipeError
from edgekit.techniques import CHANNELS, Context, Supervision
from edgekit.techniques._distill import (
    DistillBase,
    Teacher,
    check_weighting,
    predict,
    prepare_teachers,
    require_classifier,
    soften,
    supervise,
)


@dataclass(frozen=True, repr=False)
class Distill(DistillBase):
    """`teachers`, whose softened outputs are averaged: functions `build(dataset)`, or files of trained Keras models.

    Built teachers are trained for `teacher_epochs` on the labels first. The student is the recipe's model, trained
    on from where it stands: a recipe with `num_epochs=0` distils from scratch. Techniques that follow train towards
    the same targets, so `Distill, QuantizeAware` is quantization-aware distillation.
    `alpha` is the weight of the teacher, the rest is that of the labels.
    """

    teachers: tuple[Teacher, ...]
    temperature: float = 4.0
    alpha: float = 0.7
    num_epochs: int = 20
    teacher_epochs: int = 20
    learning_rate: float | None = None
    teacher_learning_rate: float | None = None
    name: str = "distill"

    def __post_init__(self) -> None:
        check_weighting(self.name, self.temperature, self.alpha)
        if not self.teachers:
            raise RecipeError(
                f"{self.name} has no teacher; give it a function build(dataset) or a model's file"
            )

    @property
    def keeps(self) -> frozenset[str]:
        return frozenset({CHANNELS})

    def wrap(self, model: Any, context: Context) -> Any:
        require_classifier(model, context.dataset, f"{self.name}: the student")
        return model

    def fit(self, model: Any, context: Context, num_epochs: int) -> Supervision:
        teachers = prepare_teachers(
            self.teachers, context, self.teacher_epochs, self.teacher_learning_rate, self.name
        )
        outputs = [soften(predict(each, context.dataset.x_train), self.temperature) for each in teachers]
        supervision = supervise(np.mean(outputs, axis=0), context.dataset, self.temperature, self.alpha)
        context.train(
            model,
            num_epochs,
            "student",
            targets=supervision.targets,
            loss=supervision.loss,
            learning_rate=self.learning_rate,
        )
        return supervision


SHORT_NAME = "distill"


def parse(argument: str | None, given: frozenset[str]) -> Distill:
    """`distill:teacher.keras`, or several teachers: `distill:a.keras+b.h5`."""
    if not argument:
        raise RecipeError(
            "distill needs a teacher: the file of a trained model, as in 'distill:teacher.keras'"
        )
    return Distill(tuple(each.strip() for each in argument.split("+")))
