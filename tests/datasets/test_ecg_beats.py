from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgekit.datasets import ecg_beats, load_dataset
from edgekit.errors import DataError
from tests.datasets.conftest import FileServer, build_zip, publish

ROOT = "mit-bih-arrhythmia-database-1.0.0"
NUM_SAMPLES = 1_200
# Sample number and annotation code: too early, N, V, no beat (a rhythm), A, F, a paced beat (Q), too late.
ANNOTATIONS = [(99, 1), (100, 1), (300, 5), (320, 28), (500, 8), (700, 6), (900, 12), (1_045, 1)]


def _signal(record: int) -> np.ndarray:  # type: ignore[type-arg]
    return (np.random.RandomState(record).randint(0, 2_048, NUM_SAMPLES)).astype(np.int64)


def _pack_212(first: np.ndarray, second: np.ndarray) -> bytes:  # type: ignore[type-arg]
    first, second = first & 0xFFF, second & 0xFFF
    triples = [first & 0xFF, (first >> 8) | (second >> 8) << 4, second & 0xFF]
    return np.stack(triples, axis=1).astype(np.uint8).tobytes()


def build_members() -> dict[str, bytes]:
    members = {f"{ROOT}/RECORDS": b"100\n", f"{ROOT}/102.hea": b"a paced record, not read"}
    for record in ecg_beats._SPLIT_OF:
        mlii, other = _signal(record), np.zeros(NUM_SAMPLES, np.int64)
        # As in the real database, MLII is the second lead of record 114.
        names = ("V5", "MLII") if record == 114 else ("MLII", "V1")
        leads = (other, mlii) if record == 114 else (mlii, other)
        lines = [f"{record} 2 360 {NUM_SAMPLES}"]
        for name, lead in zip(names, leads, strict=True):
            checksum = (int(lead.sum()) + 32_768) % 65_536 - 32_768
            lines.append(f"{record}.dat 212 200 11 1024 {lead[0]} {checksum} 0 {name}")
        words, last = b"", 0
        for time, code in ANNOTATIONS:
            words += (code << 10 | (time - last)).to_bytes(2, "little")
            last = time
        members[f"{ROOT}/{record}.hea"] = "\r\n".join([*lines, "# 69 M"]).encode()
        members[f"{ROOT}/{record}.dat"] = _pack_212(*leads)
        members[f"{ROOT}/{record}.atr"] = words + b"\0\0"
    return members


def test_the_official_archive_is_cut_into_beats(
    server: FileServer, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(server, monkeypatch, ecg_beats, build_zip(build_members()))
    dataset = load_dataset("ecg_beats")
    assert dataset.x_val is not None
    # Five beats of each record: 18 to train, 4 to validate, 22 to test; one of each class.
    assert dataset.x_train.shape == (90, 128, 1)
    assert dataset.x_val.shape == (20, 128, 1)
    assert dataset.x_test.shape == (110, 128, 1)
    assert np.bincount(dataset.y_test).tolist() == [22] * 5
    assert dataset.class_names == ("N", "S", "V", "F", "Q")


def test_a_beat_is_the_lead_around_its_peak_in_millivolts(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(build_zip(build_members()))
    x, y, split = ecg_beats.read_archive(tmp_path / "a.zip")
    assert len(x) == 44 * 5
    place = 5 * sorted(ecg_beats._SPLIT_OF).index(114)
    assert y[place : place + 5].tolist() == [0, 2, 1, 3, 4]
    assert (split[place : place + 5] == 0).all()
    window = (_signal(114)[300 - 100 : 300 + 156] - 1024) / 200
    np.testing.assert_allclose(x[place + 1], (window[0::2] + window[1::2]) / 2, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("hea", lambda data: data.replace(b"MLII", b"V4"), "has the leads V4, V1 at 360 Hz; expected MLII"),
        ("hea", lambda data: data.replace(b" 360 ", b" 250 "), "at 250 Hz; expected MLII at 360 Hz"),
        ("dat", lambda data: b"\1" + data[1:], r"do not match the header's checksum"),
        ("dat", lambda data: data[:-1], "it was cut"),
        ("atr", lambda data: data[:-2], "ends without its end mark"),
        ("atr", None, "lacks 231.atr"),
    ],
)
def test_a_bad_record_is_named(
    tmp_path: Path, kind: str, change: Callable[[bytes], bytes] | None, message: str
) -> None:
    members = build_members()
    data = members.pop(f"{ROOT}/231.{kind}")
    if change is not None:
        members[f"{ROOT}/231.{kind}"] = change(data)
    (tmp_path / "a.zip").write_bytes(build_zip(members))
    with pytest.raises(DataError, match=message):
        ecg_beats.read_archive(tmp_path / "a.zip")


def test_the_ready_made_beats_are_split_by_record(real_data: Callable[[str], Path]) -> None:
    path = real_data("ecg_mitbih_beats.npz")
    with np.load(path) as loaded:
        record, split = loaded["record"], loaded["split"]
    for number, records in enumerate((ecg_beats._TRAIN, ecg_beats._VAL, ecg_beats._TEST)):
        assert sorted(set(record[split == number].tolist())) == sorted(records)
    dataset = load_dataset("ecg_beats")
    assert dataset.y_val is not None
    assert np.bincount(dataset.y_train).tolist() == [38_563, 712, 3_530, 409, 8]
    assert np.bincount(dataset.y_val).tolist() == [7_283, 232, 730, 5]
    assert np.bincount(dataset.y_test).tolist() == [44_239, 1_837, 3_220, 388, 7]
    # The R peak of a normal beat stands out at sample 50.
    normal = dataset.x_train[dataset.y_train == 0, :, 0].mean(axis=0)
    assert 49 <= int(np.abs(normal - np.median(normal)).argmax()) <= 52


def test_the_classes_of_the_ready_made_file_are_those_of_the_archive(
    real_data: Callable[[str], Path],
) -> None:
    with np.load(real_data("ecg_mitbih_beats.npz")) as loaded:
        pairs = set(zip(loaded["symbol"].tolist(), loaded["y"].tolist(), strict=True))
    assert len(pairs) == 14
    assert all(ecg_beats._CLASS_OF[symbol] == label for symbol, label in pairs)


def test_beats_of_another_length_are_refused(data_dir: Path) -> None:
    np.savez(
        data_dir / "ecg_mitbih_beats.npz",
        x=np.zeros((4, 187), np.int16),
        y=np.zeros(4, np.uint8),
        split=np.zeros(4, np.uint8),
        adc_zero=1024,
        adc_gain=200,
    )
    with pytest.raises(DataError, match=r"x has shape \(4, 187\); expected beats of 128 samples"):
        load_dataset("ecg_beats")
