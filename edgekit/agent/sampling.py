"""One look at the board while it works; each quantity is None where it cannot be read."""

from __future__ import annotations

import os
import time
from typing import Dict, List, NamedTuple, Optional, Set, Tuple

from edgekit.agent.clocks import fastest_clock_hz
from edgekit.agent.power_sensor import PowerSensor, Reading, SensorError
from edgekit.agent.processor_time import read_others_s
from edgekit.agent.raspberry_pi import read_throttled
from edgekit.agent.thermal import read_temperatures_c, slowing_devices


class Sample(NamedTuple):
    at_s: float
    """On the monotonic clock."""
    clock_hz: Optional[int]
    temperatures_c: Dict[str, float]
    throttled: Optional[int]
    slowed_by: List[str]
    others_s: Optional[Tuple[float, float]]
    """Seconds of processor time since boot: everybody else's, and ours."""
    power: Optional[Reading]


class Sampler:
    """Looks at the board for the process `measured`; `own` are the processes that count as ours."""

    def __init__(self, measured: int, own: Set[int], root: str, sensor: Optional[PowerSensor]) -> None:
        self._measured = measured
        self._own = own
        self._root = root
        self.sensor = sensor
        # A program for each sample would cost more than all files together, so only where there is no file.
        self._has_throttled = read_throttled(root) is not None

    def take(self) -> Sample:
        return Sample(
            at_s=time.monotonic(),
            clock_hz=fastest_clock_hz(self._processors(), self._root),
            temperatures_c=read_temperatures_c(self._root),
            throttled=read_throttled(self._root) if self._has_throttled else None,
            slowed_by=slowing_devices(self._root),
            others_s=read_others_s(self._own, self._root),
            power=self.read_power(),
        )

    def read_power(self) -> Optional[Reading]:
        if self.sensor is None:
            return None
        try:
            return self.sensor.read()
        except SensorError:
            return None

    def _processors(self) -> Set[int]:
        """Those that the measured process may run on: the clock of another says nothing about it."""
        try:
            return os.sched_getaffinity(self._measured)
        except (AttributeError, OSError):
            return set(range(os.cpu_count() or 1))
