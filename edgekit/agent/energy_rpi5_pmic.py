"""Raspberry Pi 5: the power management chip measures what it hands out, rail by rail, not what the board takes in.

Its own losses, the 5 V that USB and fan take, and everything else before it are not in the sum: rail energy.
"""

from __future__ import annotations

import re
from typing import Dict, Optional

from edgekit.agent.power_sensor import PowerSensor, Reading, SensorError
from edgekit.agent.programs import run_program

NAME = "rpi5_pmic"
_RATE_HZ = 2.0
_COMMAND = ("vcgencmd", "pmic_read_adc")
_LINE = re.compile(r"^\s*(\w+)_([AV])\s+(current|volt)\(\d+\)=(-?\d+(?:\.\d+)?)([AV])\s*$", re.MULTILINE)


def find(root: str = "/") -> Optional[PowerSensor]:
    """Raises SensorError if vcgencmd answers with something that names no rail."""
    output = run_program(_COMMAND)
    if not output or output.startswith("error="):  # no Raspberry Pi, or one without this chip
        return None
    rails = sorted(parse_rails(output))
    if not rails:
        raise SensorError(f"{NAME}: no rail with current and voltage in {output.splitlines()[0][:60]!r}")
    return PowerSensor(NAME, "rails", rails, lambda: parse_rails(run_program(_COMMAND)), _RATE_HZ)


def parse_rails(output: str) -> Reading:
    """Rails that have both a current and a voltage, matched by name: the channels are in no order."""
    measured: Dict[str, Dict[str, float]] = {}
    for rail, suffix, quantity, value, unit in _LINE.findall(output):
        if suffix == unit == {"current": "A", "volt": "V"}[quantity]:
            measured.setdefault(rail, {})[unit] = float(value)
    return {rail: each["A"] * each["V"] * 1000 for rail, each in measured.items() if len(each) == 2}
