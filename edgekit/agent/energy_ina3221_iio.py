"""Jetson with JetPack 4: INA3221 monitors through NVIDIA's iio driver, which multiplies to milliwatts itself."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Optional

from edgekit.agent.power_sensor import PowerSensor, Reading, SensorError
from edgekit.agent.sysfs import find_paths, read_int, read_text

NAME = "ina3221_iio"
TOTALS = ("POM_5V_IN", "VDD_IN")
"""What feeds everything: on a Nano, and on modules that are fed with a higher voltage."""
_RATE_HZ = 5.0


def find(root: str = "/") -> Optional[PowerSensor]:
    """Raises SensorError if monitors are there but name no rail."""
    folders = find_paths(root, "sys/bus/i2c/drivers/ina3221x/*/iio:device*")
    if not folders:
        return None
    files: Dict[str, str] = {}
    monitors: Dict[str, str] = {}
    for folder in folders:
        for channel in (0, 1, 2):
            name = read_text(root, f"{folder}/rail_name_{channel}")
            if name and name != "NC":  # not connected
                files[name] = f"{folder}/in_power{channel}_input"
                monitors[name] = Path(folder).parts[-2]
    if not files:
        raise SensorError(f"{NAME}: {folders[0]} names no rail")
    totals = [each for each in TOTALS if each in files]
    # Without a total: the rails of one monitor, because those of another may feed or be fed by them.
    counted = totals[:1] or [each for each in files if monitors[each] == min(monitors.values())]

    def read() -> Reading:
        found = {name: read_int(root, file) for name, file in files.items()}
        return {name: float(mw) for name, mw in found.items() if mw is not None}

    return PowerSensor(NAME, "board" if totals else "rails", counted, read, _RATE_HZ)
