from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit import artifact
from edgekit.artifact import check_replaceable, load_artifact, load_evaluation_set, write_artifact
from edgekit.errors import DataError, ModelError
from edgekit.evaluation import make_evaluation_set
from edgekit.tflite_model import read_model
from tests.tiny_model import build_dense

_MODEL = read_model(build_dense())
_OTHER = read_model(build_dense(np.ones((3, 4))))
_SET = make_evaluation_set([np.array([[1, 2, 3, 4], [5, 6, 7, 8]], np.int8)], np.array([0, 2]), _MODEL)


def _write(folder: Path, **changes: Any) -> None:
    arguments = {
        "model": _MODEL,
        "evaluation": _SET,
        "info": {"name": "dense"},
        "extra_files": {"model_data.c": b"// C\n"},
    }
    write_artifact(folder, **{**arguments, **changes})


def _snapshot(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    _write(tmp_path / "dense_int8")
    found = load_artifact(tmp_path / "dense_int8")
    assert (found.name, found.model) == ("dense", _MODEL)
    assert found.evaluation_path == tmp_path / "dense_int8/eval.npz"
    evaluation = load_evaluation_set(found.evaluation_path, found.model)
    assert evaluation.sha256 == _SET.sha256
    assert found.info["files"] == ["artifact.json", "eval.npz", "model.tflite", "model_data.c"]
    assert sorted(_snapshot(tmp_path / "dense_int8")) == found.info["files"]


def test_artifact_json_describes_the_model(tmp_path: Path) -> None:
    _write(tmp_path / "a")
    info = json.loads((tmp_path / "a/artifact.json").read_text())
    assert (info["schema_version"], info["sha256"], info["macs"]) == (1, _MODEL.sha256, 12)
    assert info["operators"] == [{"name": "FULLY_CONNECTED", "macs": 12}, {"name": "SOFTMAX", "macs": 0}]
    assert info["inputs"] == [
        {"name": "input", "shape": [1, 4], "dtype": "int8", "scales": [0.5], "zero_points": [-1]}
    ]


def test_equal_arguments_give_equal_bytes(tmp_path: Path) -> None:
    _write(tmp_path / "a")
    _write(tmp_path / "b")
    assert _snapshot(tmp_path / "a") == _snapshot(tmp_path / "b")


def test_an_artifact_is_replaced_as_a_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    _write(tmp_path / "a")
    _write(tmp_path / "a", model=_OTHER, extra_files={})
    assert load_artifact(tmp_path / "a").model.sha256 == _OTHER.sha256
    assert not (tmp_path / "a/model_data.c").exists()
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def test_a_folder_that_is_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    _write(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert load_artifact(tmp_path / "real").name == "dense"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("moment", ["fsync", "rename"])
def test_a_failure_leaves_the_old_artifact_and_no_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, error: BaseException
) -> None:
    _write(tmp_path / "a")
    before = _snapshot(tmp_path / "a")
    rename = Path.rename

    def fail(*_: Any) -> None:
        raise error

    def fail_second_time(path: Path, target: Path) -> Path:
        if target.name == "a" and not path.name.endswith(".old"):
            raise error
        return rename(path, target)

    if moment == "fsync":
        monkeypatch.setattr(artifact.os, "fsync", fail)
    else:
        monkeypatch.setattr(Path, "rename", fail_second_time)
    with pytest.raises(DataError if isinstance(error, OSError) else KeyboardInterrupt):
        _write(tmp_path / "a", model=_OTHER)
    monkeypatch.undo()
    assert _snapshot(tmp_path / "a") == before
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def test_a_folder_with_foreign_files_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").write_text("years of work")
    with pytest.raises(DataError, match=r"not part of an artifact \(thesis\.odt\).*choose another folder"):
        _write(tmp_path)
    assert (tmp_path / "thesis.odt").read_text() == "years of work"


def test_a_foreign_file_inside_an_artifact_protects_it(tmp_path: Path) -> None:
    _write(tmp_path / "a")
    (tmp_path / "a/notes.txt").write_text("mine")
    with pytest.raises(DataError, match=r"notes\.txt"):
        check_replaceable(tmp_path / "a")


def test_a_file_list_that_is_no_list_of_names_protects_nothing_and_breaks_nothing(tmp_path: Path) -> None:
    (tmp_path / "artifact.json").write_text('{"schema_version": 1, "files": [["x"], 3]}')
    with pytest.raises(DataError, match=r"artifact\.json"):
        check_replaceable(tmp_path)


def test_an_empty_or_absent_folder_may_be_written(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    _write(tmp_path / "empty")
    _write(tmp_path / "deep/down/here")
    assert (
        load_artifact(tmp_path / "empty").name == load_artifact(tmp_path / "deep/down/here").name == "dense"
    )


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(DataError, match="exists and is not a folder"):
        _write(tmp_path / "a")
    with pytest.raises(DataError, match="cannot write"):
        _write(tmp_path / "a/b")


def test_the_artifact_can_be_read_by_others_as_the_umask_says(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        _write(tmp_path / "a")
    finally:
        os.umask(old)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "a/model.tflite").stat().st_mode & 0o777 == 0o644


def test_a_bare_model_is_an_artifact_named_after_its_file(tmp_path: Path) -> None:
    (tmp_path / "my_model.tflite").write_bytes(_MODEL.data)
    found = load_artifact(tmp_path / "my_model.tflite")
    assert (found.name, dict(found.info), found.evaluation_path) == ("my_model", {}, None)


def test_a_model_inside_an_artifact_brings_its_siblings(tmp_path: Path) -> None:
    _write(tmp_path / "a")
    found = load_artifact(tmp_path / "a/model.tflite")
    assert (found.name, found.evaluation_path) == ("dense", tmp_path / "a/eval.npz")


@pytest.mark.parametrize("content", ["{", '{"schema_version": 1, "sha256": "0"}', "[]"])
def test_siblings_of_another_model_are_ignored(tmp_path: Path, content: str) -> None:
    _write(tmp_path / "a")
    (tmp_path / "a/artifact.json").write_text(content)
    found = load_artifact(tmp_path / "a/model.tflite")
    assert (found.name, dict(found.info), found.evaluation_path) == ("model", {}, None)


def test_a_folder_with_only_a_model_goes_by_the_folders_name(tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(_MODEL.data)
    assert load_artifact(tmp_path).name == tmp_path.name


def test_a_folder_whose_model_was_exchanged_is_refused(tmp_path: Path) -> None:
    _write(tmp_path / "a")
    (tmp_path / "a/model.tflite").write_bytes(_OTHER.data)
    with pytest.raises(ModelError, match="describes a model with sha256"):
        load_artifact(tmp_path / "a")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[]", "schema version 'list'"),
        (b'{"schema_version": 2}', "schema version 2; this edgekit reads version 1"),
    ],
    ids=["truncated", "not utf-8", "deep", "list", "newer"],
)
def test_a_broken_artifact_json_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    _write(tmp_path / "a")
    (tmp_path / "a/artifact.json").write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_artifact(tmp_path / "a")


def test_what_is_no_artifact_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no model\.tflite"):
        load_artifact(tmp_path)
    with pytest.raises(ModelError, match="No such file"):
        load_artifact(tmp_path / "none")
    (tmp_path / "model.tflite").write_bytes(b"text")
    with pytest.raises(ModelError, match=r"not a \.tflite model"):
        load_artifact(tmp_path)
