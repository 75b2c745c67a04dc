from __future__ import annotations

from typing import Any

import pytest

from edgekit.bench.clean import FEWEST_SAMPLES, judge
from edgekit.bench.result import Conditions
from edgekit.bench.trust import condition_warnings

QUIET: dict[str, Any] = {
    "num_samples": 100,
    "clock_hz": {"min": 1.5e9, "mean": 1.5e9, "max": 1.5e9},
    "others_cpu": 0.02,
    "hottest_c": 61.0,
    "throttled": "0",
}


def judged(
    during: dict[str, Any] | None, before: dict[str, Any] | None = None, *, emulated: bool = False
) -> Conditions:
    conditions = Conditions(before or {}, before or {}, during)
    return judge(conditions, tuple(condition_warnings(conditions)), emulated=emulated)


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in QUIET.items() if name != key}


def test_conditions_are_clean_only_with_evidence_for_it() -> None:
    found = judged(QUIET)
    assert found.clean is True
    assert found.reasons == (
        "100 samples within the runs show a steady clock and no other work",
        "the firmware reports no throttling and no under-voltage",
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"throttled": "4"}, "the device reports throttling"),
        ({"throttled": "40000"}, "the device reports throttling"),
        ({"throttled": "1"}, "under-voltage"),
        ({"slowed_by": ["thermal-cpufreq-0 (cooling_device0)"]}, "held the clock down against heat"),
        (
            {"clock_hz": {"min": 0.6e9, "mean": 1.4e9, "max": 1.5e9}},
            "fell to 600 MHz under load, from 1,500 MHz",
        ),
        ({"others_cpu": 0.5}, "other programs kept 0.50 processors busy"),
        ({"hottest_c": 85.0}, "reached 85 °C"),
    ],
)
def test_any_evidence_against_makes_them_unclean(changes: dict[str, Any], reason: str) -> None:
    found = judged({**QUIET, **changes})
    assert found.clean is False
    assert found.reasons is not None
    assert len(found.reasons) == 1
    assert reason in found.reasons[0]


@pytest.mark.parametrize(
    ("during", "reason"),
    [
        (None, "nobody watched"),
        ({"lost": "the watcher has ended by signal 9"}, "the watcher was lost"),
        ({**QUIET, "num_samples": FEWEST_SAMPLES - 1}, "only 4 samples"),
        (without("clock_hz"), "does not tell its clock"),
        (without("others_cpu"), "does not tell what else"),
    ],
)
def test_what_nobody_saw_is_neither_clean_nor_unclean(during: dict[str, Any] | None, reason: str) -> None:
    found = judged(during)
    assert found.clean is None
    assert found.reasons is not None
    assert reason in found.reasons[0]


def test_a_lost_watcher_gives_a_warning() -> None:
    found = list(condition_warnings(Conditions({}, {}, {"lost": "the watcher has ended by signal 9"})))
    assert [each.code for each in found] == ["watcher_lost"]


def test_a_board_that_slows_down_while_it_rests_is_clean() -> None:
    resting = {"clock_hz": {"cpu0": {"now": 600_000_000, "max": 1_500_000_000}}}
    assert judged(QUIET, resting).clean is True


def test_a_governor_that_could_change_the_clock_and_did_not_is_clean() -> None:
    assert judged(QUIET, {"governor": "ondemand"}).clean is True


def test_the_load_average_is_no_evidence_where_others_were_measured() -> None:
    busy = {"load_average": [3.0, 1.0, 1.0], "num_cpus": 4}
    assert judged(QUIET, busy).clean is True
    assert judged(without("others_cpu"), busy).clean is False


def test_bits_that_were_set_before_the_run_and_not_in_it_do_not_count() -> None:
    assert judged({**QUIET, "throttled": "50000"}, {"throttled": "50000"}).clean is True


def test_an_emulator_has_no_conditions_of_its_own() -> None:
    found = judged({**QUIET, "others_cpu": 2.0}, emulated=True)
    assert found.clean is None
    assert found.reasons == ("an emulator's conditions are those of the machine it runs on",)
