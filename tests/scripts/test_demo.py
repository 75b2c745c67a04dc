"""`make demo`, without its set-up: the whole chain with nothing replaced."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

_SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "demo.py"


def _load_demo() -> ModuleType:
    spec = importlib.util.spec_from_file_location("demo", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


demo = _load_demo()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder that the demo ran in, and what it printed."""
    pytest.importorskip("tensorflow", reason="the demo trains a model")
    folder = tmp_path_factory.mktemp("demo")
    result = subprocess.run(
        [sys.executable, str(_SCRIPT)],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
        cwd=folder,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return folder, result.stdout


def test_demo_ends_with_where_the_report_is(finished: tuple[Path, str]) -> None:
    folder, output = finished
    report = folder / demo.REPORT
    assert output.splitlines()[-1] == f"  report: {report.resolve()}"
    assert report.read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")


def test_demo_measures_every_device_exactly_and_as_accurately_as_promised(finished: tuple[Path, str]) -> None:
    folder, _ = finished
    expected = {"local"} if demo.missing_for_firmware() else {"local", demo.BOARD}
    records = [json.loads(path.read_text()) for path in (folder / demo.RESULTS).glob("*.json")]
    assert {record["device"] for record in records} == expected
    info = json.loads((folder / demo.ARTIFACT / "artifact.json").read_text())
    assert info["accuracy"]["float"]["value"] >= 0.97
    for record in records:
        assert record["complete"]
        assert record["bit_exact"]["equal"]
        assert record["bit_exact"]["num_samples"] == info["accuracy"]["n"]
        assert abs(record["accuracy"]["value"] - info["accuracy"]["float"]["value"]) <= 0.005


def test_demo_summary_says_what_each_device_computed(finished: tuple[Path, str]) -> None:
    summary = finished[1].split("Done.", 1)[1]
    assert "float 9" in summary
    assert "local: accuracy 9" in summary
    assert "bit-exact" in summary
    if demo.missing_for_firmware():
        assert f"not run: {demo.BOARD}" in summary
    else:
        assert " instructions, arena " in summary


def test_demo_names_what_is_missing_for_the_emulated_board(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "qemu-system-arm" in str(demo.missing_for_firmware())
    _make_program(tmp_path / "qemu-system-arm", "exit 0")
    assert "gcc-arm-none-eabi" in str(demo.missing_for_firmware())
    _make_program(tmp_path / "arm-none-eabi-gcc", "exit 1")
    assert "libnewlib-arm-none-eabi" in str(demo.missing_for_firmware())
    _make_program(tmp_path / "arm-none-eabi-gcc", "exit 0")
    assert demo.missing_for_firmware() is None


def _make_program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
