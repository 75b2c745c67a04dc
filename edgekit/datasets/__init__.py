"""One data set per file: a module with `load() -> DataSet` is found by its name.

A data set comes from the folder `$EDGEKIT_DATA_DIR`, where there is one and it has the file, or is downloaded
once from its official address into the user's cache. Modules whose name starts with an underscore are what
the data sets share.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from edgekit.datasets._checks import check_dataset
from edgekit.errors import UnknownNameError

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class DataSet:
    """Samples for training, for testing and, where the source sets some apart, for choosing between models.

    `x_*`: (samples, height, width, channels), (samples, time, channels) or (samples, features), float32,
    scaled for training. `y_*`: (samples,) int64. The first samples of a split are a fair sample of it.
    `task` is "classification", or "anomaly": there `y_*` is 0 for normal and 1 for anomalous, and `x_train` has
    normal samples only. `group_test`: (samples,) int64, or None; test samples with the same number are parts of
    one recording, which is judged by the mean over them.
    `source` and `licence` say where the samples came from and on what terms.

    Raises:
        DataError: the arrays are not usable: of unequal lengths, empty, with NaN, labels out of range, one class only.
    """

    name: str
    source: str
    num_classes: int
    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    x_val: Array | None = None
    y_val: Array | None = None
    group_test: Array | None = None
    task: str = "classification"
    class_names: tuple[str, ...] = ()
    licence: str = ""

    def __post_init__(self) -> None:
        check_dataset(self)

    @property
    def loss(self) -> str:
        """What training makes small, as Keras calls it; an autoencoder's target is its input."""
        return "mse" if self.task == "anomaly" else "sparse_categorical_crossentropy"

    @property
    def targets(self) -> Array:
        """What `x_train` is trained towards."""
        return self.x_train if self.task == "anomaly" else self.y_train

    def take(self, num_train: int, num_test: int) -> DataSet:
        """The first samples of each split; as many for validation as for testing."""
        counts = {"train": num_train, "test": num_test, "val": num_test}
        cut: dict[str, Array] = {}
        for field in fields(self):
            kind, _, split = field.name.partition("_")
            array = getattr(self, field.name)
            if kind in ("x", "y", "group") and split in counts and array is not None:
                cut[field.name] = array[: counts[split]]
        return replace(self, **cut)  # type: ignore[arg-type]

    def take_recordings(self, num_recordings: int, num_windows: int) -> DataSet:
        """Of the test split the first recordings, and of each so many samples, at even distances.

        A data set whose test samples are no parts of recordings stays as it is.
        """
        if self.group_test is None:
            return self
        numbers, first = np.unique(self.group_test, return_index=True)
        chosen = []
        for number in numbers[np.argsort(first)][:num_recordings]:
            windows = np.flatnonzero(self.group_test == number)
            count = min(num_windows, len(windows))
            chosen.append(windows[np.linspace(0, len(windows) - 1, count).round().astype(int)])
        kept = np.sort(np.concatenate(chosen))
        return replace(
            self, x_test=self.x_test[kept], y_test=self.y_test[kept], group_test=self.group_test[kept]
        )


def list_datasets() -> list[str]:
    """The names that `load_dataset` knows."""
    return sorted(each.name for each in pkgutil.iter_modules(__path__) if not each.name.startswith("_"))


def load_dataset(name: str) -> DataSet:
    """Loads the data set of that name.

    Raises:
        UnknownNameError: there is none.
        MissingDependencyError: it needs a package that is not installed.
        DataError: it is not in `$EDGEKIT_DATA_DIR` and cannot be downloaded, or its files are broken.
    """
    known = list_datasets()
    if name not in known:
        raise UnknownNameError("data set", name, known)
    dataset: DataSet = importlib.import_module(f"{__name__}.{name}").load()
    return dataset
