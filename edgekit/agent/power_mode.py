"""The power mode of a Jetson: which clocks and cores NVIDIA's nvpmodel allows."""

from __future__ import annotations

import re
from typing import Optional

from edgekit.agent.programs import run_program
from edgekit.agent.sysfs import read_text


def read_power_mode(root: str = "/") -> Optional[str]:
    """Such as "MAXN (0)"; the number alone where only nvpmodel's own note can be read; None elsewhere."""
    return parse_power_mode(run_program(["nvpmodel", "-q"]), root)


def parse_power_mode(output: str, root: str) -> Optional[str]:
    """Of `nvpmodel -q`, or where that says nothing, of the note below `root`."""
    found = re.search(r"^NV Power Mode:[ \t]*(\S+)[ \t]*(?:\r?\n[ \t]*(\d+)[ \t]*$)?", output, re.MULTILINE)
    if found:
        name, number = found.groups()
        return f"{name} ({number})" if number else str(name)
    noted = re.search(r"pmode:0*(\d+)", read_text(root, "var/lib/nvpmodel/status"))
    return noted.group(1) if noted else None
