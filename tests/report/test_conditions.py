from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from edgekit.bench.result import BenchmarkResult, Conditions
from edgekit.report.conditions import view_conditions

Make = Callable[..., BenchmarkResult]
BEFORE: dict[str, Any] = {
    "governor": "ondemand",
    "clock_hz": {"cpu0": {"now": 600_000_000}, "cpu1": {"now": 1_500_000_000}},
    "temperatures_c": {"cpu-thermal": 51.2, "gpu": 48.0},
    "throttled": "50000",
    "load_average": [0.12, 0.1, 0.1],
    "supply": {"source": "mains", "under_voltage": False},
}
DURING: dict[str, Any] = {
    "num_samples": 99, "sampling_hz": 1.98, "clock_hz": {"min": 6e8, "mean": 1.4e9, "max": 1.5e9},
    "hottest_c": 71.0, "hottest_zone": "cpu-thermal", "throttled": "50005", "others_cpu": 0.25,
    "watcher_cpu": 0.0123,
}  # fmt: skip


def rows(make_result: Make, conditions: Conditions) -> dict[str, tuple[str, str, str]]:
    view = view_conditions(make_result(conditions=conditions))
    assert view is not None
    return {row.title: (row.before, row.during, row.after) for row in view.rows}


def test_each_quantity_is_shown_before_while_and_after(make_result: Make) -> None:
    assert rows(make_result, Conditions(BEFORE, {**BEFORE, "throttled": "0"}, DURING)) == {
        "clock, fastest processor": ("1.5 GHz", "600 MHz to 1.5 GHz, mean 1.4 GHz", "1.5 GHz"),
        "hottest": ("51.2 °C (cpu-thermal)", "71.0 °C (cpu-thermal)", "51.2 °C (cpu-thermal)"),
        "throttling": (
            "none (since boot: under-voltage, throttled)",
            "under-voltage, throttled",
            "none",
        ),
        "other programs": ("load average 0.12", "0.25 processors", "load average 0.12"),
        "governor": ("ondemand", "–", "ondemand"),
        "supply": ("mains, voltage fine", "–", "mains, voltage fine"),
    }


def test_a_steady_clock_is_called_steady(make_result: Make) -> None:
    steady = {"clock_hz": {"min": 1.5e9, "mean": 1.5e9, "max": 1.5e9}}
    assert rows(make_result, Conditions({}, {}, steady))["clock, fastest processor"][1] == "1.5 GHz, steady"


@pytest.mark.parametrize(
    ("clean", "verdict", "pill"),
    [(True, "clean", "good"), (False, "not clean", "bad"), (None, "not known", "note")],
)
def test_the_verdict_has_its_reasons(make_result: Make, clean: bool | None, verdict: str, pill: str) -> None:
    view = view_conditions(make_result(conditions=Conditions({}, {}, DURING, clean, ("because",))))
    assert view is not None
    assert (view.verdict, view.pill, view.reasons) == (verdict, pill, ["because"])
    assert ("the watcher itself took", "1.23 % of one processor") in view.watch


def test_a_lost_watcher_shows_no_numbers(make_result: Make) -> None:
    view = view_conditions(
        make_result(conditions=Conditions({}, {}, {"lost": "it has ended"}, None, ("lost",)))
    )
    assert view is not None
    assert (view.rows, view.watch) == ([], [])


def test_a_result_without_a_watch_is_not_known_to_be_clean(make_result: Make) -> None:
    view = view_conditions(make_result())
    assert view is not None
    assert (view.verdict, view.reasons) == ("not known", ["nobody watched the board while the runs ran"])


def test_a_device_without_conditions_has_no_view(make_result: Make) -> None:
    assert view_conditions(make_result(conditions=None)) is None
