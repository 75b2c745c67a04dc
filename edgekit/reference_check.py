"""Do both reference runtimes answer alike with an exported file?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from edgekit.datasets import DataSet
from edgekit.errors import ModelError, RecipeError
from edgekit.known_wrong import LITERT, TFLITE_MICRO, find_known_wrong
from edgekit.larq_oracle import has_larq_operators
from edgekit.oracle import LiteRtOracle, MicroOracle
from edgekit.recipe_accuracy import Measurement, Runs, measure_agreement, measure_on
from edgekit.tflite_model import TfliteModel

# LiteRT's reference kernels take tens of milliseconds a sample of a larger network, one sample at a time: RESHAPE
# has the batch of 1 written into the file.
MAX_SAMPLES = 200
# Where both take the model they compute the same integers, but for ties that they round differently: by 1 in
# FULLY_CONNECTED and MEAN, by up to 2 of 65,536 with int16 activations. That changes the class of a sample whose two
# best classes are as good as even, seen on at most 1 of 1,000. One sample proves nothing about a kernel.
MAX_FRACTION_DIFFERING = 0.005
_REFERENCES: dict[str, Callable[[TfliteModel], Runs]] = {TFLITE_MICRO: MicroOracle, LITERT: LiteRtOracle}


def num_compared(dataset: DataSet, num_measured: int) -> int:
    """How many of the test samples that one reference ran the other one is to run.

    The metric of anomalies is one of all samples, and their networks are small.
    """
    return num_measured if dataset.task == "anomaly" else min(num_measured, MAX_SAMPLES)


def check_references(
    model: TfliteModel, dataset: DataSet, first: Measurement, advance: Callable[[int], None]
) -> list[Measurement]:
    """`first`, and what the other reference runtime makes of the test samples of `dataset`, if it runs the file.

    Raises:
        RecipeError: they differ, or one of them is known to compute wrong results with such a file.
    """
    measured = [first]
    if not has_larq_operators(model):
        require_right_references(model)
        for runtime, make in _REFERENCES.items():
            if first.measured_with.startswith(runtime):
                continue
            try:
                oracle = make(model)
            except (ImportError, ModelError):
                continue  # float16 and dynamic-range files are none of tflite-micro's
            measured.append(measure_on(oracle, model, dataset, advance))
    require_alike(measured)
    return measured


def require_right_references(model: TfliteModel) -> None:
    """Raises RecipeError if a reference runtime would take the model and compute wrong results with it."""
    wrong = find_known_wrong(model)
    for runtime in _REFERENCES:
        if runtime in wrong:
            raise RecipeError(wrong[runtime])


def require_alike(measured: Sequence[Measurement]) -> None:
    """Raises RecipeError if classes, or the metric where there are none, differ by more than ties explain."""
    first, *others = measured
    for other in others:
        num_differing, size = count_differing(first, other), other.num_samples
        if first.metric != "top-1":
            if abs(first.accuracy - other.accuracy) <= MAX_FRACTION_DIFFERING:
                continue
            found = f"measure {first.accuracy:.4f} and {other.accuracy:.4f} {first.metric}"
        elif num_differing <= max(1, int(MAX_FRACTION_DIFFERING * size)):
            continue
        else:
            found = f"answer {num_differing} of {size} test samples with different classes"
        raise RecipeError(
            f"{first.measured_with} and {other.measured_with} {found}; expected at most "
            f"{MAX_FRACTION_DIFFERING:.1%} for ties; one of them computes the file wrongly, so use other operators "
            "or another quantization"
        )


def count_differing(first: Measurement, other: Measurement) -> int:
    """Samples, of those that both saw, that they put into different classes."""
    size = min(first.num_samples, other.num_samples)
    return round((1.0 - measure_agreement(first, other)) * size)


def describe_references(measured: Sequence[Measurement]) -> list[dict[str, Any]]:
    """For artifact.json; `num_differing` counts classes that differ from the first one's."""
    return [
        {
            "runtime": each.measured_with,
            "value": each.accuracy,
            "n": each.num_samples,
            "num_differing": count_differing(measured[0], each),
        }
        for each in measured
    ]
