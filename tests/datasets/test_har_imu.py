from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgekit.datasets import har_imu, load_dataset
from edgekit.errors import DataError
from tests.datasets.conftest import FileServer, build_zip, publish

ROOT = "UCI HAR Dataset"
CHANNELS = ("total_acc_x", "total_acc_y", "total_acc_z", "body_gyro_x", "body_gyro_y", "body_gyro_z")


def build_tables() -> dict[str, bytes]:
    """Twelve windows to train and six to test, activities 1 … 6; a reading is channel + label / 10."""
    tables = {f"{ROOT}/README.txt": b"", f"__MACOSX/{ROOT}/train/._y_train.txt": b"\0\5\x16\7"}
    for split, count in (("train", 12), ("test", 6)):
        labels = np.arange(count) % 6 + 1
        tables[f"{ROOT}/{split}/y_{split}.txt"] = "\n".join(map(str, labels)).encode()
        tables[f"{ROOT}/{split}/Inertial Signals/body_acc_x_{split}.txt"] = b"not read"
        for number, channel in enumerate(CHANNELS):
            buffer = io.BytesIO()
            np.savetxt(buffer, np.repeat(number + labels[:, np.newaxis] / 10, 128, axis=1), fmt=" %.7e")
            tables[f"{ROOT}/{split}/Inertial Signals/{channel}_{split}.txt"] = buffer.getvalue()
    return tables


def nest(tables: dict[str, bytes]) -> bytes:
    return build_zip({f"{ROOT}.zip": build_zip(tables), f"{ROOT}.names": b""})


def test_the_official_archive_in_an_archive_is_read(
    server: FileServer, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(server, monkeypatch, har_imu, nest(build_tables()))
    dataset = load_dataset("har_imu")
    assert dataset.x_train.shape == (12, 128, 6)
    assert dataset.x_test.shape == (6, 128, 6)
    assert dataset.x_val is None
    assert sorted(dataset.y_test.tolist()) == [0, 1, 2, 3, 4, 5]
    assert dataset.class_names[5] == "LAYING"
    expected = np.arange(6) + (dataset.y_train[:, np.newaxis] + 1) / 10
    np.testing.assert_allclose(dataset.x_train[:, 77], expected, atol=1e-6)
    assert "UCI" in dataset.source


def test_the_inner_archive_alone_is_read_as_well(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(build_zip(build_tables()))
    assert har_imu.read_archive(tmp_path / "a.zip")["x_test"].shape == (6, 128, 6)


def test_the_ready_made_file_is_another_source_and_says_so(real_data: Callable[[str], Path]) -> None:
    real_data("har_imu.npz")
    dataset = load_dataset("har_imu")
    assert dataset.x_val is not None
    assert (len(dataset.y_train), len(dataset.x_val), len(dataset.y_test)) == (2_008, 430, 800)
    assert dataset.x_train.shape[1:] == (128, 6)
    assert dataset.num_classes == 5
    assert "UCI" not in dataset.source
    # Gravity is about 1 g in windows of people who stand.
    standing = dataset.x_train[dataset.y_train == 4, :, :3]
    assert 0.9 < np.linalg.norm(standing, axis=-1).mean() < 1.1


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("train/y_train.txt", None, "lacks y_train.txt"),
        ("test/Inertial Signals/body_gyro_z_test.txt", None, "lacks body_gyro_z_test.txt"),
        ("train/y_train.txt", b"1\n2\n", r"labels of \(2, 1\); expected 128 readings for each label"),
        ("test/y_test.txt", b" \n", "y_test.txt is not a table of numbers"),
        ("test/y_test.txt", b"1\nx\n", "y_test.txt is not a table of numbers"),
        ("test/Inertial Signals/body_gyro_z_test.txt", b"1 2 3\n", r"tables of .*\(1, 3\)"),
    ],
)
def test_a_bad_table_is_named(tmp_path: Path, name: str, data: bytes | None, message: str) -> None:
    tables = build_tables()
    tables.pop(f"{ROOT}/{name}")
    if data is not None:
        tables[f"{ROOT}/{name}"] = data
    (tmp_path / "a.zip").write_bytes(nest(tables))
    with pytest.raises(DataError, match=message):
        har_imu.read_archive(tmp_path / "a.zip")


def test_nan_in_the_ready_made_file_is_told(data_dir: Path) -> None:
    x = np.zeros((6, 128, 6), np.float32)
    x[0, 3, 2] = np.nan
    np.savez(
        data_dir / "har_imu.npz",
        x=x,
        y=np.array([0, 1, 0, 1, 0, 1]),
        split=np.array([0, 0, 1, 1, 2, 2]),
        class_names=np.array(["a", "b"]),
    )
    with pytest.raises(DataError, match="data set har_imu, train split: 1 of 2 samples hold NaN"):
        load_dataset("har_imu")
