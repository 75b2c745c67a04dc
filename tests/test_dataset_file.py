from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.dataset_file import load_dataset_file
from edgekit.errors import DataError

_RNG = np.random.default_rng(0)
_GOOD: dict[str, Any] = {
    "x_train": _RNG.random((8, 4, 4, 1)) * 255,
    "y_train": np.arange(8) % 3,
    "x_test": _RNG.integers(0, 255, (6, 4, 4, 1), np.uint8),
    "y_test": np.arange(6) % 3,
}


def _write(tmp_path: Path, **changes: Any) -> Path:
    arrays = {name: value for name, value in {**_GOOD, **changes}.items() if value is not None}
    np.savez(tmp_path / "mine.npz", **arrays)
    return tmp_path / "mine.npz"


def test_samples_become_float32_and_the_labels_say_how_many_classes_there_are(tmp_path: Path) -> None:
    dataset = load_dataset_file(_write(tmp_path))
    assert (dataset.name, dataset.num_classes, dataset.x_test.dtype) == ("mine", 3, np.float32)
    np.testing.assert_array_equal(dataset.x_test, _GOOD["x_test"])


def test_one_hot_labels_and_columns_are_class_indices(tmp_path: Path) -> None:
    path = _write(tmp_path, y_train=np.eye(3)[_GOOD["y_train"]], y_test=_GOOD["y_test"][:, np.newaxis])
    dataset = load_dataset_file(path, num_classes=10)
    np.testing.assert_array_equal(dataset.y_train, _GOOD["y_train"])
    np.testing.assert_array_equal(dataset.y_test, _GOOD["y_test"])
    assert dataset.num_classes == 10


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"x_test": None, "y_test": None},
            r"has no x_test, y_test; found x_train, y_train; expected an \.npz",
        ),
        ({"y_train": np.linspace(0, 1, 8)}, r"y_train is float64 \[8\]; expected one class index"),
        ({"x_train": np.array(["a"] * 8)[:, None]}, r"x_train is str\d+ \[8, 1\]; expected numbers"),
        ({"x_train": np.full((8, 4, 4, 1), np.nan)}, "NaN|finite"),
        ({"y_test": np.full(6, -1)}, "-1"),
        ({"y_train": np.zeros(8, int), "y_test": np.zeros(6, int)}, "class"),
        (
            {"x_train": _RNG.random((8, 4, 4, 1))},
            r"x_train ranges from 0\.\d+ to .*expected both on the scale",
        ),
        ({"x_train": np.zeros((0, 4, 4, 1)), "y_train": np.zeros(0, int)}, "empty"),
    ],
)
def test_arrays_that_do_not_belong_together_are_one_sentence(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        load_dataset_file(_write(tmp_path, **changes))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"a text"])
def test_a_file_that_is_no_archive_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine.npz").write_bytes(content)
    with pytest.raises(DataError, match="is not a sound"):
        load_dataset_file(tmp_path / "mine.npz")
    with pytest.raises(DataError, match="cannot read"):
        load_dataset_file(tmp_path / "none.npz")
