"""What the samples of a watch come to: bounded in size however long it took. SPEC.md, WATCH, lists the keys."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Optional, Set

from edgekit.agent.power_sensor import PowerSensor, Reading
from edgekit.agent.sampling import Sample


class Running:
    """Mean, deviation and extremes of numbers that are not kept. Source: Welford (1962), Technometrics 4."""

    def __init__(self) -> None:
        self.n = 0
        self.mean = 0.0
        self._squares = 0.0
        self.low = math.inf
        self.high = -math.inf

    def add(self, value: float) -> None:
        self.n += 1
        change = value - self.mean
        self.mean += change / self.n
        self._squares += change * (value - self.mean)
        self.low, self.high = min(self.low, value), max(self.high, value)

    @property
    def stdev(self) -> Optional[float]:
        return math.sqrt(self._squares / (self.n - 1)) if self.n > 1 else None


class PowerSummary:
    """Power in one phase: of the rails that count together, and of each."""

    def __init__(self) -> None:
        self.total = Running()
        self.rails: Dict[str, Running] = {}
        self.values: Set[float] = set()
        self.step_mw: Optional[float] = None

    def add(self, reading: Reading, sensor: PowerSensor) -> None:
        power_mw = sensor.power_mw(reading)
        self.total.add(power_mw)
        if len(self.values) < 4096:
            self.values.add(power_mw)
        for rail, value in reading.items():
            self.rails.setdefault(rail, Running()).add(value)
        step_mw = sensor.step_mw(reading)
        if step_mw is not None:
            self.step_mw = max(step_mw, self.step_mw or 0.0)

    def record(self) -> Dict[str, Any]:
        found: Dict[str, Any] = {
            "n": self.total.n,
            "mean_mw": self.total.mean,
            "stdev_mw": self.total.stdev,
            "rails_mw": {rail: each.mean for rail, each in self.rails.items()},
        }
        return {key: value for key, value in found.items() if value is not None}


class WatchSummary:
    """Collects what was sampled in timed windows; of what was sampled while idle only the power."""

    def __init__(self) -> None:
        self.idle = PowerSummary()
        self.begin()

    def begin(self) -> None:
        """Forgets what was seen of windows so far: it was the warm-up."""
        self.timed = PowerSummary()
        self._clock = Running()
        self._hottest: Optional[float] = None
        self._hottest_zone = ""
        self._throttled: Optional[int] = None
        self._slowed_by: List[str] = []
        self._others_s = self._ours_s = self._between_s = 0.0
        self._last: Optional[Sample] = None
        self._first_at_s: Optional[float] = None
        self.num_samples = 0

    def add_timed(self, sample: Sample, sensor: Optional[PowerSensor]) -> None:
        self.num_samples += 1
        self._first_at_s = sample.at_s if self._first_at_s is None else self._first_at_s
        if sample.clock_hz is not None:
            self._clock.add(sample.clock_hz)
        for zone, value in sample.temperatures_c.items():
            if self._hottest is None or value > self._hottest:
                self._hottest, self._hottest_zone = value, zone
        if sample.throttled is not None:
            self._throttled = sample.throttled | (self._throttled or 0)
        self._slowed_by += [each for each in sample.slowed_by if each not in self._slowed_by]
        if self._last is not None and sample.others_s is not None and self._last.others_s is not None:
            self._others_s += max(0.0, sample.others_s[0] - self._last.others_s[0])
            self._ours_s += sample.others_s[1] - self._last.others_s[1]
            self._between_s += sample.at_s - self._last.at_s
        self._last = sample
        if sample.power is not None and sensor is not None:
            self.timed.add(sample.power, sensor)

    def record(self) -> Dict[str, Any]:
        found: Dict[str, Any] = {"num_samples": self.num_samples}
        if self._last is not None and self._first_at_s is not None and self._last.at_s > self._first_at_s:
            found["sampling_hz"] = (self.num_samples - 1) / (self._last.at_s - self._first_at_s)
        if self._clock.n:
            clock = self._clock
            found["clock_hz"] = {"min": clock.low, "mean": clock.mean, "max": clock.high}
        if self._hottest is not None:
            found["hottest_c"], found["hottest_zone"] = self._hottest, self._hottest_zone
        if self._throttled is not None:
            found["throttled"] = f"{self._throttled:x}"
        if self._slowed_by:
            found["slowed_by"] = self._slowed_by[:16]
        if self._between_s > 0:
            # In processors: 0.25 is a quarter of one.
            found["others_cpu"] = self._others_s / self._between_s
            found["own_cpu"] = self._ours_s / self._between_s
        return found

    def power_record(self, sensor: PowerSensor) -> Dict[str, Any]:
        steps = [each.step_mw for each in (self.idle, self.timed) if each.step_mw is not None]
        found: Dict[str, Any] = {
            "sensor": sensor.name,
            "scope": sensor.scope,
            "counted": list(sensor.counted),
            "sampling_hz": sensor.rate_hz,
            "step_mw": max(steps) if steps else smallest_step(self.idle.values | self.timed.values),
            "step_is": "stated" if steps else "observed",
            "idle": self.idle.record(),
            "timed": self.timed.record(),
        }
        return {key: value for key, value in found.items() if value is not None}


def smallest_step(values: Set[float]) -> Optional[float]:
    """Between readings that differ: the sensor steps no coarser than that, so far as it has shown."""
    ordered = sorted(values)
    steps = [ordered[each + 1] - ordered[each] for each in range(len(ordered) - 1)]
    return min(steps) if steps else None
