"""The power sensor of this board, if it has one: each family of sensors is an energy_*.py with a `find(root)`."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, List, Optional, Tuple

import edgekit.agent
from edgekit.agent.power_sensor import PowerSensor, SensorError

# At once: the bundle that they come from may have deleted itself when a sensor is looked for.
_FAMILIES: List[Any] = [
    importlib.import_module("edgekit.agent." + each.name)
    for each in sorted(pkgutil.iter_modules(edgekit.agent.__path__), key=lambda each: each.name)
    if each.name.startswith("energy_")
]


def find_power_sensor(root: str = "/") -> Tuple[Optional[PowerSensor], str]:
    """The first that can be read, or None and why: a sensor that is broken is worth more words than none at all."""
    reasons = []
    for family in _FAMILIES:
        try:
            sensor = family.find(root)
            if sensor is not None:
                sensor.read()
                return sensor, ""
        except SensorError as error:
            reasons.append(str(error))
    return None, "; ".join(reasons) or "this board has no power sensor that edgekit knows"
