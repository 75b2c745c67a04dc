"""Spoken digits: 3,000 English recordings of 0 … 9 by six speakers at 8 kHz, as MFCCs.

The front end is MLPerf Tiny's for keywords at half its sample rate: the first second (zeros behind shorter clips)
divided by its largest sample, frames of 30 ms every 20 ms, FFT of 512, 40 HTK mel bins from 20 Hz to 4 kHz, 10
coefficients, 49 frames. Each coefficient is then brought to mean 0 and standard deviation 1 over the training split.

`$EDGEKIT_DATA_DIR`: spoken_digits.npz with audio (int16, all clips end to end), offsets (clips + 1), label, index; or
the official archive.

Source: Z. Jackson et al., "Free Spoken Digit Dataset", https://github.com/Jakobovski/free-spoken-digit-dataset; its
README gives the split: test is recordings 0 … 4 of each speaker and digit. edgekit sets 5 … 9 apart for validation.
The archive is made by its host on request, so there is no published checksum.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.datasets import DataSet
from edgekit.datasets._archives import iter_zip, read_wav
from edgekit.datasets._data_folder import check_rows, find_local, read_arrays
from edgekit.datasets._download import Publication, RemoteFile, fetch
from edgekit.datasets._features import MfccFrontEnd, fit_clip, mfcc
from edgekit.datasets._order import shuffled
from edgekit.errors import DataError

Array = np.ndarray[Any, Any]

_READY_MADE = "spoken_digits.npz"
_COMMIT = "26eb9aaf76e81b692f806f9140c2d2777410d7a1"
_PUBLICATION = Publication(
    "spoken_digits", "CC BY-SA 4.0, Free Spoken Digit Dataset, Z. Jackson and contributors", _READY_MADE
)
FILE = RemoteFile(
    f"free-spoken-digit-dataset-{_COMMIT}.zip",
    f"https://github.com/Jakobovski/free-spoken-digit-dataset/archive/{_COMMIT}.zip",
)
FRONT_END = MfccFrontEnd(sample_rate_hz=8_000, clip_samples=8_000, frame_samples=240, hop_samples=160)
_TEST_BELOW, _VAL_BELOW = 5, 10
_RECORDING = re.compile(r"recordings/(\d)_([a-z]+)_(\d+)\.wav$")


def load() -> DataSet:
    """(samples, 49, 10, 1); 2,400 train, 300 val, 300 test, every speaker and digit in each."""
    local = find_local(_READY_MADE)
    clips, labels, indices = _read_ready_made(local) if local else read_archive(fetch(_PUBLICATION, FILE))
    order = shuffled(len(labels))
    labels, indices = labels[order].astype(np.int64), indices[order]
    features = mfcc(np.stack([fit_clip(clips[each], FRONT_END.clip_samples) for each in order]), FRONT_END)
    is_test = indices < _TEST_BELOW
    is_val = ~is_test & (indices < _VAL_BELOW)
    is_train = ~is_test & ~is_val
    for split, chosen in (("train", is_train), ("val", is_val), ("test", is_test)):
        if not chosen.any():
            raise DataError(
                f"spoken_digits: no recording belongs to the {split} split; the source is incomplete"
            )
    flat = features[is_train].reshape(-1, FRONT_END.num_coefficients)
    features = (features - flat.mean(axis=0)) / np.maximum(flat.std(axis=0), np.float32(1e-6))
    features = features[..., np.newaxis]
    return DataSet(
        name="spoken_digits",
        source="Free Spoken Digit Dataset (Jackson et al.), official test split, MFCC 49x10",
        num_classes=10,
        x_train=features[is_train],
        y_train=labels[is_train],
        x_test=features[is_test],
        y_test=labels[is_test],
        x_val=features[is_val],
        y_val=labels[is_val],
        class_names=tuple("0123456789"),
        licence=_PUBLICATION.licence,
    )


def _read_ready_made(path: Path) -> tuple[list[Array], Array, Array]:
    arrays = read_arrays(path, ("audio", "offsets", "label", "index"))
    check_rows(path, arrays, ("label", "index"))
    offsets = arrays["offsets"].astype(np.int64)
    audio = arrays["audio"]
    whole = len(offsets) == len(arrays["label"]) + 1 and offsets[0] == 0 and offsets[-1] == len(audio)
    if not whole or (np.diff(offsets) < 0).any():
        raise DataError(
            f"{path}: its offsets do not cut its audio into {len(arrays['label'])} clips; copy it again"
        )
    clips = [audio[start:end] for start, end in itertools.pairwise(offsets)]
    return clips, arrays["label"], arrays["index"]


def read_archive(path: Path) -> tuple[list[Array], Array, Array]:
    """Clips (samples,) int16, their digits, and their numbers among the speaker's recordings of that digit.

    Raises:
        DataError: it holds no recordings, or one that is not a .wav of one channel at 8 kHz.
    """
    clips, labels, indices = [], [], []
    for name, data in iter_zip(path, lambda name: _RECORDING.search(name) is not None):
        found = _RECORDING.search(name)
        assert found is not None  # noqa: S101
        clips.append(read_wav(data, name, FRONT_END.sample_rate_hz))
        labels.append(int(found[1]))
        indices.append(int(found[3]))
    if not clips:
        raise DataError(
            f"{path} holds no recordings/<digit>_<speaker>_<number>.wav; remove it, it is not the official one"
        )
    return clips, np.array(labels), np.array(indices)
