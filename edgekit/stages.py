"""A trained model through its techniques, one after another, each judged by the file that it makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from edgekit.datasets import DataSet
from edgekit.errors import EdgekitError, RecipeError
from edgekit.evaluation import ANOMALY
from edgekit.exporters.tflite import export_tflite
from edgekit.flatbuffer_weights import count_parameters
from edgekit.recipe_accuracy import Measurement, measure_agreement, measure_flatbuffer
from edgekit.techniques import SMOKE_EPOCHS, Context, Supervision, Technique
from edgekit.tflite_model import TfliteModel, read_model
from edgekit.training import Trainer

# The reference kernels take tens of milliseconds a sample; the whole test split is for the runtimes on boards.
MAX_REFERENCE_SAMPLES = 1000


@dataclass(frozen=True)
class Stage:
    """What one technique did, measured on the file that it and those before it make."""

    technique: Technique
    promise: Mapping[str, Any]
    num_parameters: int
    num_bytes: int
    num_macs: int
    measured: Measurement


def apply_techniques(
    name: str, techniques: Sequence[Technique], model: Any, trainer: Trainer, smoke: bool, runtime: str | None
) -> tuple[TfliteModel, list[Stage]]:
    """Returns the final flatbuffer, and what was measured on the flatbuffer after each technique.

    Raises:
        RecipeError: a technique cannot be applied, or its effect is not in the file; says so with the recipe's `name`.
    """
    data, stages = trainer.dataset, list[Stage]()
    promises: list[Mapping[str, Any]] = []
    supervision: Supervision | None = None
    for position, technique in enumerate(techniques):
        with blame(name, f"applying {technique.name}"):
            train = replace(trainer, prefix=f"{position + 1} {technique.name} ", supervision=supervision)
            context = Context(data, trainer.seed, trainer.num_steps, smoke, train)
            wrapped = technique.wrap(model, context)
            if technique.num_epochs:
                num_epochs = min(technique.num_epochs, SMOKE_EPOCHS) if smoke else technique.num_epochs
                supervision = technique.fit(wrapped, context, num_epochs) or supervision
            model = technique.strip(wrapped)
            promises.append(technique.promise(model))
        applied = techniques[: position + 1]
        with trainer.step(f"converting with {technique.name}", None):
            is_last = len(applied) == len(techniques)
            exported = export_tflite(model, applied, data.x_train, promises, runtime if is_last else None)
            flatbuffer = read_model(exported)
        judged = samples_to_judge(data)
        with trainer.step(f"checking {technique.name}", len(judged.y_test)) as advance:
            for each, promise in zip(applied, promises, strict=True):
                each.verify(flatbuffer, promise)
            measured = measure_flatbuffer(flatbuffer, judged, advance)
        stages.append(
            Stage(
                technique,
                promises[-1],
                count_parameters(flatbuffer),
                len(flatbuffer.data),
                flatbuffer.macs,
                measured,
            )
        )
    return flatbuffer, stages


def samples_to_judge(dataset: DataSet) -> DataSet:
    """The first test samples, as many as the reference kernels can run; of anomalies all.

    The first windows of an anomaly set are of many recordings, but one of each says little.
    """
    if dataset.task == ANOMALY or len(dataset.y_test) <= MAX_REFERENCE_SAMPLES:
        return dataset
    return dataset.take(len(dataset.y_train), MAX_REFERENCE_SAMPLES)


def describe_stages(trained: Measurement, compared: Measurement, stages: Sequence[Stage]) -> dict[str, Any]:
    """For artifact.json. `compared` is the float model on the samples that files are judged on, `trained` on all."""
    before = [compared, *(each.measured for each in stages[:-1])]
    return {
        "metric": trained.metric,
        "n": trained.num_samples,
        "float": {"value": trained.accuracy, "measured_with": trained.measured_with},
        "techniques": [
            {
                "technique": stage.technique.name,
                "before": earlier.accuracy,
                "after": stage.measured.accuracy,
                "n": stage.measured.num_samples,
                "agreement_with_float": measure_agreement(trained, stage.measured),
                "measured_with": stage.measured.measured_with,
                "num_parameters": stage.num_parameters,
                "model_bytes": stage.num_bytes,
                "num_macs": stage.num_macs,
                "promise": dict(stage.promise),
            }
            for earlier, stage in zip(before, stages, strict=True)
        ],
    }


@contextmanager
def blame(name: str, doing: str) -> Iterator[None]:
    """What the recipe's own code, or TensorFlow because of it, raises becomes one sentence."""
    try:
        yield
    except EdgekitError:
        raise
    except Exception as error:
        lines = str(error).strip().splitlines() or ["no message"]
        raise RecipeError(
            f"recipe {name} failed while {doing}: {type(error).__name__}: {lines[0]}"
        ) from error
