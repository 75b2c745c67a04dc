"""What every data set must be, whoever made it; checked once, when a DataSet is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgekit.errors import DataError

if TYPE_CHECKING:
    from edgekit.datasets import DataSet

Array = np.ndarray[Any, Any]

_TASKS = ("classification", "anomaly")


def check_dataset(dataset: DataSet) -> None:
    """Raises:
    DataError: says which array of which data set is wrong, and how.
    """
    if dataset.task not in _TASKS:
        raise DataError(
            f"data set {dataset.name}: task {dataset.task!r}; expected one of {', '.join(_TASKS)}"
        )
    if dataset.num_classes < 2:
        raise DataError(
            f"data set {dataset.name} has {dataset.num_classes} classes; expected at least 2, there is nothing to learn"
        )
    if dataset.class_names and len(dataset.class_names) != dataset.num_classes:
        raise DataError(
            f"data set {dataset.name} names {len(dataset.class_names)} classes and has {dataset.num_classes}"
        )
    _check_split(dataset, "train", dataset.x_train, dataset.y_train)
    _check_split(dataset, "test", dataset.x_test, dataset.y_test)
    if (dataset.x_val is None) != (dataset.y_val is None):
        raise DataError(f"data set {dataset.name}: x_val and y_val come together or not at all")
    if dataset.x_val is not None and dataset.y_val is not None:
        _check_split(dataset, "val", dataset.x_val, dataset.y_val)
    group = dataset.group_test
    if group is not None and group.shape != dataset.y_test.shape:
        raise DataError(
            f"data set {dataset.name}: group_test has shape {group.shape}; expected one number for each of the "
            f"{len(dataset.y_test)} test samples"
        )


def _check_split(dataset: DataSet, split: str, x: Array, y: Array) -> None:
    where = f"data set {dataset.name}, {split} split"
    if len(x) != len(y) or y.ndim != 1:
        raise DataError(
            f"{where}: {len(x)} samples and labels of shape {y.shape}; expected one label per sample"
        )
    if x.size == 0:
        raise DataError(f"{where} is empty; expected at least one sample of each class")
    if x.shape[1:] != dataset.x_train.shape[1:]:
        raise DataError(
            f"{where}: samples of shape {x.shape[1:]}; expected {dataset.x_train.shape[1:]} as in training"
        )
    if x.dtype.kind != "f":
        raise DataError(
            f"{where}: samples are {x.dtype}; expected floating-point numbers scaled for training"
        )
    # The extremes are NaN or infinite if any sample is, and need no array of their own to find.
    if not (np.isfinite(x.min()) and np.isfinite(x.max())):
        bad = int(sum(not np.isfinite(sample).all() for sample in x))
        raise DataError(
            f"{where}: {bad} of {len(x)} samples hold NaN or infinite values; remove or repair them first"
        )
    if y.dtype.kind not in "iu":
        raise DataError(f"{where}: labels are {y.dtype}; expected whole numbers")
    if y.min() < 0 or y.max() >= dataset.num_classes:
        raise DataError(
            f"{where}: labels from {y.min()} to {y.max()}; expected 0 to {dataset.num_classes - 1}, "
            "the number of a class"
        )
    if dataset.task == "anomaly" and split == "train":
        if y.any():
            raise DataError(
                f"{where}: holds {int((y != 0).sum())} anomalies; expected normal samples only, label 0"
            )
    elif y.min() == y.max():
        raise DataError(
            f"{where}: all {len(y)} samples are of class {y[0]}; expected at least two classes; take more samples"
        )
