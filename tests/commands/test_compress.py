from __future__ import annotations

import re
from pathlib import Path

import pytest

from edgekit.cli import main
from edgekit.techniques._text import short_names


def _fails(capsys: pytest.CaptureFixture[str], arguments: list[str], code: int) -> str:
    assert main(["compress", *arguments]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = [line for line in captured.err.splitlines() if line.startswith("edgekit: error: ")]
    return line


def test_an_unknown_recipe_ends_with_1_and_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean 'digits_int8'" in _fails(capsys, ["digits_int"], 1)


def test_a_broken_recipe_ends_with_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("RECIPE = None\n")
    assert "must define RECIPE" in _fails(capsys, [str(tmp_path / "mine.py")], 1)


def test_a_folder_with_other_files_is_refused_before_any_training(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "thesis.odt").write_text("years of work")
    assert "thesis.odt" in _fails(capsys, ["digits_int8", "--out", str(tmp_path)], 1)


def test_a_seed_out_of_range_is_a_usage_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    line = _fails(capsys, ["digits_int8", "--out", str(tmp_path / "a"), "--seed", "-1"], 2)
    assert "seed -1 is out of range" in line
    assert not (tmp_path / "a").exists()


def test_an_argument_that_is_no_number_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compress", "digits_int8", "--seed", "one"]) == 2
    assert "invalid int value: 'one'" in capsys.readouterr().err


def test_the_help_names_every_technique_that_can_be_written_as_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["compress", "--help"]) == 0
    said = re.split(r"[^a-z0-9_]+", capsys.readouterr().out.split("techniques for --model")[1])
    assert set(short_names()) <= set(said)
