"""The processors' clocks and who governs them. Source: Linux, Documentation/admin-guide/pm/cpufreq.rst."""

from __future__ import annotations

import re
from typing import Dict, Iterable, List, Optional

from edgekit.agent.sysfs import list_numbered, read_int, read_text

MAX_CPUS = 64
"""More would not fit into a reply on every machine, and tell nothing new."""
CPUS = "sys/devices/system/cpu"


def read_governor(root: str = "/") -> str:
    """One name, or all of them if the processors differ."""
    cpus = list_numbered(root, CPUS, r"cpu\d+")
    found = {read_text(root, f"{CPUS}/{each}/cpufreq/scaling_governor") for each in cpus}
    return ", ".join(sorted(each for each in found if each))


def read_clocks_hz(root: str = "/") -> Dict[str, Dict[str, int]]:
    clocks: Dict[str, Dict[str, int]] = {}
    for cpu in list_numbered(root, CPUS, r"cpu\d+")[:MAX_CPUS]:
        files = (("now", "scaling_cur_freq"), ("min", "scaling_min_freq"), ("max", "scaling_max_freq"))
        for key, name in files:
            khz = read_int(root, f"{CPUS}/{cpu}/cpufreq/{name}")
            if khz is not None:
                clocks.setdefault(cpu, {})[key] = khz * 1000
    if not clocks:  # virtual machines have no cpufreq
        for number, hz in enumerate(_cpuinfo_hz(root)[:MAX_CPUS]):
            clocks[f"cpu{number}"] = {"now": hz}
    return clocks


def fastest_clock_hz(cpus: Iterable[int], root: str = "/") -> Optional[int]:
    """Of these processors the highest clock now: that of the one at work, while others idle slowly."""
    wanted = sorted(cpus)[:MAX_CPUS]
    found = [read_int(root, f"{CPUS}/cpu{each}/cpufreq/scaling_cur_freq") for each in wanted]
    known = [each * 1000 for each in found if each is not None]
    if not known:
        listed = _cpuinfo_hz(root)
        known = [listed[each] for each in wanted if each < len(listed)]
    return max(known) if known else None


def _cpuinfo_hz(root: str) -> List[int]:
    found = re.findall(r"^cpu MHz\s*:\s*([\d.]+)$", read_text(root, "proc/cpuinfo"), re.MULTILINE)
    return [int(float(mhz) * 1e6) for mhz in found]
