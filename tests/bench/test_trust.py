from __future__ import annotations

from typing import Any

import pytest

from edgekit.bench.latency import TimedRuns
from edgekit.bench.result import Conditions, Energy, Window
from edgekit.bench.statistics import summarize
from edgekit.bench.trust import (
    condition_warnings,
    energy_warnings,
    instruction_warnings,
    latency_warnings,
)

STEADY = [100.0, 101.0] * 50


def codes(samples: list[float], resolution: float = 0.1, settled: bool = True) -> dict[str, bool]:
    latency = summarize(samples, warmup=5, resolution=resolution)
    return {each.code: each.unstable for each in latency_warnings(latency, TimedRuns((), 5, settled))}


def test_a_steady_measurement_gives_no_warning() -> None:
    assert codes(STEADY) == {}


@pytest.mark.parametrize(
    ("samples", "resolution", "settled", "expected"),
    [
        (STEADY, 2.0, True, {"timer_resolution": False}),
        (STEADY[:29], 0.1, True, {"few_samples": False}),
        ([100.0] * 95 + [160.0] * 5, 0.1, True, {"spread": True}),
        ([100.0] * 85 + [115.0] * 15, 0.1, True, {"spread": True}),
        ([100.0] * 999 + [5000.0], 0.1, True, {}),
        (STEADY, 0.1, False, {"warmup": True}),
    ],
    ids=["coarse timer", "few runs", "long tail", "wide bulk", "one outlier", "not settled"],
)
def test_each_reason_for_doubt_has_its_warning(
    samples: list[float], resolution: float, settled: bool, expected: dict[str, bool]
) -> None:
    assert codes(samples, resolution, settled) == expected


def test_a_jitter_of_a_tick_is_the_timer_and_not_the_device() -> None:
    assert codes([1.0, 2.0] * 50, resolution=1.0) == {"timer_resolution": False}


def test_a_run_of_no_ticks_at_all_does_not_divide_by_zero() -> None:
    assert codes([0.0] * 50, resolution=1.0) == {"timer_resolution": False}


@pytest.mark.parametrize(
    ("counts", "expected"), [([80, 80, 80], []), ([80, 120, 80], []), ([80, 160, 80], [True])]
)
def test_counted_instructions_repeat_to_within_a_tick(counts: list[int], expected: list[bool]) -> None:
    found = instruction_warnings(summarize(counts, warmup=1, resolution=40))
    assert [each.unstable for each in found] == expected


def condition_codes(before: dict[str, Any], after: dict[str, Any] | None = None) -> dict[str, bool]:
    conditions = Conditions(before, before if after is None else after)
    return {each.code: each.unstable for each in condition_warnings(conditions)}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, {}),
        ({"governor": "performance", "temperatures_c": {"cpu": 55.0}, "throttled": "0"}, None, {}),
        ({"governor": "ondemand, performance"}, None, {"governor": False}),
        ({"temperatures_c": {"cpu": 60.0}}, {"temperatures_c": {"cpu": 81.5}}, {"temperature": False}),
        ({"throttled": "0"}, {"throttled": "4"}, {"throttled": True}),
        ({"throttled": "50000"}, {"throttled": "50000"}, {}),
        ({"throttled": "0"}, {"throttled": "40000"}, {"throttled": True}),
        ({"throttled": "not a number"}, None, {}),
        ({"load_average": [2.1, 0.5, 0.1], "num_cpus": 4}, None, {"load": False}),
        ({"load_average": [1.9, 0.5, 0.1], "num_cpus": 4}, None, {}),
        ({"supply": {"under_voltage": True}}, None, {"under_voltage": True}),
        ({"supply": {"under_voltage": False, "source": "mains"}}, None, {}),
    ],
)
def test_conditions_that_cast_doubt_are_named(
    before: dict[str, Any], after: dict[str, Any] | None, expected: dict[str, bool]
) -> None:
    assert condition_codes(before, after) == expected


def test_a_warning_says_what_throttled() -> None:
    conditions = Conditions({"throttled": "0"}, {"throttled": "50005"})
    assert [each.message for each in condition_warnings(conditions)] == [
        "the device reports under-voltage, throttling"
    ]


@pytest.mark.parametrize(
    ("medians", "resolution", "expected"),
    [
        ((100.0, 101.0, 104.0), 0.1, {}),
        ((100.0, 101.0, 106.0), 0.1, {"windows_differ": True}),
        ((100.0,), 0.1, {}),
        # Two ticks of a coarse timer are not the device.
        ((100.0, 106.0), 3.0, {"timer_resolution": False}),
    ],
)
def test_windows_that_differ_make_a_result_unstable(
    medians: tuple[float, ...], resolution: float, expected: dict[str, bool]
) -> None:
    windows = [Window(50, each, 10.0) for each in medians]
    latency = summarize(STEADY, warmup=5, resolution=resolution, windows=windows)
    found = {each.code: each.unstable for each in latency_warnings(latency, TimedRuns((), 5, True))}
    assert found == expected


@pytest.mark.parametrize(("value", "uncertain"), [(150.0, False), (50.0, True), (-20.0, True)])
def test_energy_that_drowns_in_its_uncertainty_is_kept_and_flagged(value: float, uncertain: bool) -> None:
    energy = Energy(value, 60.0, True, "board", "m", 5.0, 100, 10, 5100.0, 5000.0, ())
    assert [each.code for each in energy_warnings(energy)] == (["energy_uncertain"] if uncertain else [])


def test_no_energy_is_no_reason_for_doubt() -> None:
    assert list(energy_warnings(None)) == []
