from __future__ import annotations

import numpy as np
import pytest

from edgekit.bench.accuracy import anomaly_auc, class_labels, top1_accuracy
from edgekit.evaluation import make_evaluation_set
from edgekit.tflite_model import read_model
from tests.tiny_model import Tensor, build_dense, build_file


def test_the_highest_score_wins_and_of_equal_ones_the_first() -> None:
    outputs = [
        np.array([[1, 5, 2]], np.int8),
        np.array([[7, 7, 0]], np.int8),
        np.array([[-9, -8, -7]], np.int8),
    ]
    accuracy = top1_accuracy(outputs, np.array([1, 1, 2]))
    assert (accuracy.num_correct, accuracy.n) == (2, 3)
    assert accuracy.value == pytest.approx(2 / 3)
    assert accuracy.metric == "top1"
    assert accuracy.confidence_interval.low < 2 / 3 < accuracy.confidence_interval.high


@pytest.mark.parametrize(
    "labels",
    [
        np.array([0, 2, 1]),
        np.array([[0], [2], [1]]),
        np.array([0.0, 2.0, 1.0]),
        np.eye(3, dtype=np.int8)[[0, 2, 1]],
    ],
    ids=["indices", "column", "floats", "one-hot"],
)
def test_labels_come_in_many_forms(labels: np.ndarray) -> None:
    found = class_labels(labels, 3, 3)
    assert found is not None
    assert found.tolist() == [0, 2, 1]


@pytest.mark.parametrize(
    "labels",
    [None, np.array([0, 3, 1]), np.array([0, -1, 1]), np.array([0.5, 1, 2]), np.ones((3, 3)),
     np.array([0, 1]),     np.array(["a", "b", "c"])],
    ids=["none", "too large", "negative", "fractions", "many-hot", "too few", "text"],
)  # fmt: skip
def test_what_is_not_a_class_gives_no_accuracy(labels: np.ndarray | None) -> None:
    assert class_labels(labels, 3, 3) is None


def test_a_model_with_one_output_has_no_classes() -> None:
    assert class_labels(np.array([0, 0]), 2, 1) is None


_FLOAT_AUTOENCODER = read_model(build_file([Tensor("x", (1, 4), "float32", None)], [], [0], [0]))


def test_recordings_that_are_reproduced_badly_are_the_anomalies() -> None:
    """Scale 0.5 going in and 1/256 coming out: the outputs are compared as the numbers that they stand for."""
    model = read_model(build_dense(np.ones((4, 4))))
    inputs = np.full((4, 4), -1, np.int8)
    labels, groups = np.array([0, 1, 1, 0]), np.array([2, 1, 1, 3])
    evaluation = make_evaluation_set([inputs], labels, model, "anomaly", groups)
    outputs = [np.full((1, 4), each, np.int8) for each in (-128, 100, -100, -127)]
    found = anomaly_auc(outputs, evaluation, model)
    assert found is not None
    assert (found.metric, found.value, found.n, found.num_correct) == ("auc", 1.0, 3, None)
    assert found.confidence_interval.low < found.confidence_interval.high == 1.0


def test_outputs_that_are_not_finite_give_no_area() -> None:
    inputs = np.zeros((2, 4), np.float32)
    evaluation = make_evaluation_set([inputs], np.array([0, 1]), _FLOAT_AUTOENCODER, "anomaly")
    outputs = [np.zeros((1, 4), np.float32), np.full((1, 4), np.nan, np.float32)]
    assert anomaly_auc(outputs, evaluation, _FLOAT_AUTOENCODER) is None
