from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edgekit.bench.result import BenchmarkResult
from edgekit.bench.result_file import write_result
from edgekit.cli import main

Make = Callable[..., BenchmarkResult]


def test_one_page_is_written_and_its_place_is_said(
    make_result: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_result(make_result(), tmp_path / "r.json")
    out = tmp_path / "new folder" / "report.html"
    assert main(["report", str(tmp_path / "r.json"), "--out", str(out)]) == 0
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert out.as_uri() in capsys.readouterr().err


def test_a_file_given_twice_is_one_row(make_result: Make, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    write_result(make_result(), path)
    out = tmp_path / "report.html"
    assert main(["report", str(path), str(path), "--out", str(out)]) == 0
    assert 'id="result-1"' in out.read_text()
    assert 'id="result-2"' not in out.read_text()


def test_a_broken_result_leaves_the_old_page(
    make_result: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_result(make_result(), tmp_path / "good.json")
    (tmp_path / "bad.json").write_text("{}")
    out = tmp_path / "report.html"
    out.write_text("old")
    assert main(["report", str(tmp_path / "good.json"), str(tmp_path / "bad.json"), "--out", str(out)]) == 1
    assert out.read_text() == "old"
    assert "bad.json is not a benchmark result" in capsys.readouterr().err
