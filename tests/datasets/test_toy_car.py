from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgekit.datasets import load_dataset, toy_car
from edgekit.datasets._features import log_mel
from edgekit.errors import DataError
from tests.datasets.conftest import FileServer, build_wav, build_zip, publish


def _noise(seed: int, num_samples: int = 130_000) -> np.ndarray:  # type: ignore[type-arg]
    return np.random.RandomState(seed).randint(-3_000, 3_000, num_samples)


def build_members() -> dict[str, bytes]:
    return {
        "ToyCar/train/normal_id_01_00000000.wav": build_wav(_noise(1), 16_000),
        "ToyCar/train/normal_id_02_00000000.wav": build_wav(_noise(2), 16_000),
        "ToyCar/test/anomaly_id_01_00000000.wav": build_wav(_noise(3), 16_000),
        "ToyCar/test/anomaly_id_02_00000000.wav": build_wav(_noise(4), 16_000),
        "ToyCar/test/normal_id_01_00000000.wav": build_wav(_noise(5), 16_000),
    }


def test_the_official_archive_becomes_windows_for_an_autoencoder(
    server: FileServer, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(server, monkeypatch, toy_car, build_zip(build_members()))
    dataset = load_dataset("toy_car")
    assert (dataset.task, dataset.loss) == ("anomaly", "mse")
    assert dataset.group_test is not None
    assert dataset.x_train.shape == (2 * 40, 640)
    assert dataset.x_test.shape == (3 * 196, 640)
    assert not dataset.y_train.any()
    # Every window of a recording has its label, and the first samples are of all recordings.
    for group in range(3):
        assert len(set(dataset.y_test[dataset.group_test == group].tolist())) == 1
        assert (dataset.group_test == group).sum() == 196
    assert dataset.group_test[:6].tolist() == [0, 1, 2, 0, 1, 2]
    assert sorted(dataset.y_test[:3].tolist()) == [0, 1, 1]
    # The windows of the one normal recording, against frames computed here.
    normal = dataset.x_test[dataset.y_test == 0]
    frames = log_mel(_noise(5).astype(np.float32) / 32_768, 16_000)[50:250]
    np.testing.assert_allclose(normal[7], frames[7:12].reshape(-1), atol=1e-4)
    np.testing.assert_allclose(normal[195], frames[195:200].reshape(-1), atol=1e-4)


def test_windows_to_train_on_do_not_overlap() -> None:
    frames = np.arange(2 * 10 * 3, dtype=np.float32).reshape(2, 10, 3)
    found = toy_car.windows(frames, step=5)
    assert found.tolist() == [
        list(range(15)),
        list(range(30, 45)),
        list(range(15, 30)),
        list(range(45, 60)),
    ]
    assert toy_car.windows(frames, step=1).shape == (2 * 6, 15)


@pytest.mark.parametrize(
    ("member", "data", "message"),
    [
        (
            "ToyCar/test/normal_id_03_1.wav",
            build_wav(_noise(1, 100_000), 16_000),
            "lasts 6.2 s; expected at least 8",
        ),
        ("ToyCar/test/normal_id_03_1.wav", build_wav(_noise(1), 44_100), "16 bits at 44100 Hz"),
        (
            "ToyCar/train/anomaly_id_03_1.wav",
            build_wav(_noise(1), 16_000),
            "is an anomaly in the training split",
        ),
    ],
)
def test_a_bad_recording_is_named(tmp_path: Path, member: str, data: bytes, message: str) -> None:
    (tmp_path / "a.zip").write_bytes(build_zip({member: data}))
    with pytest.raises(DataError, match=f"{member}.*{message}"):
        toy_car.read_archive(tmp_path / "a.zip")


def test_an_archive_without_both_splits_is_refused(tmp_path: Path) -> None:
    some = {name: data for name, data in build_members().items() if "train" in name}
    (tmp_path / "a.zip").write_bytes(build_zip(some))
    with pytest.raises(DataError, match="holds no ToyCar/train and ToyCar/test recordings"):
        toy_car.read_archive(tmp_path / "a.zip")


def test_recordings_may_be_there_already(data_dir: Path) -> None:
    arrays = {
        "train": np.zeros((3, 200, 128), np.float32),
        "test": np.ones((4, 200, 128), np.float32),
        "is_anomaly": np.array([0, 1, 1, 0], np.uint8),
    }
    np.savez(data_dir / "toy_car.npz", **arrays)  # type: ignore[arg-type]
    dataset = load_dataset("toy_car")
    assert (dataset.x_train.shape, dataset.x_test.shape) == ((3 * 40, 640), (4 * 196, 640))
    few = dataset.take_recordings(3, 5)
    assert few.group_test is not None
    assert few.group_test.tolist() == [0, 1, 2] * 5
    np.savez(data_dir / "toy_car.npz", **{**arrays, "test": arrays["test"][:, 1:]})  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"test has shape \(4, 199, 128\); expected recordings of 200 frames"):
        load_dataset("toy_car")
