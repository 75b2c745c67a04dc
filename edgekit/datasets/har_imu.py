"""Human activity from a phone's accelerometer and gyroscope: windows of 128 readings at 50 Hz, six channels.

Two sources of the same shape, acceleration in g and angular velocity in rad/s. `DataSet.source` says which one it is,
and results of the two are not comparable:

* `$EDGEKIT_DATA_DIR` has har_imu.npz: x (windows, 128, 6) in m/s² and rad/s, y, split (0 train, 1 val, 2 test),
  class_names; 5 activities of 8 people, nobody in two splits.
* Otherwise the UCI archive, from that folder or downloaded: 6 activities of 30 people, the official split by person.
  Its total acceleration and body angular velocity are taken.

Source: D. Anguita et al., "A Public Domain Dataset for Human Activity Recognition Using Smartphones", ESANN 2013,
https://doi.org/10.24432/C54S4K (address, format). No checksum is published there; the one here is what several public
projects have recorded of this file.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.datasets import DataSet
from edgekit.datasets._archives import iter_zip
from edgekit.datasets._data_folder import check_rows, find_local, read_arrays
from edgekit.datasets._download import Publication, RemoteFile, fetch
from edgekit.datasets._order import shuffled
from edgekit.errors import DataError

Array = np.ndarray[Any, Any]

_READY_MADE = "har_imu.npz"
_PUBLICATION = Publication(
    "har_imu",
    "CC BY 4.0 at the UCI Machine Learning Repository, while the archive's own README prohibits commercial use; "
    "D. Anguita et al. 2013",
    _READY_MADE,
)
FILE = RemoteFile(
    "human+activity+recognition+using+smartphones.zip",
    "https://archive.ics.uci.edu/static/public/240/human+activity+recognition+using+smartphones.zip",
    "c00b803081a5c797cd5e4b83700a9810b38d53d9d84e01917e090e1fdbc81031",
)
_STANDARD_GRAVITY = 9.80665  # m/s²
_CHANNELS = ("total_acc_x", "total_acc_y", "total_acc_z", "body_gyro_x", "body_gyro_y", "body_gyro_z")
_CLASS_NAMES = ("WALKING", "WALKING_UPSTAIRS", "WALKING_DOWNSTAIRS", "SITTING", "STANDING", "LAYING")
_WINDOW = 128


def load() -> DataSet:
    """(windows, 128, 6) float32: three axes in g, three in rad/s.

    From the archive 7,352 train and 2,947 test; from har_imu.npz 2,008 train, 430 val and 800 test.
    """
    local = find_local(_READY_MADE)
    return _load_ready_made(local) if local is not None else _load_archive(fetch(_PUBLICATION, FILE))


def _load_ready_made(path: Path) -> DataSet:
    arrays = read_arrays(path, ("x", "y", "split", "class_names"))
    check_rows(path, arrays, ("x", "y", "split"))
    x, y, split = arrays["x"].astype(np.float32), arrays["y"].astype(np.int64), arrays["split"]
    if x.shape[1:] != (_WINDOW, len(_CHANNELS)):
        raise DataError(
            f"{path}: x has shape {x.shape}; expected windows of {_WINDOW} readings of 6 channels"
        )
    x[..., :3] /= np.float32(_STANDARD_GRAVITY)
    order = shuffled(len(y))
    x, y, split = x[order], y[order], split[order]
    return DataSet(
        name="har_imu",
        source="smartphone IMU recordings, 5 activities of 8 people (DiFronzo, MIT licence), har_imu.npz",
        num_classes=len(arrays["class_names"]),
        x_train=x[split == 0],
        y_train=y[split == 0],
        x_test=x[split == 2],
        y_test=y[split == 2],
        x_val=x[split == 1],
        y_val=y[split == 1],
        class_names=tuple(str(name) for name in arrays["class_names"]),
        licence="MIT licence, DiFronzo",
    )


def _load_archive(path: Path) -> DataSet:
    arrays = read_archive(path)
    for split in ("train", "test"):
        order = shuffled(len(arrays[f"y_{split}"]))
        arrays[f"x_{split}"] = arrays[f"x_{split}"][order]
        arrays[f"y_{split}"] = arrays[f"y_{split}"][order]
    return DataSet(
        name="har_imu",
        source="UCI Human Activity Recognition Using Smartphones (Anguita et al. 2013), official split",
        num_classes=len(_CLASS_NAMES),
        class_names=_CLASS_NAMES,
        licence=_PUBLICATION.licence,
        x_train=arrays["x_train"],
        y_train=arrays["y_train"],
        x_test=arrays["x_test"],
        y_test=arrays["y_test"],
    )


def read_archive(path: Path) -> dict[str, Array]:
    """x (windows, 128, 6) and y from 0 of both splits, in the archive's order. The archive is a .zip in a .zip.

    Raises:
        DataError: a file is missing, or not a table of numbers of the right size.
    """
    tables: dict[str, bytes] = {}
    wanted = {f"{channel}_{split}.txt" for channel in (*_CHANNELS, "y") for split in ("train", "test")}
    for name, data in iter_zip(path, lambda name: name.endswith(".zip") or Path(name).name in wanted):
        if name.endswith(".zip"):
            inner = iter_zip(data, lambda name: Path(name).name in wanted and "__MACOSX" not in name)
            tables.update((Path(each).name, table) for each, table in inner)
        else:
            tables[Path(name).name] = data
    missing = sorted(wanted - tables.keys())
    if missing:
        raise DataError(f"{path} lacks {missing[0]}; remove it, it is not the archive of {FILE.url}")
    arrays: dict[str, Array] = {}
    for split in ("train", "test"):
        channels = [_read_table(tables[f"{each}_{split}.txt"], f"{each}_{split}.txt") for each in _CHANNELS]
        labels = _read_table(tables[f"y_{split}.txt"], f"y_{split}.txt")
        shapes = {each.shape for each in channels}
        if shapes != {(len(labels), _WINDOW)} or labels.shape[1:] != (1,):
            raise DataError(
                f"{path}: the {split} split has tables of {sorted(shapes)} and labels of {labels.shape}; "
                f"expected {_WINDOW} readings for each label"
            )
        arrays[f"x_{split}"] = np.stack(channels, axis=-1).astype(np.float32)
        arrays[f"y_{split}"] = labels[:, 0].astype(np.int64) - 1
    return arrays


def _read_table(data: bytes, name: str) -> Array:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # an empty table is only warned of
            table: Array = np.loadtxt(io.BytesIO(data), ndmin=2, comments=None)
    except (ValueError, UserWarning) as error:
        raise DataError(f"{name} is not a table of numbers ({error})") from error
    return table
