"""What `make fuzz` says and remembers, with programs in the place of the fuzz targets."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "fuzz.py"
STATISTICS = "#9\tNEW    cov: 12 ft: 34 corp: 1/1b\nstat::number_of_executed_units: 1000\n"


@pytest.fixture
def fuzz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, in a folder of its own, with three targets that find nothing."""
    spec = importlib.util.spec_from_file_location("fuzz_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "fuzz_script", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "BUILD", tmp_path / "build" / "fuzz")
    monkeypatch.setattr(module, "RESULTS", tmp_path / "build" / "fuzz-results.json")
    monkeypatch.setattr(module, "make", lambda _: None)
    monkeypatch.setattr(module.shutil, "which", lambda name: name)
    monkeypatch.setattr(module, "measure_coverage", lambda: {"lines": {"covered": 9, "count": 10}})
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "make_fuzz_seeds.py").write_text("")
    for target in module.SEEDS:
        become(module, target, "")
    return module


def become(fuzz: ModuleType, target: str, finding: str) -> None:
    """Makes the target one that leaves this finding, if any."""
    program = fuzz.BUILD / f"fuzz_{target}"
    program.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"printf '{STATISTICS}' >&2"]
    if finding:
        lines += [f"echo x > {fuzz.BUILD}/findings/{target}/{finding}", "exit 77"]
    program.write_text("\n".join(["#!/bin/sh", 'case "$1" in -merge*) exit 0 ;; esac', *lines]) + "\n")
    program.chmod(0o755)


def test_executions_add_up_until_something_is_found(
    fuzz: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    for runs in (1, 2):
        assert fuzz.main() == 0
        results = json.loads(fuzz.RESULTS.read_text())
        assert results["targets"]["run"]["executions"] == 1000
        assert (results["targets"]["run"]["edges"], results["targets"]["run"]["features"]) == (12, 34)
        assert results["since_last_finding"] == dict.fromkeys(("load", "run", "wire"), 1000 * runs)
        assert results["coverage"]["lines"]["covered"] == 9
    assert "fuzz, all targets: 3000 executions, 0 findings" in capsys.readouterr().out

    become(fuzz, "run", "crash-1")
    assert fuzz.main() == 1
    results = json.loads(fuzz.RESULTS.read_text())
    assert results["targets"]["run"]["findings"] == ["build/fuzz/findings/run/crash-1"]
    assert results["since_last_finding"] == dict.fromkeys(("load", "run", "wire"), 0)


def test_a_finding_is_told_with_its_place_and_how_to_see_it_again(
    fuzz: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    become(fuzz, "wire", "crash-2")
    assert fuzz.main() == 1
    found = fuzz.BUILD / "findings" / "wire" / "crash-2"
    sentence = f"fails on the input {found}; `{fuzz.BUILD / 'fuzz_wire'} {found}` reproduces it."
    assert sentence in capsys.readouterr().out


def test_a_target_that_ends_without_an_input_is_a_finding(
    fuzz: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    (fuzz.BUILD / "fuzz_load").write_text("#!/bin/sh\nexit 1\n")
    assert fuzz.main() == 1
    assert f"{fuzz.BUILD / 'load.log'} is what it said" in capsys.readouterr().out
