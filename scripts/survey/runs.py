"""One row on one data set with one seed: float model, techniques, file, figures."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from edgekit.checkpoint import open_checkpoints
from edgekit.console import progress
from edgekit.datasets import DataSet
from edgekit.evaluation import make_evaluation_set
from edgekit.keras_model import load_keras_model
from edgekit.recipe import Recipe, run_recipe
from edgekit.recipe_accuracy import measure_keras
from edgekit.techniques import Technique
from edgekit.tensorflow_setup import import_tensorflow
from edgekit.training import Trainer
from survey.judge import measure_accuracy, measure_on_board, measure_sizes
from survey.rows import Inputs, Row
from survey.tasks import Task

# run_recipe's own checks need few samples; accuracies are measured on all of them here.
_NUM_CHECKED = 200
# All teachers of an ensemble but the first are trained with seeds that no student has.
_TEACHER_SEEDS = 100


class Workshop:
    """Trains float models once and keeps them in `folder`; a run that was interrupted goes on."""

    def __init__(self, task: Task, dataset: DataSet, folder: Path) -> None:
        self.task, self.dataset, self.folder = task, dataset, folder

    def float_model(self, seed: int, width: float = 1.0, num_epochs: int | None = None) -> Path:
        """The file of a trained network of that width."""
        num_epochs = self.task.num_epochs if num_epochs is None else num_epochs
        path = self.folder / f"float_{seed}_{width:g}_{num_epochs}.keras"
        if path.exists():
            return path
        self.folder.mkdir(parents=True, exist_ok=True)
        _start_afresh(seed)
        model = self.task.builder(width)(self.dataset)
        identity = {"task": self.task.dataset, "seed": seed, "width": width, "num_epochs": num_epochs}
        checkpoints = open_checkpoints(path.with_suffix(".training"), identity)
        trainer = Trainer(
            self.dataset, seed, self.task.batch_size, self.task.learning_rate, checkpoints, _show
        )
        trainer(model, num_epochs, f"{path.stem}")
        unfinished = path.with_suffix(".part.keras")
        model.save(unfinished)
        unfinished.replace(path)
        checkpoints.discard()
        return path

    def run(self, row: Row, seed: int) -> dict[str, Any]:
        """The figures of one row."""
        start_s = time.monotonic()
        techniques, build, float_path, num_epochs = self._prepare(row, seed)
        recipe = self._recipe(row.name, seed, techniques, build, num_epochs)
        figures = self._measure(recipe, seed)
        if float_path is not None:
            figures["float_accuracy"] = self._float_accuracy(float_path)
        return {**figures, "seconds": round(time.monotonic() - start_s, 1)}

    def run_narrow(self, width: float, seed: int) -> dict[str, Any]:
        """A dense network of that width, trained half as long again as the float model, then QAT int8."""
        from edgekit.techniques.quantize_aware import QuantizeAware

        start_s = time.monotonic()
        path = self.float_model(seed, width, round(self.task.num_epochs * 1.5))
        techniques = (self._pace(QuantizeAware()),)
        recipe = self._recipe(
            f"narrow_{width:g}", seed, techniques, lambda _dataset: load_keras_model(path), 0
        )
        figures = self._measure(recipe, seed)
        figures["float_accuracy"] = self._float_accuracy(path)
        return {**figures, "seconds": round(time.monotonic() - start_s, 1)}

    def _prepare(
        self, row: Row, seed: int
    ) -> tuple[tuple[Technique, ...], Callable[[DataSet], Any], Path | None, int]:
        teachers = [self.float_model(seed + number * _TEACHER_SEEDS) for number in range(row.num_teachers)]
        inputs = Inputs(tuple(teachers), self.task.builder)
        techniques = tuple(self._pace(each) for each in row.build_techniques(inputs))
        if not row.from_scratch:
            path = self.float_model(seed)
            return techniques, lambda _dataset: load_keras_model(path), path, 0
        # A student is trained twice as long as a float model, with a teacher or alone.
        long = 2 * self.task.num_epochs
        if not teachers:
            return techniques, self.task.builder(row.width), None, long
        first = replace(techniques[0], num_epochs=long)  # type: ignore[type-var]
        return (first, *techniques[1:]), self.task.builder(row.width), None, 0

    def _pace(self, technique: Technique) -> Any:
        return replace(technique, **self._epochs(technique)) if technique.num_epochs else technique  # type: ignore[type-var]

    def _epochs(self, technique: Technique) -> dict[str, int]:
        names = [
            name
            for name in ("num_epochs", "round_epochs", "phase_epochs", "hint_epochs", "rewind_epochs")
            if name in getattr(technique, "__dataclass_fields__", {})
        ]
        return {name: self.task.scale_epochs(getattr(technique, name)) for name in names}

    def _recipe(
        self,
        name: str,
        seed: int,
        techniques: tuple[Technique, ...],
        build: Callable[[DataSet], Any],
        num_epochs: int,
    ) -> Recipe:
        return Recipe(
            name=f"{self.task.dataset}_{name}",
            dataset=self.dataset.name,
            build_model=build,
            techniques=techniques,
            num_epochs=num_epochs,
            min_accuracy=0.0,
            max_accuracy_drop=1.0,
            min_agreement=0.0,
            batch_size=self.task.batch_size,
            learning_rate=self.task.learning_rate,
            seed=seed,
        )

    def _measure(self, recipe: Recipe, seed: int) -> dict[str, Any]:
        _start_afresh(seed)
        checked = self.dataset.take(len(self.dataset.y_train), _NUM_CHECKED)
        result = run_recipe(recipe, self.folder / f"{recipe.name}_{seed}", seed=seed, dataset=checked)
        model = result.model
        sample = make_evaluation_set([self.dataset.x_test[:1]], None, model).inputs[0]
        accuracy = measure_accuracy(model, self.dataset)
        return {
            "techniques": [each.name for each in recipe.techniques],
            "num_epochs": [each.num_epochs for each in recipe.techniques],
            "accuracy": accuracy.value,
            "measured_with": accuracy.measured_with,
            "num_test": len(self.dataset.y_test),
            **measure_sizes(model),
            **measure_on_board(model, sample),
            "sha256": model.sha256,
        }

    def _float_accuracy(self, path: Path) -> float:
        return measure_keras(load_keras_model(path), self.dataset).accuracy


def _start_afresh(seed: int) -> None:
    """So that a row gives the same whether or not others ran before it in this process."""
    import_tensorflow(seed)
    import tf_keras

    tf_keras.backend.clear_session()
    tf_keras.utils.set_random_seed(seed)


@contextmanager
def _show(name: str, total: int | None) -> Any:
    with progress(name, total) as advance:
        yield advance
