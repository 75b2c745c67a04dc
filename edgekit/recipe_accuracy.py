"""How good a model is before and after a technique, on the test split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.datasets import DataSet
from edgekit.errors import MissingDependencyError
from edgekit.evaluation import make_evaluation_set
from edgekit.oracle import find_oracle
from edgekit.tensorflow_setup import package_versions
from edgekit.tflite_model import TfliteModel


@dataclass(frozen=True)
class Measurement:
    """`accuracy` is a fraction; `predictions`: (samples,) classes; `measured_with`: runtime and version."""

    accuracy: float
    predictions: np.ndarray[Any, Any]
    measured_with: str
    metric: str = "top-1"

    @property
    def num_samples(self) -> int:
        return len(self.predictions)


def measure_keras(model: Any, dataset: DataSet) -> Measurement:
    """Of the Keras model itself, in float."""
    predictions = model.predict(dataset.x_test, verbose=0).argmax(axis=1)
    return Measurement(
        float((predictions == dataset.y_test).mean()),
        predictions,
        f"tf-keras {package_versions()['tf-keras']}",
    )


def measure_flatbuffer(model: TfliteModel, dataset: DataSet, advance: Callable[[int], None]) -> Measurement:
    """Of the file, one sample at a time on the host oracle.

    Raises:
        MissingDependencyError: no reference runtime here can run it.
    """
    oracle = find_oracle(model.data)
    if oracle is None:
        raise MissingDependencyError(
            "no reference runtime on this machine can run the exported model, so it cannot be checked; "
            "pip install 'edgekit[train]'"
        )
    evaluation = make_evaluation_set([dataset.x_test], dataset.y_test, model)
    predictions = []
    for sample in evaluation.inputs[0]:
        outputs = oracle.invoke([sample.reshape(model.inputs[0].shape)])
        predictions.append(int(outputs[0].argmax()))
        advance(1)
    found = np.array(predictions)
    return Measurement(float((found == dataset.y_test).mean()), found, oracle.name)


def measure_agreement(one: Measurement, other: Measurement) -> float:
    """The fraction of samples, of those that both saw, that both put into the same class, right or wrong."""
    num_samples = min(one.num_samples, other.num_samples)
    return float((one.predictions[:num_samples] == other.predictions[:num_samples]).mean())
