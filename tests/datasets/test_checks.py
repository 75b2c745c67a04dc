from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from edgekit.datasets import DataSet
from edgekit.errors import DataError


def build(**changes: Any) -> DataSet:
    fields: dict[str, Any] = {
        "name": "things",
        "source": "made by a test",
        "num_classes": 3,
        "x_train": np.zeros((6, 4, 2), np.float32),
        "y_train": np.array([0, 1, 2, 0, 1, 2]),
        "x_test": np.ones((3, 4, 2), np.float32),
        "y_test": np.array([2, 1, 0]),
    }
    return DataSet(**{**fields, **changes})


def _with(value: float) -> np.ndarray[Any, Any]:
    x = np.zeros((6, 4, 2), np.float32)
    x[1, 2, 0] = x[4, 0, 0] = value
    return x


CASES = {
    "NaN": ({"x_train": _with(np.nan)}, "train split: 2 of 6 samples hold NaN or infinite values"),
    "infinity": ({"x_train": _with(np.inf)}, "2 of 6 samples hold NaN or infinite values"),
    "minus infinity": ({"x_train": _with(-np.inf)}, "2 of 6 samples hold NaN or infinite values"),
    "a label too high": ({"y_test": np.array([0, 1, 3])}, "test split: labels from 0 to 3; expected 0 to 2"),
    "a negative label": ({"y_test": np.array([0, 1, -1])}, "labels from -1 to 1; expected 0 to 2"),
    "labels that are not whole": (
        {"y_test": np.array([0.0, 1.0, 2.0])},
        "labels are float64; expected whole numbers",
    ),
    "no samples": (
        {"x_train": np.zeros((0, 4, 2), np.float32), "y_train": np.zeros(0, int)},
        "train split is empty",
    ),
    "one class only": (
        {"y_train": np.full(6, 1)},
        "all 6 samples are of class 1; expected at least two classes",
    ),
    "one class in all": ({"num_classes": 1}, "has 1 classes; expected at least 2"),
    "fewer labels than samples": ({"y_train": np.array([0, 1])}, "6 samples and labels of shape (2,)"),
    "labels one-hot": ({"y_train": np.eye(6)}, "labels of shape (6, 6); expected one label per sample"),
    "another shape to test": (
        {"x_test": np.zeros((3, 5, 2), np.float32)},
        "samples of shape (5, 2); expected (4, 2)",
    ),
    "unscaled bytes": (
        {"x_train": np.zeros((6, 4, 2), np.uint8)},
        "samples are uint8; expected floating-point",
    ),
    "too few names": ({"class_names": ("a", "b")}, "names 2 classes and has 3"),
    "validation without labels": (
        {"x_val": np.zeros((1, 4, 2), np.float32)},
        "x_val and y_val come together",
    ),
    "bad validation labels": (
        {"x_val": np.zeros((2, 4, 2), np.float32), "y_val": np.array([0, 9])},
        "val split: labels from 0 to 9",
    ),
    "groups of another length": ({"group_test": np.arange(5)}, "group_test has shape (5,)"),
    "an unknown task": ({"task": "regression"}, "task 'regression'; expected one of classification, anomaly"),
    "anomalies to train on": ({"task": "anomaly", "num_classes": 2}, "labels from 0 to 2"),
    "one anomaly to train on": (
        {"task": "anomaly", "y_train": np.array([0, 0, 0, 0, 0, 1])},
        "train split: holds 1 anomalies; expected normal samples only",
    ),
    "nothing anomalous to test": (
        {"task": "anomaly", "y_train": np.zeros(6, int), "y_test": np.zeros(3, int)},
        "test split: all 3 samples are of class 0",
    ),
}


@pytest.mark.parametrize(("changes", "message"), CASES.values(), ids=CASES.keys())
def test_bad_data_is_refused_in_a_sentence(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=f"^data set things.*{re.escape(message)}"):
        build(**changes)


def test_good_data_is_taken_as_it_is() -> None:
    dataset = build(class_names=("a", "b", "c"), group_test=np.array([0, 0, 1]))
    assert dataset.task == "classification"
    assert dataset.x_val is None


def test_a_slice_takes_every_split_and_the_groups_with_it() -> None:
    x_val = np.full((4, 4, 2), 0.5, np.float32)
    part = build(x_val=x_val, y_val=np.array([0, 1, 2, 0]), group_test=np.array([7, 8, 9])).take(4, 2)
    assert part.x_val is not None
    assert part.y_val is not None
    assert part.group_test is not None
    assert (len(part.x_train), len(part.x_test), len(part.x_val)) == (4, 2, 2)
    assert (part.y_train.tolist(), part.y_test.tolist(), part.y_val.tolist()) == (
        [0, 1, 2, 0],
        [2, 1],
        [0, 1],
    )
    assert part.group_test.tolist() == [7, 8]


def test_a_slice_of_a_single_class_is_refused() -> None:
    with pytest.raises(DataError, match="take more samples"):
        build().take(1, 3)


def test_of_each_recording_samples_at_even_distances_are_taken() -> None:
    groups = np.array([5, 5, 2, 5, 5, 2, 5, 9])
    dataset = DataSet(
        "sounds", "made", 2,
        np.zeros((4, 1), np.float32), np.zeros(4, np.int64),
        np.arange(8, dtype=np.float32)[:, None], (groups == 2).astype(np.int64),
        group_test=groups, task="anomaly",
    )  # fmt: skip
    few = dataset.take_recordings(2, 3)
    assert few.x_test[:, 0].tolist() == [0, 2, 3, 5, 6]
    assert few.group_test is not None
    assert few.group_test.tolist() == [5, 2, 5, 2, 5]
    assert few.y_test.tolist() == [0, 1, 0, 1, 0]
    whole = dataset.take_recordings(9, 9)
    assert whole.x_test.tolist() == dataset.x_test.tolist()
