"""Under which conditions this machine measures: clocks, temperatures, versions; the unreadable is absent."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import struct
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

MAX_CPUS = 64
"""More would not fit into a reply on every machine, and tell nothing new."""


def read_identity(root: str = "/") -> str:
    """Tells this machine from others without giving its machine-id away, as machine-id(5) asks."""
    machine_id = _read(root, "etc/machine-id")
    return hashlib.sha256(b"edgekit " + machine_id.encode()).hexdigest()[:32] if machine_id else ""


def read_board_model(root: str = "/") -> str:
    """What the machine calls itself: the device tree's model, else DMI's product, else its architecture."""
    for path in ("sys/firmware/devicetree/base/model", "proc/device-tree/model"):
        model = _read(root, path)
        if model:
            return model
    parts = [_read(root, "sys/class/dmi/id/" + name) for name in ("sys_vendor", "product_name")]
    return " ".join(each for each in parts if each) or platform.machine()


def read_peak_rss_bytes(root: str = "/") -> Optional[int]:
    """From /proc, because ru_maxrss starts at the peak of the process that started this one."""
    return _read_kib(root, "proc/self/status", "VmHWM")


def read_memory_bytes(root: str = "/") -> Optional[int]:
    return _read_kib(root, "proc/meminfo", "MemTotal")


def read_conditions(runtime: str, root: str = "/") -> Dict[str, Any]:
    """One JSON object; clocks in Hz, temperatures in °C, memory in bytes."""
    found: Dict[str, Any] = {
        "model": read_board_model(root),
        "machine": platform.machine(),
        "program_bits": 8 * struct.calcsize("P"),
        "machine_id": read_identity(root),
        "kernel": platform.release(),
        "os": _os_name(root),
        "python": platform.python_version(),
        "numpy": getattr(sys.modules.get("numpy"), "__version__", None),
        "runtime": runtime,
        "num_cpus": os.cpu_count(),
        "cpu": _cpu_name(root),
        "memory_bytes": read_memory_bytes(root),
        "governor": _governor(root),
        "clock_hz": _clocks(root),
        "temperatures_c": _temperatures(root),
        "throttled": _read(root, "sys/devices/platform/soc/soc:firmware/get_throttled"),
        "load_average": _load_average(root),
    }
    return {key: value for key, value in found.items() if value not in (None, "", {}, [])}


def _read(root: str, path: str) -> str:
    try:
        with Path(root, path).open("rb") as file:
            return file.read(65536).decode("utf-8", "replace").strip("\0 \t\r\n")
    except OSError:  # also EAGAIN from a thermal zone that is switched off
        return ""


def _list(root: str, path: str, pattern: str) -> List[str]:
    try:
        names = [each.name for each in Path(root, path).iterdir() if re.match(pattern + "$", each.name)]
    except OSError:
        return []
    return sorted(names, key=lambda each: int(re.sub(r"\D", "", each)))


def _read_int(root: str, path: str) -> Optional[int]:
    text = _read(root, path)
    return int(text) if re.match(r"-?\d+$", text) else None


def _read_kib(root: str, path: str, key: str) -> Optional[int]:
    found = re.search(rf"^{key}:\s*(\d+) kB", _read(root, path), re.MULTILINE)
    return int(found.group(1)) * 1024 if found else None


def _os_name(root: str) -> str:
    found = re.search(r'^PRETTY_NAME="?([^"\n]*)', _read(root, "etc/os-release"), re.MULTILINE)
    return found.group(1) if found else ""


def _cpu_name(root: str) -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", _read(root, "proc/cpuinfo"), re.MULTILINE)
    return found.group(1).strip() if found else ""


def _governor(root: str) -> str:
    """One name, or all of them if the processors differ."""
    cpus = _list(root, "sys/devices/system/cpu", r"cpu\d+")
    found = {_read(root, f"sys/devices/system/cpu/{each}/cpufreq/scaling_governor") for each in cpus}
    return ", ".join(sorted(each for each in found if each))


def _clocks(root: str) -> Dict[str, Dict[str, int]]:
    clocks: Dict[str, Dict[str, int]] = {}
    for cpu in _list(root, "sys/devices/system/cpu", r"cpu\d+")[:MAX_CPUS]:
        files = (("now", "scaling_cur_freq"), ("min", "scaling_min_freq"), ("max", "scaling_max_freq"))
        for key, name in files:
            khz = _read_int(root, f"sys/devices/system/cpu/{cpu}/cpufreq/{name}")
            if khz is not None:
                clocks.setdefault(cpu, {})[key] = khz * 1000
    if not clocks:  # virtual machines have no cpufreq
        found = re.findall(r"^cpu MHz\s*:\s*([\d.]+)$", _read(root, "proc/cpuinfo"), re.MULTILINE)
        for number, mhz in enumerate(found[:MAX_CPUS]):
            clocks[f"cpu{number}"] = {"now": int(float(mhz) * 1e6)}
    return clocks


def _temperatures(root: str) -> Dict[str, float]:
    temperatures: Dict[str, float] = {}
    for zone in _list(root, "sys/class/thermal", r"thermal_zone\d+"):
        millidegrees = _read_int(root, f"sys/class/thermal/{zone}/temp")
        if millidegrees is None:
            continue
        name = _read(root, f"sys/class/thermal/{zone}/type") or zone
        if name in temperatures:
            name = f"{name} ({zone})"
        temperatures[name] = millidegrees / 1000
    return temperatures


def _load_average(root: str) -> List[float]:
    found = re.match(r"([\d.]+) ([\d.]+) ([\d.]+)", _read(root, "proc/loadavg"))
    return [float(each) for each in found.groups()] if found else []
