"""Jetson with JetPack 5 or later: INA3221 monitors through the kernel's hwmon driver.

Source: Linux, Documentation/hwmon/ina3221.rst (mV, mA, µΩ; channel 7 is a sum of shunt voltages, no rail). Texas
Instruments, INA3221 data sheet, SBOS576: one step of the shunt voltage is 40 µV, one of the bus voltage 8 mV.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

from edgekit.agent.power_sensor import PowerSensor, Reading, SensorError
from edgekit.agent.sysfs import find_paths, read_int, read_text

NAME = "ina3221_hwmon"
TOTAL = "VDD_IN"
FIRST_MONITOR = "1-0040"
_RATE_HZ = 5.0
_SHUNT_STEP_UV = 40.0
_BUS_STEP_MV = 8.0


class _Rail(NamedTuple):
    monitor: str
    folder: str
    channel: int


def find(root: str = "/") -> Optional[PowerSensor]:
    """Raises SensorError if monitors are there but name no rail that could be counted."""
    folders = find_paths(root, "sys/bus/i2c/drivers/ina3221/*/hwmon/hwmon*")
    if not folders:
        return None
    rails: Dict[str, _Rail] = {}
    for folder in folders:
        monitor = Path(folder).parts[-3]
        for channel in (1, 2, 3):
            label = read_text(root, f"{folder}/in{channel}_label")
            if label and label != "NC":  # not connected
                rails[label] = _Rail(monitor, folder, channel)
    counted = _counted(rails)
    if not counted:
        raise SensorError(
            f"{NAME}: no rail {TOTAL} and none on {FIRST_MONITOR} among {sorted(rails) or 'none'}"
        )

    def read() -> Reading:
        found = {name: _power_mw(root, rail) for name, rail in rails.items()}
        return {name: mw for name, mw in found.items() if mw is not None}

    def step_mw(reading: Reading) -> Optional[float]:
        steps = [_step_mw(root, rails[each]) for each in counted]
        known = [each for each in steps if each is not None]
        return sum(known) if len(known) == len(steps) else None

    scope = "board" if counted == [TOTAL] else "rails"
    return PowerSensor(NAME, scope, counted, read, _RATE_HZ, step_mw)


def _counted(rails: Dict[str, _Rail]) -> List[str]:
    """The rail that feeds the board; an AGX Orin measures none, so there it is the rails of the first monitor."""
    return (
        [TOTAL] if TOTAL in rails else [name for name, rail in rails.items() if rail.monitor == FIRST_MONITOR]
    )


def _power_mw(root: str, rail: _Rail) -> Optional[float]:
    millivolts = read_int(root, f"{rail.folder}/in{rail.channel}_input")
    milliamperes = read_int(root, f"{rail.folder}/curr{rail.channel}_input")
    return None if millivolts is None or milliamperes is None else millivolts * milliamperes / 1000


def _step_mw(root: str, rail: _Rail) -> Optional[float]:
    """What one step of current at this voltage and one of voltage at this current come to, the worst case."""
    micro_ohms = read_int(root, f"{rail.folder}/shunt{rail.channel}_resistor")
    millivolts = read_int(root, f"{rail.folder}/in{rail.channel}_input")
    milliamperes = read_int(root, f"{rail.folder}/curr{rail.channel}_input")
    if not micro_ohms or millivolts is None or milliamperes is None:
        return None
    step_ma = _SHUNT_STEP_UV / micro_ohms * 1000
    return (step_ma * millivolts + _BUS_STEP_MV * abs(milliamperes)) / 1000
