"""Heartbeats of the MIT-BIH Arrhythmia Database: one lead, 128 samples at 180 Hz around each beat, 5 AAMI classes.

The MLII lead of the 44 records without a pacemaker; 256 samples at 360 Hz, the annotated R peak at the hundredth,
averaged in pairs; in millivolts. Beats too near to an end of their record are left out. The split is that of
de Chazal et al. by record: DS2 is for testing, DS1 for training, of which edgekit sets records 124, 207, 220 and 230
apart for validation. (Records 201, in DS1, and 202, in DS2, are one person: a known flaw of this split.)

`$EDGEKIT_DATA_DIR`: ecg_mitbih_beats.npz with x (beats, 128) int16 in ADC units, y, split (0 train, 1 val, 2 test),
adc_zero, adc_gain; or the official archive. In the former the mean of a pair is a whole number of ADC units of
5 µV, in the latter it is exact.

Source: G. Moody, R. Mark, "The impact of the MIT-BIH Arrhythmia Database", IEEE EMB Magazine 20(3), 2001; A. Goldberger
et al., "PhysioBank, PhysioToolkit, and PhysioNet", Circulation 101(23), 2000; https://physionet.org/content/mitdb/1.0.0/;
P. de Chazal et al., IEEE TBME 51(7), 2004 (split and classes). PhysioNet publishes checksums of the single files, not
of the archive; the headers' own checksums of the signals are verified.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from edgekit.datasets import DataSet
from edgekit.datasets._archives import iter_zip
from edgekit.datasets._data_folder import check_rows, find_local, read_arrays
from edgekit.datasets._download import Publication, RemoteFile, fetch
from edgekit.datasets._order import shuffled
from edgekit.datasets._wfdb import (
    BEAT_SYMBOLS,
    check_sum,
    read_annotations,
    read_header,
    read_signals_212,
)
from edgekit.errors import DataError

Array = np.ndarray[Any, Any]

_READY_MADE = "ecg_mitbih_beats.npz"
_PUBLICATION = Publication(
    "ecg_beats",
    "ODC-By 1.0, MIT-BIH Arrhythmia Database, PhysioNet; cite Moody and Mark 2001, Goldberger et al. 2000",
    _READY_MADE,
)
FILE = RemoteFile(
    "mit-bih-arrhythmia-database-1.0.0.zip",
    "https://physionet.org/static/published-projects/mitdb/mit-bih-arrhythmia-database-1.0.0.zip",
)
_CLASS_NAMES = ("N", "S", "V", "F", "Q")
# AAMI EC57: what a symbol of the database counts as.
_CLASS_OF = {
    symbol: number
    for number, symbols in enumerate(("NLRej", "AaJSn", "VEr", "F", "/fQ"))
    for symbol in symbols
}
_VAL = (124, 207, 220, 230)
_TRAIN = (101, 106, 108, 109, 112, 114, 115, 116, 118, 119, 122, 201, 203, 205, 208, 209, 215, 223)
_TEST = (
    *(100, 103, 105, 111, 113, 117, 121, 123, 200, 202, 210),
    *(212, 213, 214, 219, 221, 222, 228, 231, 232, 233, 234),
)
_SPLIT_OF = {record: split for split, records in enumerate((_TRAIN, _VAL, _TEST)) for record in records}
_LEAD = "MLII"
_BEFORE, _AFTER = 100, 156  # samples at 360 Hz before the R peak, and from it


def load() -> DataSet:
    """(beats, 128, 1) float32 in mV; 43,222 train, 8,250 val, 49,691 test."""
    local = find_local(_READY_MADE)
    x, y, split = _read_ready_made(local) if local is not None else read_archive(fetch(_PUBLICATION, FILE))
    order = shuffled(len(y))
    x, y, split = x[order][..., np.newaxis], y[order].astype(np.int64), split[order]
    return DataSet(
        name="ecg_beats",
        source="MIT-BIH Arrhythmia Database, beats of MLII, split of de Chazal et al. 2004",
        num_classes=len(_CLASS_NAMES),
        x_train=x[split == 0],
        y_train=y[split == 0],
        x_test=x[split == 2],
        y_test=y[split == 2],
        x_val=x[split == 1],
        y_val=y[split == 1],
        class_names=_CLASS_NAMES,
        licence=_PUBLICATION.licence,
    )


def _read_ready_made(path: Path) -> tuple[Array, Array, Array]:
    arrays = read_arrays(path, ("x", "y", "split", "adc_zero", "adc_gain"))
    check_rows(path, arrays, ("x", "y", "split"))
    length = (_BEFORE + _AFTER) // 2
    if arrays["x"].shape[1:] != (length,):
        raise DataError(f"{path}: x has shape {arrays['x'].shape}; expected beats of {length} samples")
    x = (arrays["x"].astype(np.float32) - float(arrays["adc_zero"])) / float(arrays["adc_gain"])
    return x.astype(np.float32), arrays["y"], arrays["split"]


def read_archive(path: Path) -> tuple[Array, Array, Array]:
    """x (beats, 128) in mV, y and split (0 train, 1 val, 2 test), record by record.

    Raises:
        DataError: a record is missing, damaged or has no MLII lead at 360 Hz.
    """
    wanted = {f"{record}.{kind}" for record in _SPLIT_OF for kind in ("hea", "dat", "atr")}
    files = {Path(name).name: data for name, data in iter_zip(path, lambda name: Path(name).name in wanted)}
    missing = sorted(wanted - files.keys())
    if missing:
        raise DataError(f"{path} lacks {missing[0]}; remove it, it is not the archive of {FILE.url}")
    beats, labels, splits = [], [], []
    for record in sorted(_SPLIT_OF):
        x, y = _read_record(str(record), files)
        beats.append(x)
        labels.append(y)
        splits.append(np.full(len(y), _SPLIT_OF[record]))
    return np.concatenate(beats), np.concatenate(labels), np.concatenate(splits)


def _read_record(record: str, files: dict[str, bytes]) -> tuple[Array, Array]:
    sample_rate_hz, leads = read_header(files[f"{record}.hea"].decode("ascii", "replace"), f"{record}.hea")
    lead = next((each for each in leads if each.name == _LEAD), None)
    if lead is None or sample_rate_hz != 360:
        names = ", ".join(each.name for each in leads)
        raise DataError(
            f"{record}.hea has the leads {names} at {sample_rate_hz:g} Hz; expected {_LEAD} at 360 Hz"
        )
    signal = read_signals_212(files[f"{record}.dat"], len(leads), f"{record}.dat")[:, lead.position]
    check_sum(signal, lead, f"{record}.dat")
    millivolts = (signal.astype(np.float32) - lead.adc_zero) / np.float32(lead.adc_gain)
    beats, labels = [], []
    for time, code in read_annotations(files[f"{record}.atr"], f"{record}.atr"):
        label = _CLASS_OF.get(BEAT_SYMBOLS.get(code, ""))
        if label is None or time < _BEFORE or time + _AFTER > len(millivolts):
            continue
        beats.append(millivolts[time - _BEFORE : time + _AFTER].reshape(-1, 2).mean(axis=1))
        labels.append(label)
    return np.array(beats, np.float32).reshape(-1, (_BEFORE + _AFTER) // 2), np.array(labels, np.int64)
