from __future__ import annotations

import statistics
from typing import Any

import pytest

from edgekit.agent.power_sensor import PowerSensor
from edgekit.agent.sampling import Sample
from edgekit.agent.watch_summary import Running, WatchSummary, smallest_step

SENSOR = PowerSensor("fake", "board", ["IN"], dict, 5.0)


def sample(at_s: float, **changes: Any) -> Sample:
    quiet: dict[str, Any] = {
        "clock_hz": None, "temperatures_c": {}, "throttled": None, "slowed_by": [], "others_s": None,
        "power": None,
    }  # fmt: skip
    return Sample(at_s=at_s, **{**quiet, **changes})


def summary(*samples: Sample) -> dict[str, Any]:
    watch = WatchSummary()
    for each in samples:
        watch.add_timed(each, SENSOR)
    return watch.record()


def test_running_numbers_are_those_of_the_whole_list() -> None:
    values = [5.0, 1.0, 4.0, 4.5, -2.0]
    running = Running()
    assert running.stdev is None
    for each in values:
        running.add(each)
    assert running.mean == pytest.approx(statistics.mean(values))
    assert running.stdev == pytest.approx(statistics.stdev(values))
    assert (running.n, running.low, running.high) == (5, -2.0, 5.0)


def test_nothing_seen_is_nothing_told() -> None:
    assert summary() == {"num_samples": 0}
    assert summary(sample(1), sample(2)) == {"num_samples": 2, "sampling_hz": 1.0}


def test_the_extremes_of_clock_and_temperature_are_kept() -> None:
    found = summary(
        sample(1, clock_hz=1500, temperatures_c={"cpu": 50.0, "gpu": 61.0}),
        sample(2, clock_hz=600, temperatures_c={"cpu": 70.5}),
        sample(3, clock_hz=1500, temperatures_c={"cpu": 60.0}),
    )
    assert found["clock_hz"] == {"min": 600, "mean": 1200, "max": 1500}
    assert (found["hottest_c"], found["hottest_zone"]) == (70.5, "cpu")


def test_every_throttle_bit_that_was_seen_stays() -> None:
    assert summary(sample(1, throttled=0), sample(2, throttled=4), sample(3, throttled=1))["throttled"] == "5"
    assert summary(sample(1, throttled=0))["throttled"] == "0"
    assert summary(sample(1, slowed_by=["a"]), sample(2, slowed_by=["b", "a"]))["slowed_by"] == ["a", "b"]


def test_others_are_measured_in_processors_and_told_apart_from_ours() -> None:
    found = summary(
        sample(10, others_s=(100.0, 50.0)),
        sample(12, others_s=(101.0, 52.0)),
        sample(14, others_s=(101.0, 54.0)),
    )
    assert (found["others_cpu"], found["own_cpu"]) == (0.25, 1.0)


def test_what_was_seen_of_the_warm_up_is_forgotten_and_the_rest_before_it_is_not() -> None:
    watch = WatchSummary()
    watch.idle.add({"IN": 2000.0}, SENSOR)
    watch.add_timed(sample(1, throttled=4, clock_hz=1, power={"IN": 9000.0}), SENSOR)
    watch.begin()
    watch.add_timed(sample(2, throttled=0, clock_hz=5, power={"IN": 3000.0}), SENSOR)
    assert watch.record()["throttled"] == "0"
    power = watch.power_record(SENSOR)
    assert power["idle"] == {"n": 1, "mean_mw": 2000.0, "rails_mw": {"IN": 2000.0}}
    assert power["timed"]["mean_mw"] == 3000.0
    assert (power["step_mw"], power["step_is"]) == (1000.0, "observed")


def test_a_stated_step_goes_before_an_observed_one() -> None:
    stated = PowerSensor("fake", "board", ["IN"], dict, 5.0, lambda reading: 48.0)
    watch = WatchSummary()
    for each in (1000.0, 1001.0):
        watch.idle.add({"IN": each}, stated)
    assert watch.power_record(stated)["step_mw"] == 48.0


@pytest.mark.parametrize(("values", "step"), [(set(), None), ({1.0}, None), ({4.0, 1.0, 3.0}, 1.0)])
def test_the_smallest_step_between_readings_is_found(values: set[float], step: float | None) -> None:
    assert smallest_step(values) == step
