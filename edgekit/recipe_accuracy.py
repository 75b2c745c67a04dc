"""How good a model is before and after a technique, on the test split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from edgekit.anomaly import score_recordings, to_real
from edgekit.datasets import DataSet
from edgekit.errors import MissingDependencyError
from edgekit.evaluation import ANOMALY, make_evaluation_set
from edgekit.larq_oracle import LarqOracle, has_larq_operators
from edgekit.oracle import find_oracle
from edgekit.tensorflow_setup import package_versions
from edgekit.tflite_model import TfliteModel

Array = np.ndarray[Any, Any]


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


class Runs(Protocol):
    """What is asked here of a reference: an inference, and its name with its version."""

    name: str

    def invoke(self, inputs: Sequence[np.ndarray[Any, Any]]) -> list[np.ndarray[Any, Any]]: ...


def measure_keras(model: Any, dataset: DataSet) -> Measurement:
    """Of the Keras model itself, in float."""
    outputs = model.predict(dataset.x_test, verbose=0)
    return _judge(outputs, dataset.x_test, dataset, f"tf-keras {package_versions()['tf-keras']}")


def measure_flatbuffer(model: TfliteModel, dataset: DataSet, advance: Callable[[int], None]) -> Measurement:
    """Of the file, one sample at a time on the host oracle.

    Raises:
        MissingDependencyError: no reference runtime here can run it.
    """
    oracle: Runs | None = LarqOracle(model) if has_larq_operators(model) else find_oracle(model.data)
    if oracle is None:
        raise MissingDependencyError(
            "no reference runtime on this machine can run the exported model, so it cannot be checked; "
            "pip install 'edgekit[train]'"
        )
    return measure_on(oracle, model, dataset, advance)


def measure_on(
    oracle: Runs, model: TfliteModel, dataset: DataSet, advance: Callable[[int], None]
) -> Measurement:
    """Of the file, one sample at a time on a reference of one's choice."""
    inputs = make_evaluation_set([dataset.x_test], None, model).inputs[0]
    outputs = []
    for sample in inputs:
        outputs.append(oracle.invoke([sample.reshape(model.inputs[0].shape)])[0].reshape(-1))
        advance(1)
    # An autoencoder is held against the input that it was given, as on a board, which knows no other.
    wanted = to_real(inputs, model.inputs[0])
    return _judge(to_real(np.stack(outputs), model.outputs[0]), wanted, dataset, oracle.name)


def _judge(outputs: Array, inputs: Array, dataset: DataSet, measured_with: str) -> Measurement:
    """Of an anomaly model, what stands for a prediction is whether a recording is in the worse reproduced half."""
    if dataset.task == ANOMALY:
        scores = score_recordings(inputs, outputs, dataset.y_test, dataset.group_test)
        worse = (scores.errors > np.median(scores.errors)).astype(np.int64)
        return Measurement(scores.auc, worse, measured_with, "AUC")
    predictions = outputs.argmax(axis=1)
    return Measurement(float((predictions == dataset.y_test).mean()), predictions, measured_with)


def measure_agreement(one: Measurement, other: Measurement) -> float:
    """The fraction of samples, of those that both saw, that both put into the same class, right or wrong."""
    num_samples = min(one.num_samples, other.num_samples)
    return float((one.predictions[:num_samples] == other.predictions[:num_samples]).mean())
