"""Energy of one inference from the power that the board's own sensor saw, with what it takes at rest subtracted.

    E = (P_timed - P_idle) · t / n         P: means over the samples; t: time of the runs by the board's clock; n: runs

    u(E) = k · t / n · √(s²_timed/n_timed + s²_idle/n_idle + 2 · q²/12),  k = 2 (a coverage of 95 %)

The first two terms are the standard errors of the two means, the third the sensor's step q, whose error is uniform
over one step and does not average out where readings repeat. The sensor's gain and its shunt's tolerance are not in it.

Source: JCGM 100:2008 (GUM), 4.2.3 (standard error), 4.3.7 (rectangular distribution), 6.2 (coverage factor).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from edgekit.bench.result import Energy, Rail

COVERAGE_FACTOR = 2.0
FEWEST_SAMPLES = 3


def energy_of(during: Mapping[str, Any]) -> Energy | None:
    """From what the watcher told (wire/SPEC.md, WATCH); None where it saw no power, or too little of it."""
    power = during.get("power")
    num_runs, timed_us = during.get("num_runs"), during.get("timed_us")
    if (
        not isinstance(power, Mapping)
        or not isinstance(num_runs, int)
        or not isinstance(timed_us, (int, float))
    ):
        return None
    idle, timed = power.get("idle"), power.get("timed")
    if not isinstance(idle, Mapping) or not isinstance(timed, Mapping) or not num_runs:
        return None
    if min(idle.get("n", 0), timed.get("n", 0)) < FEWEST_SAMPLES:
        return None
    seconds_each = timed_us / 1e6 / num_runs
    difference_mw = timed["mean_mw"] - idle["mean_mw"]
    variance = sum(each.get("stdev_mw", 0.0) ** 2 / each["n"] for each in (timed, idle))
    variance += 2 * power.get("step_mw", 0.0) ** 2 / 12
    counted = [str(each) for each in power["counted"]]
    return Energy(
        # Milliwatts times seconds are millijoules.
        value=round(difference_mw * seconds_each * 1000, 6),
        uncertainty=round(COVERAGE_FACTOR * math.sqrt(variance) * seconds_each * 1000, 6),
        idle_subtracted=True,
        scope=str(power["scope"]),
        method=_method(str(power["sensor"]), str(power["scope"]), counted),
        sampling_hz=float(during.get("sampling_hz", power["sampling_hz"])),
        num_samples=int(timed["n"]),
        num_idle_samples=int(idle["n"]),
        timed_mw=float(timed["mean_mw"]),
        idle_mw=float(idle["mean_mw"]),
        rails=tuple(
            Rail(str(name), name in counted, float(idle["rails_mw"][name]), float(mean_mw))
            for name, mean_mw in timed["rails_mw"].items()
            if name in idle["rails_mw"]
        ),
    )


def why_no_energy(during: Mapping[str, Any] | None) -> str:
    """Completes "unavailable: …"."""
    if during is None:
        return "nobody watched the board"
    if "power" in during:
        return f"fewer than {FEWEST_SAMPLES} samples at rest or under load; longer windows bring more"
    return str(during.get("no_energy") or during.get("lost") or "the board told nothing about its power")


def _method(sensor: str, scope: str, counted: list[str]) -> str:
    if scope == "board":
        return f"{sensor}, input rail {counted[0]}"
    return f"{sensor}, sum of the rails {', '.join(counted)}; not all that the board takes in"
