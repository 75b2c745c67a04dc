"""A data set of the user's own: an .npz file with x_train, y_train, x_test and y_test."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.datasets import DataSet
from edgekit.errors import DataError

_NAMES = ("x_train", "y_train", "x_test", "y_test")
_EXPECTED = f"expected an .npz file with the arrays {', '.join(_NAMES)}"

# Splits of one source differ by their samples, not by an order of magnitude; 0 to 255 against 0 to 1 is 255.
_MAX_SPREAD_RATIO = 20.0


def load_dataset_file(path: Path, num_classes: int | None = None) -> DataSet:
    """Samples as the model takes them, (samples, …); labels are class indices, (samples,), or one-hot rows.

    `num_classes` is what the model has; without it, one more than the highest label.

    Raises:
        DataError: the file cannot be read, or its arrays do not belong together.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            archive.namelist()
        with np.load(path, allow_pickle=False) as loaded:
            missing = [name for name in _NAMES if name not in loaded.files]
            if missing:
                raise DataError(
                    f"{path} has no {', '.join(missing)}; found {', '.join(loaded.files) or 'no arrays'}; {_EXPECTED}"
                )
            x_train, y_train, x_test, y_test = (np.asarray(loaded[name]) for name in _NAMES)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}; {_EXPECTED}") from error
    except MemoryError as error:
        raise DataError(f"{path} claims arrays larger than this machine's memory; {_EXPECTED}") from error
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, KeyError, RuntimeError) as error:
        raise DataError(f"{path} is not a sound .npz file ({error}); {_EXPECTED}") from error
    labels = [
        _as_classes(each, f"{path}: {name}") for each, name in ((y_train, "y_train"), (y_test, "y_test"))
    ]
    for array, name in ((x_train, "x_train"), (x_test, "x_test")):
        if array.dtype.kind not in "iubf" or array.ndim < 2:
            raise DataError(
                f"{path}: {name} is {array.dtype.name} {list(array.shape)}; expected numbers, (samples, …)"
            )
    _require_one_scale(x_train, x_test, path)
    highest = max((int(each.max()) for each in labels if each.size), default=0)
    return DataSet(
        name=path.stem,
        source=path.name,
        num_classes=highest + 1 if num_classes is None else num_classes,
        x_train=x_train.astype(np.float32),
        y_train=labels[0],
        x_test=x_test.astype(np.float32),
        y_test=labels[1],
    )


def _require_one_scale(x_train: Any, x_test: Any, path: Path) -> None:
    """Raises DataError where one split is in pixels of 0 to 255, say, and the other in fractions of 1."""
    if x_train.size == 0 or x_test.size == 0:
        return  # such a split has an error of its own, as a constant or broken one has
    spreads = [float(np.std(each, dtype=np.float64)) for each in (x_train, x_test)]
    if not (np.isfinite(spreads).all() and min(spreads) > 0):
        return
    if max(spreads) > _MAX_SPREAD_RATIO * min(spreads):
        ranges = [f"{each.min():.4g} to {each.max():.4g}" for each in (x_train, x_test)]
        raise DataError(
            f"{path}: x_train ranges from {ranges[0]} and x_test from {ranges[1]}; "
            "expected both on the scale that the model was trained on"
        )


def _as_classes(labels: Any, label: str) -> np.ndarray[Any, Any]:
    if labels.ndim == 2 and labels.shape[1] > 1:
        labels = labels.argmax(axis=1)
    labels = labels.reshape(len(labels), -1)[:, 0] if labels.ndim == 2 else labels
    if labels.ndim != 1 or labels.dtype.kind not in "iub":
        raise DataError(
            f"{label} is {labels.dtype.name} {list(labels.shape)}; expected one class index for each sample"
        )
    return np.asarray(labels, np.int64)
