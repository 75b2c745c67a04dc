from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edgekit.bench.result import BenchmarkResult
from edgekit.bench.result_file import read_result
from edgekit.bench.store import ResultFolder, file_stem
from edgekit.errors import DataError

Make = Callable[..., BenchmarkResult]


def test_a_result_is_named_after_model_and_device(make_result: Make, tmp_path: Path) -> None:
    path = ResultFolder(tmp_path / "out").save(make_result("kws", "pi-desk"))
    assert path == tmp_path / "out" / "kws__pi-desk.json"
    assert read_result(path).device == "pi-desk"


def test_two_models_of_one_name_never_share_a_file(make_result: Make, tmp_path: Path) -> None:
    first, second = make_result(), make_result(request_digest="b" * 64)
    folder = ResultFolder(tmp_path)
    paths = [folder.save(first), folder.save(second)]
    assert [each.name for each in paths] == ["digits_int8__local.json", "digits_int8__local__bbbbbbbbbb.json"]
    assert [read_result(each) for each in paths] == [first, second]


def test_a_folder_opened_again_knows_what_it_has(make_result: Make, tmp_path: Path) -> None:
    result = make_result()
    path = ResultFolder(tmp_path).save(result)
    assert ResultFolder(tmp_path).find(result.request_digest) == (path, result)
    assert ResultFolder(tmp_path).find("0" * 64) is None


def test_an_incomplete_result_is_measured_again_into_the_same_file(make_result: Make, tmp_path: Path) -> None:
    path = ResultFolder(tmp_path).save(make_result(complete=False))
    folder = ResultFolder(tmp_path)
    assert folder.find(make_result().request_digest) is None
    assert folder.save(make_result()) == path
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_file_that_is_no_result_is_left_alone(make_result: Make, tmp_path: Path) -> None:
    stranger = tmp_path / "digits_int8__local.json"
    stranger.write_text("mine")
    path = ResultFolder(tmp_path).save(make_result())
    assert path != stranger
    assert stranger.read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_one_sentence(make_result: Make, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(DataError, match="cannot write"):
        ResultFolder(tmp_path / "out").save(make_result())


@pytest.mark.parametrize(
    ("name", "stem"),
    [("kws_ref-1.0", "kws_ref-1.0"), ("../../etc/passwd", "etc_passwd"), ("a b/c", "a_b_c"), ("…", "unnamed"),
     ("x" * 300, "x" * 80), (".hidden", "hidden")],
)  # fmt: skip
def test_names_become_safe_file_names(name: str, stem: str) -> None:
    assert file_stem(name) == stem


def test_devices_that_differ_only_in_a_strange_character_do_not_collide(
    make_result: Make, tmp_path: Path
) -> None:
    folder = ResultFolder(tmp_path)
    paths = {folder.save(replace(make_result("m", device))) for device in ("a b", "a/b")}
    assert len(paths) == 2


def test_outputs_that_wait_have_a_name_of_their_own_and_are_no_result(tmp_path: Path) -> None:
    folder = ResultFolder(tmp_path)
    path = folder.partial_path("my model", "pi/desk", "0123456789abcdef")
    assert path == tmp_path / "my_model__pi_desk__0123456789.partial.npz"
    path.write_bytes(b"")
    assert ResultFolder(tmp_path).find("0123456789abcdef") is None
