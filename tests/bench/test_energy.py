from __future__ import annotations

import math
from typing import Any

import pytest

from edgekit.bench.energy import energy_of, why_no_energy
from edgekit.bench.result import Rail

POWER: dict[str, Any] = {
    "sensor": "ina3221_hwmon",
    "scope": "board",
    "counted": ["VDD_IN"],
    "sampling_hz": 5.0,
    "step_mw": 48.0,
    "idle": {"n": 16, "mean_mw": 5000.0, "stdev_mw": 40.0, "rails_mw": {"VDD_IN": 5000.0, "VDD_SOC": 1800.0}},
    "timed": {
        "n": 100,
        "mean_mw": 8000.0,
        "stdev_mw": 200.0,
        "rails_mw": {"VDD_IN": 8000.0, "VDD_SOC": 2000.0},
    },
}
DURING: dict[str, Any] = {"power": POWER, "num_runs": 5000, "timed_us": 25_000_000.0, "sampling_hz": 4.9}


def test_energy_is_the_power_above_rest_times_the_time_of_one_run() -> None:
    energy = energy_of(DURING)
    assert energy is not None
    # 3 W for 25 s are 75 J; over 5000 runs 15 mJ each.
    assert energy.value == pytest.approx(15_000)
    assert energy.idle_subtracted
    assert (energy.num_samples, energy.num_idle_samples, energy.sampling_hz) == (100, 16, 4.9)
    assert energy.rails == (Rail("VDD_IN", True, 5000.0, 8000.0), Rail("VDD_SOC", False, 1800.0, 2000.0))
    assert (energy.scope, energy.method) == ("board", "ina3221_hwmon, input rail VDD_IN")


def test_the_uncertainty_is_that_of_both_means_and_of_the_sensors_step() -> None:
    energy = energy_of(DURING)
    assert energy is not None
    # Worked out by hand: 200²/100 = 400, 40²/16 = 100, 2 · 48²/12 = 384.
    assert energy.uncertainty == pytest.approx(2 * math.sqrt(884) * 0.005 * 1000)
    still = {
        **POWER,
        "timed": {**POWER["timed"], "stdev_mw": 0.0},
        "idle": {**POWER["idle"], "stdev_mw": 0.0},
    }
    frozen = energy_of({**DURING, "power": still})
    assert frozen is not None
    assert frozen.uncertainty == pytest.approx(2 * math.sqrt(384) * 5)


def test_rails_that_are_not_the_board_say_so() -> None:
    energy = energy_of({**DURING, "power": {**POWER, "scope": "rails", "counted": ["VDD_IN", "VDD_SOC"]}})
    assert energy is not None
    assert energy.method == "ina3221_hwmon, sum of the rails VDD_IN, VDD_SOC; not all that the board takes in"


@pytest.mark.parametrize(
    "during",
    [
        {},
        {"no_energy": "this board has no power sensor"},
        {"lost": "the watcher has ended"},
        {**DURING, "num_runs": 0},
        {key: value for key, value in DURING.items() if key != "timed_us"},
        {**DURING, "power": {**POWER, "idle": {"n": 2, "mean_mw": 1.0, "rails_mw": {}}}},
        {**DURING, "power": {**POWER, "timed": {"n": 0}}},
    ],
)
def test_what_was_not_measured_is_absent_and_never_zero(during: dict[str, Any]) -> None:
    assert energy_of(during) is None


@pytest.mark.parametrize(
    ("during", "reason"),
    [
        (None, "nobody watched the board"),
        ({"no_energy": "this board has no power sensor"}, "this board has no power sensor"),
        ({"lost": "the watcher has ended"}, "the watcher has ended"),
        ({"power": POWER}, "fewer than 3 samples at rest or under load; longer windows bring more"),
    ],
)
def test_why_it_is_unavailable_is_said(during: dict[str, Any] | None, reason: str) -> None:
    assert why_no_energy(during) == reason
