"""What feeds the board, as far as it can tell."""

from __future__ import annotations

from typing import Any, Dict

from edgekit.agent.sysfs import find_paths, read_int, read_text


def read_supply(root: str = "/") -> Dict[str, Any]:
    """`source` is "mains" or "battery"; `under_voltage` what a Raspberry Pi's voltage alarm says."""
    found: Dict[str, Any] = {}
    folder = "sys/class/power_supply/"
    names = [each.split("/")[-2] for each in find_paths(root, folder + "*/type")]
    kinds = {name: read_text(root, f"{folder}{name}/type") for name in names}
    online = [read_int(root, f"{folder}{name}/online") for name in names if kinds[name] in ("Mains", "USB")]
    discharging = any(
        read_text(root, f"{folder}{name}/status") == "Discharging"
        for name in names
        # A mouse has a battery too; its scope is "Device".
        if kinds[name] == "Battery" and read_text(root, f"{folder}{name}/scope") != "Device"
    )
    if 1 in online:
        found["source"] = "mains"
    elif discharging:
        found["source"] = "battery"
    for path in find_paths(root, "sys/class/hwmon/hwmon*/in0_lcrit_alarm"):
        alarm = read_int(root, path)
        if read_text(root, path.rsplit("/", 1)[0] + "/name") == "rpi_volt" and alarm is not None:
            found["under_voltage"] = bool(alarm)
    return found
