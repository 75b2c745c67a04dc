"""From a data set to an artifact on disk: the only orchestration on the TensorFlow side."""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit import __version__
from edgekit.artifact import check_replaceable, write_artifact
from edgekit.console import progress
from edgekit.datasets import DataSet, load_dataset
from edgekit.errors import EdgekitError, RecipeError
from edgekit.evaluation import make_evaluation_set
from edgekit.exporters.tflite import export_tflite
from edgekit.exporters.tflm import export_tflm
from edgekit.native_output import filtered_stderr
from edgekit.recipe_accuracy import Measurement, measure_agreement, measure_flatbuffer, measure_keras
from edgekit.techniques import Technique
from edgekit.tensorflow_setup import import_tensorflow, package_versions
from edgekit.tflite_model import TfliteModel, read_model

_SMOKE_TRAIN, _SMOKE_TEST, _SMOKE_EPOCHS = 640, 80, 5


@dataclass(frozen=True)
class Recipe:
    """A task, a model and what is done to it.

    `build_model(dataset)` returns a new, uncompiled tf_keras classifier with softmax output. The promises,
    as fractions of the test split: `min_accuracy` of the trained float model, `max_accuracy_drop` by all
    techniques together, `min_agreement` of the final flatbuffer's predictions with the float model's.

    Raises:
        RecipeError: a field makes no sense.
    """

    name: str
    dataset: str
    build_model: Callable[[DataSet], Any]
    techniques: tuple[Technique, ...]
    num_epochs: int
    min_accuracy: float
    max_accuracy_drop: float
    min_agreement: float = 0.98
    batch_size: int = 32
    learning_rate: float = 3e-3
    seed: int = 1

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", self.name):
            raise RecipeError(
                f"a recipe is called {self.name!r}; expected letters, digits and underscores only"
            )
        if self.num_epochs < 1 or self.batch_size < 1:
            raise RecipeError(f"recipe {self.name}: num_epochs and batch_size must be at least 1")
        if not self.techniques:
            raise RecipeError(
                f"recipe {self.name} has no technique; name at least one, such as QuantizeInt8()"
            )


@dataclass(frozen=True)
class RecipeResult:
    """Where the artifact is, what its artifact.json says, and how long each step took."""

    folder: Path
    model: TfliteModel
    info: Mapping[str, Any]
    seconds: Mapping[str, float]


def run_recipe(recipe: Recipe, folder: Path, smoke: bool = False, seed: int | None = None) -> RecipeResult:
    """Trains, applies the techniques, checks the flatbuffer and writes the artifact to `folder`.

    `smoke` does all of it on a slice of the data; what the recipe promises of accuracy is then not asked for.

    Raises:
        RecipeError: the model is not what the recipe promises; nothing is written then.
        MissingDependencyError: TensorFlow or a host oracle is not installed.
        DataError: `folder` cannot be written, or holds something else.
    """
    check_replaceable(folder)
    seed = recipe.seed if seed is None else seed
    clock = _Clock()
    with filtered_stderr():
        with clock.step("loading TensorFlow"):
            import_tensorflow(seed)
        dataset = load_dataset(recipe.dataset)
        if smoke:
            dataset = dataset.take(_SMOKE_TRAIN, _SMOKE_TEST)
        num_epochs = _SMOKE_EPOCHS if smoke else recipe.num_epochs
        with _blame(recipe, "building and training the model"):
            model = recipe.build_model(dataset)
            with clock.step("training", num_epochs) as advance:
                _train(model, recipe, dataset, num_epochs, advance)
            num_parameters = int(model.count_params())
            trained = measure_keras(model, dataset)
        if not smoke and trained.accuracy < recipe.min_accuracy:
            raise RecipeError(
                f"recipe {recipe.name}: the trained model has a test accuracy of {trained.accuracy:.2%}; "
                f"expected at least {recipe.min_accuracy:.2%}; train longer, or lower its min_accuracy"
            )
        flatbuffer, stages = _apply_techniques(recipe, model, trained, dataset, smoke, clock)
    if not smoke:
        _check_promises(recipe, trained, stages[-1])
    info = {
        "name": recipe.name,
        "created_by": f"edgekit {__version__}",
        "recipe": recipe.name,
        "dataset": {
            "name": dataset.name,
            "source": dataset.source,
            "num_train": len(dataset.y_train),
            "num_test": len(dataset.y_test),
        },
        "smoke": smoke,
        "num_epochs": num_epochs,
        "num_parameters": num_parameters,
        "seeds": {"python": seed, "numpy": seed, "tensorflow": seed},
        "versions": {"edgekit": __version__, "python": platform.python_version(), **package_versions()},
        "accuracy": _describe_accuracy(recipe, trained, stages, len(dataset.y_test)),
    }
    evaluation = make_evaluation_set([dataset.x_test], dataset.y_test, flatbuffer)
    write_artifact(folder, flatbuffer, evaluation, info, export_tflm(flatbuffer, recipe.name))
    return RecipeResult(folder, flatbuffer, info, clock.seconds)


def _apply_techniques(
    recipe: Recipe, model: Any, trained: Measurement, dataset: DataSet, smoke: bool, clock: _Clock
) -> tuple[TfliteModel, list[Measurement]]:
    """Returns the final flatbuffer, and what was measured on the flatbuffer after each technique."""
    stages: list[Measurement] = []
    for position, technique in enumerate(recipe.techniques):
        with _blame(recipe, f"applying {technique.name}"):
            wrapped = technique.wrap(model)
            if technique.num_epochs:
                num_epochs = _SMOKE_EPOCHS if smoke else technique.num_epochs
                with clock.step(f"training with {technique.name}", num_epochs) as advance:
                    _train(wrapped, recipe, dataset, num_epochs, advance)
            model = technique.strip(wrapped)
        applied = recipe.techniques[: position + 1]
        with clock.step(f"converting with {technique.name}"):
            flatbuffer = read_model(export_tflite(model, applied, dataset.x_train))
        with clock.step(f"checking {technique.name}", len(dataset.y_test)) as advance:
            for each in applied:
                each.verify(flatbuffer)
            stages.append(measure_flatbuffer(flatbuffer, dataset, advance))
    return flatbuffer, stages


def _train(
    model: Any, recipe: Recipe, dataset: DataSet, num_epochs: int, advance: Callable[[int], None]
) -> None:
    import tf_keras

    num_steps = num_epochs * -(-len(dataset.y_train) // recipe.batch_size)
    schedule = tf_keras.optimizers.schedules.CosineDecay(recipe.learning_rate, num_steps)
    model.compile(tf_keras.optimizers.Adam(schedule), "sparse_categorical_crossentropy")
    model.fit(
        dataset.x_train,
        dataset.y_train,
        batch_size=recipe.batch_size,
        epochs=num_epochs,
        verbose=0,
        callbacks=[tf_keras.callbacks.LambdaCallback(on_epoch_end=lambda _epoch, _logs: advance(1))],
    )


def _check_promises(recipe: Recipe, trained: Measurement, last: Measurement) -> None:
    drop = trained.accuracy - last.accuracy
    if drop > recipe.max_accuracy_drop:
        raise RecipeError(
            f"recipe {recipe.name}: accuracy falls from {trained.accuracy:.2%} to {last.accuracy:.2%} "
            f"({last.measured_with}), by more than the {recipe.max_accuracy_drop * 100:g} points it promises"
        )
    agreement = measure_agreement(trained, last)
    if agreement < recipe.min_agreement:
        raise RecipeError(
            f"recipe {recipe.name}: the exported model agrees with the trained one on {agreement:.2%} of the "
            f"test samples; expected at least {recipe.min_agreement:.2%}; the conversion changed the model"
        )


def _describe_accuracy(
    recipe: Recipe, trained: Measurement, stages: list[Measurement], num_samples: int
) -> dict[str, Any]:
    return {
        "metric": "top-1",
        "n": num_samples,
        "float": {"value": trained.accuracy, "measured_with": trained.measured_with},
        "techniques": [
            {
                "technique": technique.name,
                "before": before.accuracy,
                "after": after.accuracy,
                "agreement_with_float": measure_agreement(trained, after),
                "measured_with": after.measured_with,
            }
            for technique, before, after in zip(
                recipe.techniques, [trained, *stages[:-1]], stages, strict=True
            )
        ],
    }


@contextmanager
def _blame(recipe: Recipe, doing: str) -> Iterator[None]:
    """What the recipe's own code, or TensorFlow because of it, raises becomes one sentence."""
    try:
        yield
    except EdgekitError:
        raise
    except Exception as error:
        lines = str(error).strip().splitlines() or ["no message"]
        raise RecipeError(
            f"recipe {recipe.name} failed while {doing}: {type(error).__name__}: {lines[0]}"
        ) from error


class _Clock:
    """Shows each step while it runs and remembers how long it took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        start_s = time.monotonic()
        with progress(name, total) as advance:
            yield advance
        self.seconds[name] = time.monotonic() - start_s
