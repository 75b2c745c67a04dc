"""What the benchmark of training says of its samples; no time is measured here."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

_SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "benchmark_training.py"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_training", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


benchmark = _load()
_PAIRS = [
    {"edgekit": {"cpu_s": a, "elapsed_s": 1.0}, "direct": {"cpu_s": b, "elapsed_s": 2.0}}
    for a, b in ((1.0, 1.0), (30.0, 10.0), (11.0, 10.0))
]


def test_the_ratio_is_the_median_of_neighbours_with_its_spread() -> None:
    found = benchmark.ratio_of(_PAIRS, "cpu_s")
    assert (found["lowest"], found["highest"]) == (1.0, 3.0)
    assert found["ratio"] == pytest.approx(1.1)
    assert (found["edgekit"], found["direct"]) == (11.0, 10.0)
    assert found["of_fastest"] == 1.0


def test_the_table_has_both_clocks_of_each_technique() -> None:
    case = {key: benchmark.ratio_of(_PAIRS, key) for key in ("cpu_s", "elapsed_s")}
    _, cpu, elapsed = benchmark.table({"qat": case}).splitlines()
    assert cpu.split() == ["qat", "CPU", "11.00", "s", "10.00", "s", "1.100", "1.000", "–", "3.000", "1.000"]
    assert elapsed.split()[:2] == ["qat", "elapsed"]


def test_every_technique_has_as_many_epochs_as_were_asked_for() -> None:
    assert {technique.num_epochs for technique, _ in benchmark.cases(3).values()} == {3}
