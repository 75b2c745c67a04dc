"""Speech Commands v0.02: one-second recordings at 16 kHz, 12 classes; the keyword spotting task of MLPerf Tiny.

The samples are MFCCs as the reference model of MLPerf Tiny takes them, in the order of its classes: ten words,
silence, unknown; `_features.MfccFrontEnd` gives the parameters. Words are split by the archive's own
validation_list.txt and testing_list.txt. As in the official test set, unknown (the other 25 words) and silence have
as many samples as a word has on average. Silence is cut from the six background recordings: the first 80 % of each
for training, the next 10 % for validation, the last for testing. The reference mixes background noise into its
training samples; this does not.

`$EDGEKIT_DATA_DIR`: speech_commands.npz with what `read_archive` returns (x_train (samples, 49, 10, 1) float32,
y_train, x_val …), or the official speech_commands_v0.02.tar.gz. Its kws_speech_commands_1000.npz is MLPerf Tiny's
test subset (audio, label, mfcc_int8) for `load_mlperf_subset`; there is nothing in it to train on.

Source: P. Warden, "Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition", arXiv:1804.03209; MLCommons
Tiny, benchmark/training/keyword_spotting. The checksum is the one that TensorFlow Datasets records for this address.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.datasets import DataSet
from edgekit.datasets._archives import iter_tar, read_wav
from edgekit.datasets._converted import keep_converted
from edgekit.datasets._data_folder import VARIABLE, check_rows, find_local, read_arrays
from edgekit.datasets._download import Publication, RemoteFile, fetch
from edgekit.datasets._features import MfccFrontEnd, fit_clip, mfcc
from edgekit.datasets._order import shuffled
from edgekit.errors import DataError

Array = np.ndarray[Any, Any]

_SUBSET = "kws_speech_commands_1000.npz"
_READY_MADE = "speech_commands.npz"
_PUBLICATION = Publication(
    "speech_commands", "CC BY 4.0, Speech Commands v0.02, Google, P. Warden 2018", _READY_MADE
)
FILE = RemoteFile(
    "speech_commands_v0.02.tar.gz",
    "http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz",
    "af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
)
FRONT_END = MfccFrontEnd()
_WORDS = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes")
_SILENCE, _UNKNOWN = 10, 11
_CLASS_NAMES = (*(word.capitalize() for word in _WORDS), "Silence", "Unknown")
_BACKGROUND = "_background_noise_"
_LISTS = {"validation_list.txt": 1, "testing_list.txt": 2}
_PARTS = ((0.0, 0.8), (0.8, 0.9), (0.9, 1.0))  # of a background recording: train, val, test
_CLIPS_AT_ONCE = 512


def load() -> DataSet:
    """(samples, 49, 10, 1) MFCCs, not scaled; about 36,900 train, 4,400 val, 4,900 test."""
    names = tuple(f"{kind}_{split}" for kind in "xy" for split in ("train", "val", "test"))
    local = find_local(_READY_MADE)
    if local is not None:
        arrays = read_arrays(local, names)
        for split in ("train", "val", "test"):
            check_rows(local, arrays, (f"x_{split}", f"y_{split}"))
    else:
        path = fetch(_PUBLICATION, FILE)
        arrays = keep_converted("speech_commands", path, "mfcc-1", names, lambda: read_archive(path))
    return DataSet(
        name="speech_commands",
        source="Speech Commands v0.02 (Warden 2018), split by its lists, MFCC 49x10 as in MLPerf Tiny",
        num_classes=12,
        class_names=_CLASS_NAMES,
        licence=_PUBLICATION.licence,
        x_train=arrays["x_train"],
        y_train=arrays["y_train"],
        x_test=arrays["x_test"],
        y_test=arrays["y_test"],
        x_val=arrays["x_val"],
        y_val=arrays["y_val"],
    )


def load_mlperf_subset() -> tuple[Array, Array]:
    """The 1,000 test clips of MLPerf Tiny: (1000, 49, 10, 1) MFCCs by this front end, and labels.

    Raises:
        DataError: `$EDGEKIT_DATA_DIR` has no such file.
    """
    path = find_local(_SUBSET)
    if path is None:
        raise DataError(f"there is no {_SUBSET}; set {VARIABLE} to a folder with it")
    arrays = read_arrays(path, ("audio", "label"))
    check_rows(path, arrays, ("audio", "label"))
    clips = np.stack([fit_clip(each, FRONT_END.clip_samples) for each in arrays["audio"]])
    return mfcc(clips, FRONT_END)[..., np.newaxis], arrays["label"].astype(np.int64)


def read_archive(path: Path) -> dict[str, Array]:
    """x_train, y_train, x_val … of the official archive.

    Raises:
        DataError: it lacks one of the lists, the words or the background recordings, or a recording is broken.
    """
    keys: list[str] = []
    features: list[Array] = []
    background: list[Array] = []
    split_of: dict[str, int] = {}
    lists_seen = set()
    pending: list[Array] = []
    for name, data in iter_tar(path, lambda name: name.endswith(".wav") or name in _LISTS):
        if name in _LISTS:
            lists_seen.add(name)
            split_of.update(dict.fromkeys(data.decode("ascii", "replace").split(), _LISTS[name]))
            continue
        samples = read_wav(data, name, FRONT_END.sample_rate_hz)
        if name.startswith(_BACKGROUND):
            background.append(samples)
            continue
        keys.append(name)
        pending.append(fit_clip(samples, FRONT_END.clip_samples))
        if len(pending) == _CLIPS_AT_ONCE:
            features.append(mfcc(np.stack(pending), FRONT_END))
            pending.clear()
    if pending:
        features.append(mfcc(np.stack(pending), FRONT_END))
    if lists_seen != set(_LISTS) or not background or not keys:
        raise DataError(
            f"{path} holds {len(keys)} words, {len(background)} background recordings and {len(lists_seen)} lists; "
            f"expected all of them, as in {FILE.url}"
        )
    x = np.concatenate(features)
    labels = np.array([_label(key) for key in keys])
    splits = np.array([split_of.get(key, 0) for key in keys])
    return _assemble(x, labels, splits, background)


def _label(key: str) -> int:
    word = key.partition("/")[0]
    return _WORDS.index(word) if word in _WORDS else _UNKNOWN


def _assemble(x: Array, labels: Array, splits: Array, background: list[Array]) -> dict[str, Array]:
    arrays = {}
    for number, split in enumerate(("train", "val", "test")):
        words = np.flatnonzero((splits == number) & (labels != _UNKNOWN))
        unknown = np.flatnonzero((splits == number) & (labels == _UNKNOWN))
        num_each = max(1, round(len(words) / len(_WORDS)))
        unknown = unknown[shuffled(len(unknown))][:num_each]
        chosen = np.concatenate([words, unknown])
        silence = mfcc(np.stack(list(_cut(background, _PARTS[number], num_each))), FRONT_END)
        joined = np.concatenate([x[chosen], silence])
        y = np.concatenate([labels[chosen], np.full(len(silence), _SILENCE)])
        order = shuffled(len(y))
        arrays[f"x_{split}"] = joined[order][..., np.newaxis]
        arrays[f"y_{split}"] = y[order].astype(np.int64)
    return arrays


def _cut(recordings: list[Array], part: tuple[float, float], num_clips: int) -> Iterator[Array]:
    """Clips at even distances in that part of the recordings, in turn from each."""
    for number in range(num_clips):
        recording = recordings[number % len(recordings)]
        low, high = (int(fraction * len(recording)) for fraction in part)
        turns = max(1, -(-num_clips // len(recordings)) - 1)
        room = max(0, high - low - FRONT_END.clip_samples)
        start = low + room * (number // len(recordings)) // turns
        yield fit_clip(recording[start : min(high, start + FRONT_END.clip_samples)], FRONT_END.clip_samples)
