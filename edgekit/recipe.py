"""From a data set to an artifact on disk: the only orchestration on the TensorFlow side."""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit import __version__
from edgekit.artifact import check_replaceable, write_artifact
from edgekit.batches import Augment
from edgekit.checkpoint import Checkpoints, open_checkpoints
from edgekit.composition import check_composition
from edgekit.console import note, progress
from edgekit.datasets import DataSet, load_dataset
from edgekit.errors import RecipeError
from edgekit.evaluation import ANOMALY, make_evaluation_set
from edgekit.exporters.tflm import export_tflm
from edgekit.known_wrong import find_known_wrong
from edgekit.native_output import filtered_stderr
from edgekit.recipe_accuracy import Measurement, measure_agreement, measure_keras
from edgekit.reference_check import check_references, describe_references, num_compared
from edgekit.stages import (
    MAX_REFERENCE_SAMPLES,
    Stage,
    apply_techniques,
    blame,
    describe_stages,
    samples_to_judge,
)
from edgekit.techniques import SMOKE_EPOCHS, Technique
from edgekit.tensorflow_setup import import_tensorflow, num_threads, package_versions
from edgekit.tflite_model import TfliteModel
from edgekit.training import Trainer

_SMOKE_TRAIN, _SMOKE_TEST = 640, 80
# Of recordings cut into hundreds of windows not all are needed, and a board would take days for them.
_MAX_RECORDINGS, _MAX_WINDOWS = 500, 20


@dataclass(frozen=True)
class Recipe:
    """A task, a model and what is done to it.

    `build_model(dataset)` returns a new, uncompiled tf_keras model: a classifier with softmax output or, for a data
    set of anomalies, one whose output has the shape of its input. The promises, as fractions of the test split:
    `min_accuracy` of the trained float model, `max_accuracy_drop` by all techniques together, `min_agreement` of the
    final flatbuffer's predictions with the float model's. For anomalies the accuracy is the area under the ROC curve.
    `augment(samples, random)` returns the samples of a batch, changed by chance; augmentation.py has some.

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
    augment: Augment | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", self.name):
            raise RecipeError(
                f"a recipe is called {self.name!r}; expected letters, digits and underscores only"
            )
        if self.num_epochs < 0 or self.batch_size < 1:
            raise RecipeError(
                f"recipe {self.name}: num_epochs must be at least 0 (a trained model) and batch_size at least 1"
            )
        if not self.techniques:
            raise RecipeError(
                f"recipe {self.name} has no technique; name at least one, such as QuantizeInt8()"
            )
        check_composition(self.techniques)


@dataclass(frozen=True)
class RecipeResult:
    """Where the artifact is, what its artifact.json says, and how long each step took."""

    folder: Path
    model: TfliteModel
    info: Mapping[str, Any]
    seconds: Mapping[str, float]


def run_recipe(
    recipe: Recipe,
    folder: Path,
    smoke: bool = False,
    seed: int | None = None,
    dataset: DataSet | str | None = None,
    runtime: str | None = None,
) -> RecipeResult:
    """Trains, applies the techniques, checks the flatbuffer and writes the artifact to `folder`.

    What is trained is kept beside `folder`, epoch by epoch, until the artifact is written; the same call goes on
    from there. `smoke` does all of it on a slice of the data and keeps nothing; what the recipe promises of
    accuracy is then not asked for, nor on another `dataset` than the recipe's. `runtime` says what will run it.

    Raises:
        RecipeError: the model is not what the recipe promises; nothing is written then.
        MissingDependencyError: TensorFlow or a host oracle is not installed.
        DataError: `folder` cannot be written or holds something else, or there is another run's checkpoint.
    """
    check_replaceable(folder)
    seed = recipe.seed if seed is None else seed
    clock = _Clock()
    with filtered_stderr():
        with clock.step("loading TensorFlow"):
            import_tensorflow(seed)
        for technique in recipe.techniques:
            technique.require()
        data = dataset if isinstance(dataset, DataSet) else load_dataset(dataset or recipe.dataset)
        if smoke:
            data = data.take(_SMOKE_TRAIN, _SMOKE_TEST)
        data = data.take_recordings(_MAX_RECORDINGS, _MAX_WINDOWS)
        is_own_data = data.name == recipe.dataset
        checkpoints = Checkpoints(None) if smoke else _open_checkpoints(recipe, folder, seed, data)
        trainer = Trainer(
            data,
            seed,
            recipe.batch_size,
            recipe.learning_rate,
            checkpoints,
            clock.step,
            augment=recipe.augment,
        )
        with _discarding_what_is_wrong(checkpoints):
            made = _train_and_compress(recipe, trainer, smoke, is_own_data, runtime)
            references = _check_references(made.flatbuffer, data, made.stages[-1].measured, clock)
    flatbuffer = made.flatbuffer
    info = {
        "name": recipe.name,
        "created_by": f"edgekit {__version__}",
        "recipe": recipe.name,
        "dataset": {
            "name": data.name,
            "source": data.source,
            "num_train": len(data.y_train),
            "num_test": len(data.y_test),
        },
        "smoke": smoke,
        "num_epochs": SMOKE_EPOCHS if smoke else recipe.num_epochs,
        "num_parameters": made.num_parameters,
        "seeds": {"python": seed, "numpy": seed, "tensorflow": seed},
        "num_threads": num_threads(),
        "versions": {"edgekit": __version__, "python": platform.python_version(), **package_versions()},
        "accuracy": {
            **describe_stages(made.trained, made.compared, made.stages),
            "references": describe_references(references),
        },
        "wrong_on": sorted(find_known_wrong(flatbuffer)),
    }
    evaluation = make_evaluation_set([data.x_test], data.y_test, flatbuffer, data.task, data.group_test)
    write_artifact(folder, flatbuffer, evaluation, info, export_tflm(flatbuffer, recipe.name))
    checkpoints.discard()
    return RecipeResult(folder, flatbuffer, info, clock.seconds)


@dataclass(frozen=True)
class _Made:
    """`trained`: the float model on all test samples; `compared`: on those that its files are judged on."""

    num_parameters: int
    trained: Measurement
    compared: Measurement
    flatbuffer: TfliteModel
    stages: Sequence[Stage]


def _train_and_compress(
    recipe: Recipe, trainer: Trainer, smoke: bool, is_own_data: bool, runtime: str | None
) -> _Made:
    data = trainer.dataset
    judged = samples_to_judge(data)
    with blame(recipe.name, "building and training the model"):
        model = _build(recipe, data)
        _require_task(recipe, model, data)
        trainer(model, SMOKE_EPOCHS if smoke else recipe.num_epochs, "the float model")
        trained = measure_keras(model, data)
        compared = trained if judged is data else measure_keras(model, judged)
        num_parameters = int(model.count_params())
    if is_own_data and not smoke and trained.accuracy < recipe.min_accuracy:
        raise RecipeError(
            f"recipe {recipe.name}: the trained model has a test accuracy of {trained.accuracy:.2%}; "
            f"expected at least {recipe.min_accuracy:.2%}; train longer, or lower its min_accuracy"
        )
    flatbuffer, stages = apply_techniques(recipe.name, recipe.techniques, model, trainer, smoke, runtime)
    if is_own_data and not smoke:
        _check_promises(recipe, compared, stages[-1].measured)
    return _Made(num_parameters, trained, compared, flatbuffer, stages)


def _build(recipe: Recipe, dataset: DataSet) -> Any:
    try:
        return recipe.build_model(dataset)
    except (ValueError, TypeError, IndexError) as error:
        if dataset.name == recipe.dataset:
            raise
        # What a layer says of a shape names neither the data set nor what would do.
        shape = list(dataset.x_train.shape[1:])
        raise RecipeError(
            f"recipe {recipe.name}: its network cannot take samples of shape {shape}, which {dataset.name} has; "
            f"choose a data set with samples like those of {recipe.dataset}, or another recipe"
        ) from error


def _require_task(recipe: Recipe, model: Any, dataset: DataSet) -> None:
    """Data sets can be exchanged for others, but what is made of a sample depends on the task."""
    is_anomaly = dataset.task == ANOMALY
    wanted = dataset.x_train.shape[1:] if is_anomaly else (dataset.num_classes,)
    found = model.output_shape[1:]
    if tuple(found) != wanted:
        what = "the samples themselves, to find anomalies" if is_anomaly else "one number for each class"
        raise RecipeError(
            f"recipe {recipe.name}: its model's output has the shape {list(found)}; the data set {dataset.name} needs "
            f"{list(wanted)}, {what}; choose a recipe or a data set for the same task"
        )


@contextmanager
def _discarding_what_is_wrong(checkpoints: Checkpoints) -> Iterator[None]:
    """An interrupted run goes on later; one whose model is wrong would only be wrong again."""
    try:
        yield
    except RecipeError:
        checkpoints.discard()
        raise


def _check_references(
    flatbuffer: TfliteModel, data: DataSet, measured: Measurement, clock: _Clock
) -> list[Measurement]:
    num_samples = num_compared(data, min(len(data.y_test), MAX_REFERENCE_SAMPLES))
    with clock.step("checking that the references agree", num_samples) as advance:
        return check_references(flatbuffer, data.take(len(data.y_train), num_samples), measured, advance)


def _open_checkpoints(recipe: Recipe, folder: Path, seed: int, dataset: DataSet) -> Checkpoints:
    identity = {
        "recipe": recipe.name,
        "seed": seed,
        "dataset": dataset.name,
        "num_train": len(dataset.y_train),
        "techniques": [repr(each) for each in recipe.techniques],
        "num_epochs": recipe.num_epochs,
        "batch_size": recipe.batch_size,
        "learning_rate": recipe.learning_rate,
        "num_threads": num_threads(),
        "edgekit": __version__,
        **({} if recipe.augment is None else {"augment": repr(recipe.augment)}),
    }
    kept = folder.with_name(f".{folder.name}.training")
    if kept.exists():
        note(f"going on with the training kept in {kept}")
    return open_checkpoints(kept, identity)


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
