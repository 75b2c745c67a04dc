"""Temperatures, and what the kernel does against them."""

from __future__ import annotations

import re
from typing import Dict, List

from edgekit.agent.sysfs import list_numbered, read_int, read_text

_ZONES = "sys/class/thermal"


def read_temperatures_c(root: str = "/") -> Dict[str, float]:
    """By the zone's type; a zone that is off answers EAGAIN and is left out."""
    temperatures: Dict[str, float] = {}
    for zone in list_numbered(root, _ZONES, r"thermal_zone\d+"):
        millidegrees = read_int(root, f"{_ZONES}/{zone}/temp")
        if millidegrees is None:
            continue
        name = read_text(root, f"{_ZONES}/{zone}/type") or zone
        if name in temperatures:
            name = f"{name} ({zone})"
        temperatures[name] = millidegrees / 1000
    return temperatures


def slowing_devices(root: str = "/") -> List[str]:
    """Cooling devices that hold a processor's clock down right now; fans are none of them.

    Source: Linux, Documentation/driver-api/thermal/sysfs-api.rst: cur_state 0 is no cooling.
    """
    found = []
    for device in list_numbered(root, _ZONES, r"cooling_device\d+"):
        kind = read_text(root, f"{_ZONES}/{device}/type")
        is_processor = re.search(r"cpufreq|devfreq|^Processor$", kind) is not None
        if is_processor and (read_int(root, f"{_ZONES}/{device}/cur_state") or 0) > 0:
            found.append(f"{kind} ({device})")
    return found
