"""The page of measured techniques: what it compares with what, and what it says of a target."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from survey.rows import ROWS, Row
from survey.table import Summary, choose_rival, render, summarize


def _run(accuracy: float, **changes: Any) -> dict[str, Any]:
    sizes = {"num_parameters": 9, "macs": 100, "file_bytes": 50, "deflated_bytes": 40}
    return {
        **sizes,
        "arena_bytes": 8,
        "instructions": None,
        "float_accuracy": 0.9,
        "accuracy": accuracy,
        **changes,
    }


def _page(**rows: dict[str, Any]) -> str:
    task = {
        "dataset": "d",
        "architecture": "a",
        "num_epochs": 1,
        "batch_size": 2,
        "learning_rate": 0.1,
        "pace": 1,
        "widths": [0.5],
    }
    return render({"d": {"task": task, "rows": {name: {"1": run} for name, run in rows.items()}}})


def _line(page: str, says: str) -> list[str]:
    (line,) = [each for each in page.splitlines() if each.startswith(f"| {says} |")]
    return [each.strip() for each in line.strip("|").split("|")]


def test_figures_of_several_seeds_are_a_mean_and_its_spread() -> None:
    summary = summarize({"1": _run(0.8), "2": _run(0.9), "3": {"error": "no"}})
    assert summary is not None
    assert (summary.seeds, summary.accuracy) == (2, pytest.approx(85.0))
    assert summary.spread == pytest.approx(7.0710678)
    assert summary.loss == pytest.approx(5.0)


def test_a_row_without_a_model_is_told_by_its_reason() -> None:
    assert summarize({"1": {"error": "no"}}) is None
    assert "- PTQ int8 (`int8`): it cannot" in _page(int8={"error": "it cannot"})


def test_the_rival_is_the_narrowest_network_that_is_no_smaller() -> None:
    row = Row("r", "g", "says", rival="macs")
    summary = summarize({"1": _run(0.8, macs=50)})
    narrow: dict[float, Summary] = {}
    for width, macs in ((0.5, 40), (0.7, 50), (0.9, 80)):
        made = summarize({"1": _run(0.7, macs=macs)})
        assert made is not None
        narrow[width] = made
    assert summary is not None
    chosen = choose_rival(row, summary, narrow)
    assert chosen is not None
    assert chosen[0] == 0.7


@pytest.mark.parametrize(("accuracy", "verdict"), [(0.89, "≤ 1: met"), (0.8899, "≤ 1: **missed**")])
def test_a_target_is_met_at_its_very_edge(accuracy: float, verdict: str) -> None:
    assert _line(_page(prune75=_run(accuracy)), "75 % zero, PQAT")[-1] == verdict


def test_without_narrow_networks_nothing_is_compared() -> None:
    page = _page(qat=_run(0.9), prune75=_run(0.8))
    assert _line(page, "75 % zero, PQAT")[-3:-1] == ["", ""]
    assert "Not measured yet: `int8`" in page


def test_names_of_rows_are_unique() -> None:
    names = [each.name for each in ROWS]
    assert len(set(names)) == len(names)
