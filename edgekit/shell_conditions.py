"""The conditions of a board that runs no agent: its files copied by a shell, and read here as the agent reads them.

For boards whose Python is too old or absent. They are seen before and after the runs, not while these run.
"""

from __future__ import annotations

import fnmatch
import re
import subprocess
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

from edgekit.agent.conditions import drop_unknown, firmware_conditions, read_files
from edgekit.agent.power_mode import parse_power_mode
from edgekit.agent.raspberry_pi import parse_temperature_c, parse_throttled
from edgekit.agent.sysfs import read_text
from edgekit.console import printable

_FILES = (
    "/sys/firmware/devicetree/base/model",
    "/proc/device-tree/model",
    "/sys/class/dmi/id/sys_vendor",
    "/sys/class/dmi/id/product_name",
    "/etc/machine-id",
    "/etc/os-release",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/loadavg",
    "/sys/devices/system/cpu/cpu*/cpufreq/scaling_*_freq",
    "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
    "/sys/class/thermal/thermal_zone*/type",
    "/sys/class/thermal/thermal_zone*/temp",
    "/sys/class/thermal/cooling_device*/type",
    "/sys/class/thermal/cooling_device*/cur_state",
    "/sys/class/power_supply/*/type",
    "/sys/class/power_supply/*/online",
    "/sys/class/power_supply/*/status",
    "/sys/class/power_supply/*/scope",
    "/sys/class/hwmon/hwmon*/name",
    "/sys/class/hwmon/hwmon*/in0_lcrit_alarm",
    "/sys/devices/platform/soc/soc:firmware/get_throttled",
    "/var/lib/nvpmodel/status",
)
_PROGRAMS = ("vcgencmd get_throttled", "vcgencmd measure_temp", "nvpmodel -q")
_FACTS = {"machine": "uname -m", "kernel": "uname -r"}
_MARK = "edgekit:"
MAX_BYTES = 1 << 20
"""So much a board may say; a cpuinfo of 64 processors has some ten thousand."""

# A file that is switched off gives an error, and nothing else; a program that hangs is ended where the board can.
SCRIPT = (
    "limit='timeout 3'; command -v timeout >/dev/null || limit=\n"
    f"for f in {' '.join(_FILES)}; do\n"
    f'  [ -f "$f" ] && printf \'\\n{_MARK}file %s\\n\' "$f" && head -c 65536 "$f" 2>/dev/null | tr -d \'\\000\'\n'
    "done\n"
    + "".join(
        f"printf '\\n{_MARK}run {command}\\n'; $limit {command} 2>/dev/null </dev/null\n"
        for command in (*_PROGRAMS, *_FACTS.values())
    )
    + "true\n"
)


def read_local_conditions() -> dict[str, Any]:
    """Those of this machine, for a program of ours that runs here."""
    try:
        done = subprocess.run(["sh", "-c", SCRIPT], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.SubprocessError):
        return {}
    return parse_conditions(done.stdout.decode("utf-8", "replace"))


def parse_conditions(output: str) -> dict[str, Any]:
    """What `SCRIPT` printed as the object that an agent's CONDITIONS has, as far as a shell can tell."""
    files, said = _split(output[:MAX_BYTES])
    with tempfile.TemporaryDirectory(prefix="edgekit-conditions-") as folder:
        for path, text in files.items():
            place = Path(folder, path.lstrip("/"))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        throttled = _throttled(folder, said)
        temperature = parse_temperature_c(said.get("vcgencmd measure_temp", ""))
        facts = {key: said.get(command, "") for key, command in _FACTS.items()}
        found = {
            **facts,
            **read_files(folder),
            **firmware_conditions(throttled, temperature, folder),
            "num_cpus": len(re.findall(r"^processor\s*:", files.get("/proc/cpuinfo", ""), re.MULTILINE))
            or None,
            "power_mode": parse_power_mode(said.get("nvpmodel -q", ""), folder),
        }
        if not any(path.endswith(("/model", "/product_name")) for path in files):
            found["model"] = facts["machine"]  # not that of this machine
    return drop_unknown(found)


def _throttled(folder: str, said: dict[str, str]) -> int | None:
    """From the copied file, else from what the board's program said; never from a program of this machine."""
    text = read_text(folder, "sys/devices/platform/soc/soc:firmware/get_throttled")
    return parse_throttled(text or said.get("vcgencmd get_throttled", ""))


def _split(output: str) -> tuple[dict[str, str], dict[str, str]]:
    """Texts of files by path, and of programs by command. Paths that were not asked for are dropped."""
    files: dict[str, str] = {}
    said: dict[str, str] = {}
    for part in output.split(f"\n{_MARK}")[1:]:
        head, _, text = part.partition("\n")
        kind, _, name = head.partition(" ")
        if kind == "run" and name in (*_PROGRAMS, *_FACTS.values()):
            said[name] = printable(text).strip() if "\n" not in text.strip() else text.strip()
        elif kind == "file" and _is_asked_for(name):
            files[name] = text
    return files, said


def _is_asked_for(path: str) -> bool:
    return ".." not in PurePosixPath(path).parts and any(
        fnmatch.fnmatchcase(path, each) and path.count("/") == each.count("/") for each in _FILES
    )
