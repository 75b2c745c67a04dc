from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgekit.bench.arrays import Arrays
from edgekit.bench.partial import SAVE_INTERVAL_S, PartialOutputs
from edgekit.errors import DataError
from edgekit.tflite_model import read_model
from tests.tiny_model import build_dense

MODEL = read_model(build_dense())


def outputs(num_samples: int) -> list[Arrays]:
    return [[np.full((1, 3), each, np.int8)] for each in range(num_samples)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out" / "dense__pi__0123456789.partial.npz"


def values(loaded: list[Arrays]) -> list[int]:
    return [int(each[0][0, 0]) for each in loaded]


def test_what_was_saved_is_loaded_by_the_same_request_on_the_same_unit(path: Path) -> None:
    PartialOutputs(path, "key").save(outputs(7))
    assert values(PartialOutputs(path, "key").load(MODEL, 100)) == list(range(7))
    assert values(PartialOutputs(path, "key").load(MODEL, 3)) == [0, 1, 2]
    assert PartialOutputs(path, "other").load(MODEL, 100) == []


def test_what_is_saved_later_replaces_it_and_nothing_else_stays(path: Path) -> None:
    partial = PartialOutputs(path, "key")
    partial.save(outputs(3))
    partial.save(outputs(5))
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert len(partial.load(MODEL, 100)) == 5
    partial.remove()
    partial.remove()
    assert list(path.parent.iterdir()) == []


def test_nothing_is_written_for_no_outputs(path: Path) -> None:
    PartialOutputs(path, "key").save([])
    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"not a zip", None])
def test_a_damaged_file_is_no_file(path: Path, content: bytes | None) -> None:
    PartialOutputs(path, "key").save(outputs(3))
    path.write_bytes(path.read_bytes()[:100] if content is None else content)
    assert PartialOutputs(path, "key").load(MODEL, 100) == []


@pytest.mark.parametrize("wrong", [np.zeros((1, 3), np.float32), np.zeros((1, 4), np.int8)])
def test_outputs_of_another_shape_are_not_taken(path: Path, wrong: np.ndarray) -> None:  # type: ignore[type-arg]
    PartialOutputs(path, "key").save([[wrong], [wrong]])
    assert PartialOutputs(path, "key").load(MODEL, 100) == []


def test_it_is_saved_now_and_then_and_not_after_each_sample(path: Path) -> None:
    now_s = 0.0
    partial = PartialOutputs(path, "key", clock=lambda: now_s)
    for num_samples in range(1, 11):
        now_s += SAVE_INTERVAL_S / 4
        partial.save_now_and_then(outputs(num_samples))
    assert len(partial.load(MODEL, 100)) == 8


def test_a_folder_that_cannot_be_written_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot write"):
        PartialOutputs(tmp_path / "file" / "x.npz", "key").save(outputs(1))
