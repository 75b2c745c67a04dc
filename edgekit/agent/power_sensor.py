"""What an energy_*.py offers: the rails that a sensor on the board measures, and which of them count."""

from __future__ import annotations

from typing import Callable, Dict, Optional, Sequence

Reading = Dict[str, float]
"""Milliwatts by rail."""


class SensorError(Exception):
    """A sensor that is there and cannot be read; the message says what was wrong with it."""


class PowerSensor:
    """`scope` is "board" where `counted` is the one rail that feeds everything, else "rails": only their sum.

    `step_mw` gives the smallest step of the counted power, or None where the readings themselves have to show it.
    """

    def __init__(
        self,
        name: str,
        scope: str,
        counted: Sequence[str],
        read: Callable[[], Reading],
        rate_hz: float,
        step_mw: Optional[Callable[[Reading], Optional[float]]] = None,
    ) -> None:
        self.name = name
        self.scope = scope
        self.counted = tuple(counted)
        self.rate_hz = rate_hz
        self._read = read
        self._step_mw = step_mw

    def read(self) -> Reading:
        """Raises SensorError if a rail that counts cannot be read."""
        found = self._read()
        missing = [each for each in self.counted if each not in found]
        if missing:
            raise SensorError("{}: rail {} cannot be read".format(self.name, ", ".join(missing)))
        return found

    def power_mw(self, reading: Reading) -> float:
        return sum(reading[each] for each in self.counted)

    def step_mw(self, reading: Reading) -> Optional[float]:
        return None if self._step_mw is None else self._step_mw(reading)
