from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgekit.datasets import list_datasets, load_dataset
from edgekit.datasets._data_folder import check_rows, data_folder, find_local, read_arrays
from edgekit.errors import DataError


def test_without_the_variable_nothing_is_looked_for(cache: Path) -> None:
    assert data_folder() is None
    assert find_local("fashion_mnist.npz") is None


def test_a_variable_that_names_no_folder_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EDGEKIT_DATA_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match=r"EDGEKIT_DATA_DIR is .*nowhere, which is not a folder"):
        load_dataset("fashion_mnist")


def test_arrays_are_read_by_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.arange(3), y=np.zeros(2))
    found = read_arrays(tmp_path / "a.npz", ("x", "y"))
    assert found["x"].tolist() == [0, 1, 2]
    with pytest.raises(DataError, match="found x 3, y 2 rows"):
        check_rows(tmp_path / "a.npz", found, ("x", "y"))
    with pytest.raises(DataError, match="has no array named 'z'; found x, y"):
        read_arrays(tmp_path / "a.npz", ("x", "z"))


def test_broken_files_are_told_and_pickles_are_not_run(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(b"not an archive")
    with pytest.raises(DataError, match="not a sound"):
        read_arrays(path, ("x",))
    np.savez_compressed(path, x=np.random.RandomState(0).bytes(5000))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DataError, match="not a sound"):
        read_arrays(path, ("x",))
    np.savez(path, x=np.array([{"an": "object"}], dtype=object))
    with pytest.raises(DataError, match=r"not a sound \.npz file \(Object arrays cannot be loaded"):
        read_arrays(path, ("x",))
    np.save(tmp_path / "b.npy", np.zeros(3))
    with pytest.raises(DataError, match=r"not a sound \.npz file \(File is not a zip file"):
        read_arrays(tmp_path / "b.npy", ("x",))
    with pytest.raises(DataError, match=r"cannot read .*none\.npz: No such file"):
        read_arrays(tmp_path / "none.npz", ("x",))


def test_what_data_sets_share_is_not_offered_as_one() -> None:
    assert "digits" in list_datasets()
    assert not [name for name in list_datasets() if name.startswith("_")]


@pytest.mark.parametrize("name", [name for name in list_datasets() if name != "digits"])
def test_every_data_set_without_data_or_network_says_where_it_is_from(
    name: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An address that refuses, whatever the machine's network is like.
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(
        DataError, match=rf"cannot download https?://\S+: .*{name} needs it.*set EDGEKIT_DATA_DIR"
    ):
        load_dataset(name)


@pytest.mark.parametrize("name", list_datasets())
def test_every_data_set_here_is_labelled_and_its_slices_hold_several_classes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    try:
        dataset = load_dataset(name)
    except DataError as error:
        pytest.skip(f"EDGEKIT_DATA_DIR is not set, or has no {name}: {error}")
    assert dataset.name == name
    assert dataset.source
    assert dataset.licence
    assert len(dataset.class_names) == dataset.num_classes
    assert dataset.x_train.dtype == np.float32
    assert dataset.y_train.dtype == np.int64
    part = dataset.take(640, 80)
    assert len(set(part.y_test.tolist())) >= min(4, dataset.num_classes)
