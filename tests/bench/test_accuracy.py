from __future__ import annotations

import numpy as np
import pytest

from edgekit.bench.accuracy import class_labels, top1_accuracy


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
