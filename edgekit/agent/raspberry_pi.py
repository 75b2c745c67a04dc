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
    return parse_throttled(text or run_program(["vcgencmd", "get_throttled"]))


def parse_throttled(text: str) -> Optional[int]:
    """Of the file, or of `vcgencmd get_throttled`."""
    found = re.match(r"(?:throttled=(?=0x))?((?:0x)?[0-9a-fA-F]+)$", text)
    return int(found.group(1), 16) if found else None


def read_temperature_c() -> Optional[float]:
    return parse_temperature_c(run_program(["vcgencmd", "measure_temp"]))


def parse_temperature_c(text: str) -> Optional[float]:
    """Of `vcgencmd measure_temp`; an unknown command prints `error=1 …`, which is no temperature."""
    found = re.match(r"temp=(-?\d+(?:\.\d+)?)'C$", text)
    return float(found.group(1)) if found else None
