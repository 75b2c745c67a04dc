from __future__ import annotations

import gzip
import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgekit.datasets import fashion_mnist, load_dataset
from edgekit.datasets._download import RemoteFile
from edgekit.datasets.fashion_mnist import read_idx
from edgekit.errors import DataError
from tests.datasets.conftest import FileServer

IMAGES = np.random.RandomState(0).randint(0, 256, (20, 28, 28)).astype(np.uint8)
LABELS = (np.arange(20) % 10).astype(np.uint8)


def build_idx(array: np.ndarray) -> bytes:  # type: ignore[type-arg]
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(header + array.tobytes())


def test_the_official_files_are_downloaded_and_read(
    server: FileServer, cache: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    arrays = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[::-1], "y_test": LABELS[::-1]}
    files = {}
    for key, official in fashion_mnist.FILES.items():
        data = build_idx(arrays[key])
        server.files[f"/{official.name}"] = data
        address = f"{server.address}/{official.name}"
        files[key] = RemoteFile(official.name, address, hashlib.sha256(data).hexdigest())
    monkeypatch.setattr(fashion_mnist, "FILES", files)
    dataset = load_dataset("fashion_mnist")
    np.testing.assert_array_equal(np.round(dataset.x_train[..., 0] * 255), IMAGES)
    np.testing.assert_array_equal(np.round(dataset.x_test[..., 0] * 255), IMAGES[::-1])
    assert dataset.y_train.tolist() == LABELS.tolist()
    assert dataset.y_test.tolist() == LABELS[::-1].tolist()
    assert capfd.readouterr().err.count("MIT licence") == 1
    load_dataset("fashion_mnist")
    assert len(server.requests) == 4


def test_the_ready_made_file_is_the_official_split(real_data: Callable[[str], Path]) -> None:
    real_data("fashion_mnist.npz")
    dataset = load_dataset("fashion_mnist")
    assert dataset.x_train.shape == (60_000, 28, 28, 1)
    assert dataset.x_test.shape == (10_000, 28, 28, 1)
    assert (np.bincount(dataset.y_train) == 6_000).all()
    assert (np.bincount(dataset.y_test) == 1_000).all()
    assert (dataset.x_train.min(), dataset.x_train.max()) == (0, 1)
    # The first labels of both official files.
    assert dataset.y_train[:10].tolist() == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]
    assert dataset.y_test[:10].tolist() == [9, 2, 1, 1, 6, 1, 4, 6, 5, 7]


def test_a_ready_made_file_of_another_shape_is_refused(data_dir: Path) -> None:
    some = {"y_train": LABELS, "y_test": LABELS, "x_test": IMAGES}
    np.savez(data_dir / "fashion_mnist.npz", x_train=IMAGES[:, :14], **some)
    with pytest.raises(DataError, match="expected images of 28x28"):
        load_dataset("fashion_mnist")
    np.savez(data_dir / "fashion_mnist.npz", x_train=IMAGES[:7], **some)
    with pytest.raises(DataError, match="x_train 7, y_train 20 rows"):
        load_dataset("fashion_mnist")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not an IDX file"),
        (b"\0\0\x0d\x01\0\0\0\0", "starts with 00 00 0d 01"),
        (b"\0\0\x08\x03\0\0\0\x01", "ends within its header"),
        (b"\0\0\x08\x01\0\0\0\x05abcd", "has 12 bytes; expected 13"),
        (b"\0\0\x08\x02\xff\xff\xff\xff\xff\xff\xff\xffab", "expected 18446744065119617037"),
    ],
)
def test_what_is_no_idx_file_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(data))
    with pytest.raises(DataError, match=message):
        read_idx(tmp_path / "a.gz")
