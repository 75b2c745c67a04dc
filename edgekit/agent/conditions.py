"""Under which conditions this machine measures: clocks, temperatures, versions; the unreadable is absent."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import struct
import sys
from typing import Any, Dict, List, Optional

from edgekit.agent.clocks import read_clocks_hz, read_governor
from edgekit.agent.power_mode import read_power_mode
from edgekit.agent.raspberry_pi import read_temperature_c, read_throttled
from edgekit.agent.supply import read_supply
from edgekit.agent.sysfs import read_text
from edgekit.agent.thermal import read_temperatures_c, slowing_devices


def read_identity(root: str = "/") -> str:
    """Tells this machine from others without giving its machine-id away, as machine-id(5) asks."""
    machine_id = read_text(root, "etc/machine-id")
    return hashlib.sha256(b"edgekit " + machine_id.encode()).hexdigest()[:32] if machine_id else ""


def read_board_model(root: str = "/") -> str:
    """What the machine calls itself: the device tree's model, else DMI's product, else its architecture."""
    for path in ("sys/firmware/devicetree/base/model", "proc/device-tree/model"):
        model = read_text(root, path)
        if model:
            return model
    parts = [read_text(root, "sys/class/dmi/id/" + name) for name in ("sys_vendor", "product_name")]
    return " ".join(each for each in parts if each) or platform.machine()


def read_peak_rss_bytes(root: str = "/") -> Optional[int]:
    """From /proc, because ru_maxrss starts at the peak of the process that started this one."""
    return _read_kib(root, "proc/self/status", "VmHWM")


def read_memory_bytes(root: str = "/") -> Optional[int]:
    return _read_kib(root, "proc/meminfo", "MemTotal")


def read_conditions(runtime: str, root: str = "/") -> Dict[str, Any]:
    """One JSON object; clocks in Hz, temperatures in °C, memory in bytes."""
    found: Dict[str, Any] = {
        "machine": platform.machine(),
        "program_bits": 8 * struct.calcsize("P"),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "numpy": getattr(sys.modules.get("numpy"), "__version__", None),
        "runtime": runtime,
        "num_cpus": os.cpu_count(),
        "power_mode": read_power_mode(root),
    }
    found.update(read_files(root), **firmware_conditions(read_throttled(root), read_temperature_c(), root))
    return drop_unknown(found)


def read_files(root: str) -> Dict[str, Any]:
    """What files alone tell, below any root: also a copy of another machine's."""
    return {
        "model": read_board_model(root),
        "machine_id": read_identity(root),
        "os": _os_name(root),
        "cpu": _cpu_name(root),
        "memory_bytes": read_memory_bytes(root),
        "governor": read_governor(root),
        "clock_hz": read_clocks_hz(root),
        "slowed_by": slowing_devices(root),
        "supply": read_supply(root),
        "load_average": _load_average(root),
    }


def firmware_conditions(
    throttled: Optional[int], temperature_c: Optional[float], root: str
) -> Dict[str, Any]:
    """What a Raspberry Pi's firmware says, among what files say of the same."""
    zones = read_temperatures_c(root)
    return {
        "temperatures_c": zones if temperature_c is None else dict(zones, vcgencmd=temperature_c),
        "throttled": "" if throttled is None else f"{throttled:x}",
    }


def drop_unknown(found: Dict[str, Any]) -> Dict[str, Any]:
    return {key: value for key, value in found.items() if value not in (None, "", {}, [])}


def _read_kib(root: str, path: str, key: str) -> Optional[int]:
    found = re.search(rf"^{key}:\s*(\d+) kB", read_text(root, path), re.MULTILINE)
    return int(found.group(1)) * 1024 if found else None


def _os_name(root: str) -> str:
    found = re.search(r'^PRETTY_NAME="?([^"\n]*)', read_text(root, "etc/os-release"), re.MULTILINE)
    return found.group(1) if found else ""


def _cpu_name(root: str) -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", read_text(root, "proc/cpuinfo"), re.MULTILINE)
    return found.group(1).strip() if found else ""


def _load_average(root: str) -> List[float]:
    found = re.match(r"([\d.]+) ([\d.]+) ([\d.]+)", read_text(root, "proc/loadavg"))
    return [float(each) for each in found.groups()] if found else []
