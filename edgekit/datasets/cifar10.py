"""CIFAR-10: 60,000 colour images of 32x32 pixels, 10 classes; the image classification task of MLPerf Tiny.

`$EDGEKIT_DATA_DIR`: cifar10.npz with x_train (50000, 32, 32, 3), y_train, x_test (10000, 32, 32, 3), y_test, all
uint8; or the official cifar-10-binary.tar.gz. The *binary* version is read, not the one of Python pickles: the same
images in the same order, and nothing in it can be executed.

Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009,
https://www.cs.toronto.edu/~kriz/cifar.html (format and official split; no licence is stated there, it asks for a
citation). The checksum is the one that TensorFlow Datasets records for this address.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from edgekit.datasets import DataSet
from edgekit.datasets._archives import iter_tar
from edgekit.datasets._data_folder import check_rows, find_local, read_arrays
from edgekit.datasets._download import Publication, RemoteFile, fetch
from edgekit.errors import DataError

Array = np.ndarray[Any, Any]

_READY_MADE = "cifar10.npz"
_PUBLICATION = Publication(
    "cifar10",
    "no licence is stated; when you publish results, cite A. Krizhevsky, Learning Multiple Layers of Features from "
    "Tiny Images, 2009 (https://www.cs.toronto.edu/~kriz/cifar.html)",
    _READY_MADE,
)
FILE = RemoteFile(
    "cifar-10-binary.tar.gz",
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
)
_CLASS_NAMES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
_TRAIN_MEMBERS = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
_TEST_MEMBERS = ("test_batch.bin",)
_RECORD_BYTES = 1 + 3 * 32 * 32


def load() -> DataSet:
    """Pixels 0 … 255 scaled to 0 … 1, (samples, 32, 32, 3) RGB; the official split: 50,000 train, 10,000 test."""
    local = find_local(_READY_MADE)
    if local is not None:
        arrays = read_arrays(local, ("x_train", "y_train", "x_test", "y_test"))
        check_rows(local, arrays, ("x_train", "y_train"))
        check_rows(local, arrays, ("x_test", "y_test"))
    else:
        arrays = read_archive(fetch(_PUBLICATION, FILE))
    for key in ("x_train", "x_test"):
        if arrays[key].shape[1:] != (32, 32, 3):
            raise DataError(
                f"cifar10: {key} has shape {arrays[key].shape}; expected images of 32x32 pixels, RGB"
            )
    return DataSet(
        name="cifar10",
        source="CIFAR-10 (Krizhevsky 2009), official split",
        num_classes=10,
        x_train=arrays["x_train"].astype(np.float32) / np.float32(255),
        y_train=arrays["y_train"].astype(np.int64),
        x_test=arrays["x_test"].astype(np.float32) / np.float32(255),
        y_test=arrays["y_test"].astype(np.int64),
        class_names=_CLASS_NAMES,
        licence=_PUBLICATION.licence,
    )


def read_archive(path: Path) -> dict[str, Array]:
    """Images (samples, 32, 32, 3) and labels of both splits, uint8, in the order of the batches.

    A record is a byte of label and 3072 of pixels: red, green, blue, each row by row.

    Raises:
        DataError: a batch is missing or is not a whole number of records.
    """
    wanted = {*_TRAIN_MEMBERS, *_TEST_MEMBERS}
    members = {Path(name).name: data for name, data in iter_tar(path, lambda name: Path(name).name in wanted)}
    arrays = {}
    for split, names in (("train", _TRAIN_MEMBERS), ("test", _TEST_MEMBERS)):
        for name in names:
            size = len(members.get(name, b""))
            if size == 0 or size % _RECORD_BYTES:
                raise DataError(
                    f"{path}: {name} has {size} bytes; expected a multiple of {_RECORD_BYTES}; remove the file, it "
                    "will be downloaded again"
                )
        joined = b"".join(members[name] for name in names)
        records = np.frombuffer(joined, np.uint8).reshape(-1, _RECORD_BYTES)
        arrays[f"x_{split}"] = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        arrays[f"y_{split}"] = records[:, 0]
    return arrays
