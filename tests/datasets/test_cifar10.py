from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgekit.datasets import cifar10, load_dataset
from edgekit.errors import DataError
from tests.datasets.conftest import FileServer, build_tar_gz, publish

IMAGES = np.random.RandomState(0).randint(0, 256, (60, 32, 32, 3)).astype(np.uint8)
LABELS = (np.arange(60) * 7 % 10).astype(np.uint8)


def build_members() -> dict[str, bytes]:
    """Six batches of ten, as in the official archive; the test batch stands between others there, too."""
    names = ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"]
    members = {"cifar-10-batches-bin/batches.meta.txt": b"airplane\n"}
    for number, name in enumerate(names):
        some = slice(10 * number, 10 * number + 10)
        planes = IMAGES[some].transpose(0, 3, 1, 2).reshape(10, -1)
        records = np.concatenate([LABELS[some, np.newaxis], planes], axis=1)
        members[f"cifar-10-batches-bin/{name}.bin"] = records.tobytes()
    return dict(sorted(members.items(), reverse=True))


def test_the_official_archive_is_downloaded_and_read(
    server: FileServer, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(server, monkeypatch, cifar10, build_tar_gz(build_members()))
    dataset = load_dataset("cifar10")
    assert dataset.x_train.shape == (50, 32, 32, 3)
    assert dataset.x_test.shape == (10, 32, 32, 3)
    np.testing.assert_array_equal(np.round(dataset.x_train * 255), IMAGES[:50])
    np.testing.assert_array_equal(np.round(dataset.x_test * 255), IMAGES[50:])
    assert dataset.y_train.tolist() == LABELS[:50].tolist()
    assert dataset.y_test.tolist() == LABELS[50:].tolist()
    assert (dataset.num_classes, dataset.class_names[3]) == (10, "cat")


def test_a_ready_made_file_gives_the_same(data_dir: Path) -> None:
    np.savez(
        data_dir / "cifar10.npz",
        x_train=IMAGES[:50],
        y_train=LABELS[:50],
        x_test=IMAGES[50:],
        y_test=LABELS[50:],
    )
    dataset = load_dataset("cifar10")
    np.testing.assert_array_equal(np.round(dataset.x_train * 255), IMAGES[:50])
    np.savez(
        data_dir / "cifar10.npz",
        x_train=IMAGES[:50].transpose(0, 3, 1, 2),
        y_train=LABELS[:50],
        x_test=IMAGES[50:],
        y_test=LABELS[50:],
    )
    with pytest.raises(DataError, match=r"x_train has shape \(50, 3, 32, 32\); expected images of 32x32"):
        load_dataset("cifar10")


def test_an_archive_without_a_batch_or_with_half_a_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cifar-10-binary.tar.gz"
    members = build_members()
    broken = {name: data for name, data in members.items() if "batch_3" not in name}
    path.write_bytes(build_tar_gz(broken))
    with pytest.raises(DataError, match=r"data_batch_3\.bin has 0 bytes; expected a multiple of 3073"):
        cifar10.read_archive(path)
    broken = {name: data[:-1] if "batch_3" in name else data for name, data in members.items()}
    path.write_bytes(build_tar_gz(broken))
    with pytest.raises(DataError, match=r"data_batch_3\.bin has 30729 bytes"):
        cifar10.read_archive(path)


def test_nothing_in_the_archive_is_a_pickle_that_would_run() -> None:
    assert cifar10.FILE.name == "cifar-10-binary.tar.gz"
    source = Path(cifar10.__file__).read_text(encoding="utf-8")
    assert "import pickle" not in source
    assert "allow_pickle=True" not in source
