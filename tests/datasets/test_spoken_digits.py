from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgekit.datasets import load_dataset, spoken_digits
from edgekit.errors import DataError
from tests.datasets.conftest import FileServer, build_wav, build_zip, publish

ROOT = "free-spoken-digit-dataset-26eb9aa"


def build_members() -> dict[str, bytes]:
    """Three digits, two speakers, twelve recordings each: a tone for each digit, longer with each number."""
    members = {f"{ROOT}/README.md": b"#", f"{ROOT}/recordings/": b"", f"{ROOT}/acquire_data/say.wav": b"no"}
    for digit in range(3):
        for speaker in ("george", "theo"):
            for number in range(12):
                time_s = np.arange(2_000 + 700 * number) / 8_000
                tone = np.round(9_000 * np.sin(2 * np.pi * (300 + 500 * digit) * time_s))
                members[f"{ROOT}/recordings/{digit}_{speaker}_{number}.wav"] = build_wav(tone, 8_000)
    return members


def test_the_official_archive_is_downloaded_and_split_by_number(
    server: FileServer, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(server, monkeypatch, spoken_digits, build_zip(build_members()))
    dataset = load_dataset("spoken_digits")
    assert dataset.x_val is not None
    assert dataset.x_train.shape == (12, 49, 10, 1)
    assert dataset.x_test.shape == dataset.x_val.shape == (30, 49, 10, 1)
    assert np.bincount(dataset.y_train).tolist() == [4, 4, 4]
    flat = dataset.x_train.reshape(-1, 10)
    np.testing.assert_allclose(flat.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(flat.std(axis=0), 1, atol=1e-4)
    # A tone's first frames are the same in every recording of it, so labels belong to their sounds.
    means = np.stack([dataset.x_train[dataset.y_train == each, 3].mean(axis=0) for each in range(3)])
    distance = np.abs(dataset.x_test[:, np.newaxis, 3] - means).sum(axis=(2, 3))
    assert distance.argmin(axis=1).tolist() == dataset.y_test.tolist()


def test_the_real_recordings_are_split_as_their_readme_says(real_data: Callable[[str], Path]) -> None:
    real_data("spoken_digits.npz")
    dataset = load_dataset("spoken_digits")
    assert dataset.y_val is not None
    assert np.bincount(dataset.y_train).tolist() == [240] * 10
    assert np.bincount(dataset.y_val).tolist() == [30] * 10
    assert np.bincount(dataset.y_test).tolist() == [30] * 10
    # Digits can be told apart in these features: by the nearest mean of a class, without any training.
    means = np.stack([dataset.x_train[dataset.y_train == each].mean(axis=0) for each in range(10)])
    distance = ((dataset.x_test[:, np.newaxis] - means) ** 2).sum(axis=(2, 3, 4))
    assert (distance.argmin(axis=1) == dataset.y_test).mean() > 0.5


def test_what_is_no_set_of_recordings_is_refused(data_dir: Path) -> None:
    path = data_dir / spoken_digits.FILE.name
    path.write_bytes(build_zip({"README.md": b"#"}))
    with pytest.raises(DataError, match="holds no recordings"):
        load_dataset("spoken_digits")
    only_tests = {name: data for name, data in build_members().items() if "_1.wav" in name}
    path.write_bytes(build_zip(only_tests))
    with pytest.raises(DataError, match="no recording belongs to the train split"):
        load_dataset("spoken_digits")
    path.write_bytes(build_zip({f"{ROOT}/recordings/1_theo_7.wav": build_wav(np.zeros(9), 16_000)}))
    with pytest.raises(DataError, match=r"1_theo_7\.wav has 1 channels of 16 bits at 16000 Hz"):
        load_dataset("spoken_digits")


def test_offsets_that_do_not_fit_the_audio_are_refused(data_dir: Path) -> None:
    rows = {"label": np.array([0, 1], np.uint8), "index": np.array([0, 12], np.uint8)}
    for offsets in ([0, 50], [0, 60, 50], [0, 50, 101], [1, 50, 100]):
        np.savez(
            data_dir / "spoken_digits.npz", audio=np.ones(100, np.int16), offsets=np.array(offsets), **rows
        )
        with pytest.raises(DataError, match="its offsets do not cut its audio into 2 clips"):
            load_dataset("spoken_digits")
