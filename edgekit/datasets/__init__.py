"""One data set per file: a module with `load() -> DataSet` is found by its name."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from edgekit.errors import UnknownNameError

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class DataSet:
    """x_*: (samples, height, width, channels) float32, scaled for training; y_*: (samples,) int64."""

    name: str
    source: str
    num_classes: int
    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    loss: str = "sparse_categorical_crossentropy"

    def take(self, num_train: int, num_test: int) -> DataSet:
        """The first samples of each split."""
        return replace(
            self,
            x_train=self.x_train[:num_train],
            y_train=self.y_train[:num_train],
            x_test=self.x_test[:num_test],
            y_test=self.y_test[:num_test],
        )


def load_dataset(name: str) -> DataSet:
    """Loads the data set of that name.

    Raises:
        UnknownNameError: there is none.
        MissingDependencyError: it needs a package that is not installed.
    """
    known = [each.name for each in pkgutil.iter_modules(__path__)]
    if name not in known:
        raise UnknownNameError("data set", name, known)
    dataset: DataSet = importlib.import_module(f"{__name__}.{name}").load()
    return dataset
