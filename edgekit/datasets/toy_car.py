"""Toy-car sounds: is the car broken? Windows for an autoencoder; the anomaly detection task of MLPerf Tiny.

A recording of about 10 s at 16 kHz becomes log-mel frames (`_features.log_mel`: FFT of 1024 every 512 samples, 128
Slaney mel bins, decibel), of which frames 50 … 249 are kept. A sample is five frames one after the other, 640 numbers,
not scaled. To test, every one of the 196 windows of a recording is there, and `group_test` says which are one
recording: its score is the mean reconstruction error over them. To train, windows do not overlap (40 a recording),
where the reference takes all 196: every frame is seen, in 0.4 GiB instead of 2.

`$EDGEKIT_DATA_DIR`: toy_car.npz with what `read_archive` returns, or the official dev_data_ToyCar.zip.

Source: Y. Koizumi et al., "ToyADMOS", WASPAA 2019, and "Description and Discussion on DCASE2020 Challenge Task 2",
2020, https://zenodo.org/records/3678171 (split: train/ and test/); MLCommons Tiny,
benchmark/training/anomaly_detection. edgekit knows no SHA-256 of the archive.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.datasets import DataSet
from edgekit.datasets._archives import iter_zip, read_wav
from edgekit.datasets._converted import keep_converted
from edgekit.datasets._data_folder import check_rows, find_local, read_arrays
from edgekit.datasets._download import Publication, RemoteFile, fetch
from edgekit.datasets._features import log_mel
from edgekit.datasets._order import shuffled
from edgekit.errors import DataError

Array = np.ndarray[Any, Any]

_READY_MADE = "toy_car.npz"
_PUBLICATION = Publication(
    "toy_car", "CC BY-NC-SA 4.0 (not for commercial use), ToyADMOS, NTT, Koizumi et al. 2019", _READY_MADE
)
FILE = RemoteFile(
    "dev_data_ToyCar.zip", "https://zenodo.org/records/3678171/files/dev_data_ToyCar.zip?download=1"
)
_SAMPLE_RATE_HZ = 16_000
_FIRST_FRAME, _END_FRAME = 50, 250
_WINDOW_FRAMES = 5
_MEMBER = re.compile(r"(train|test)/(normal|anomaly)_id_\d+_\d+\.wav$")
_ARRAYS = ("train", "test", "is_anomaly")


def load() -> DataSet:
    """(windows, 640) float32 in decibels; the official 4,000 normal recordings train, 2,459 of both kinds test."""
    local = find_local(_READY_MADE)
    if local is not None:
        arrays = read_arrays(local, _ARRAYS)
        check_rows(local, arrays, ("test", "is_anomaly"))
        for key in ("train", "test"):
            if arrays[key].shape[1:] != (_END_FRAME - _FIRST_FRAME, 128):
                raise DataError(
                    f"{local}: {key} has shape {arrays[key].shape}; expected recordings of 200 frames of 128 mel bins"
                )
    else:
        path = fetch(_PUBLICATION, FILE)
        arrays = keep_converted("toy_car", path, "log-mel-1", _ARRAYS, lambda: read_archive(path))
    order = shuffled(len(arrays["test"]))
    x_train = windows(arrays["train"][shuffled(len(arrays["train"]))], step=_WINDOW_FRAMES)
    x_test = windows(arrays["test"][order], step=1)
    num_windows = len(x_test) // len(order)
    return DataSet(
        name="toy_car",
        source="ToyADMOS toy car (DCASE 2020 task 2, development set), log-mel windows as in MLPerf Tiny",
        num_classes=2,
        x_train=x_train,
        y_train=np.zeros(len(x_train), np.int64),
        x_test=x_test,
        y_test=np.tile(arrays["is_anomaly"][order].astype(np.int64), num_windows),
        group_test=np.tile(np.arange(len(order), dtype=np.int64), num_windows),
        task="anomaly",
        class_names=("normal", "anomaly"),
        licence=_PUBLICATION.licence,
    )


def windows(frames: Array, step: int) -> Array:
    """(recordings, frames, mel bins) → (windows, 5 × mel bins), the first window of each recording first.

    So the first samples of the data set are of many recordings.
    """
    num_recordings, num_frames, num_bins = frames.shape
    flat = np.ascontiguousarray(frames).reshape(num_recordings, num_frames * num_bins)
    views = np.lib.stride_tricks.sliding_window_view(flat, _WINDOW_FRAMES * num_bins, axis=1)
    chosen: Array = views[:, :: step * num_bins].transpose(1, 0, 2)
    return chosen.reshape(-1, _WINDOW_FRAMES * num_bins)


def read_archive(path: Path) -> dict[str, Array]:
    """`train`, `test`: (recordings, 200, 128) float32; `is_anomaly`: (test recordings,) uint8.

    Raises:
        DataError: a recording is broken or too short, or a split is missing.
    """
    found: dict[str, list[Array]] = {"train": [], "test": []}
    is_anomaly: list[bool] = []
    for name, data in iter_zip(path, lambda name: _MEMBER.search(name) is not None):
        member = _MEMBER.search(name)
        assert member is not None  # noqa: S101
        samples = read_wav(data, name, _SAMPLE_RATE_HZ).astype(np.float32) / np.float32(32_768)
        frames = log_mel(samples, _SAMPLE_RATE_HZ)
        if len(frames) < _END_FRAME:
            raise DataError(
                f"{path}: {name} lasts {len(samples) / _SAMPLE_RATE_HZ:.1f} s; expected at least 8"
            )
        split, kind = member.groups()
        found[split].append(frames[_FIRST_FRAME:_END_FRAME])
        if split == "test":
            is_anomaly.append(kind == "anomaly")
        elif kind == "anomaly":
            raise DataError(
                f"{path}: {name} is an anomaly in the training split; expected normal recordings only"
            )
    if not found["train"] or not found["test"]:
        raise DataError(f"{path} holds no ToyCar/train and ToyCar/test recordings; it is not {FILE.name}")
    return {
        "train": np.stack(found["train"]),
        "test": np.stack(found["test"]),
        "is_anomaly": np.array(is_anomaly, np.uint8),
    }
