"""What the firmware of a Raspberry Pi says, through sysfs or through vcgencmd.

Source: Raspberry Pi documentation, vcgencmd: get_throttled, measure_temp.
"""

from __future__ import annotations

import re
from typing import Optional

from edgekit.agent.programs import run_program
from edgekit.agent.sysfs import read_text

_THROTTLED_FILE = "sys/devices/platform/soc/soc:firmware/get_throttled"


def read_throttled(root: str = "/") -> Optional[int]:
    """Bits 0-3: under-voltage, capped clock, throttled, soft temperature limit; bits 16-19 the same since boot."""
    text = read_text(root, _THROTTLED_FILE)  # costs microseconds; a program costs milliseconds
    if not text:
        found = re.match(r"throttled=(0x[0-9a-fA-F]+)$", run_program(["vcgencmd", "get_throttled"]))
        text = found.group(1) if found else ""
    return int(text, 16) if re.match(r"(0x)?[0-9a-fA-F]+$", text) else None


def read_temperature_c() -> Optional[float]:
    """An unknown command prints `error=1 …`, which is no temperature."""
    found = re.match(r"temp=(-?\d+(?:\.\d+)?)'C$", run_program(["vcgencmd", "measure_temp"]))
    return float(found.group(1)) if found else None
