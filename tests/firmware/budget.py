"""What the firmware may take on each board: firmware/boards/<board>/budget.toml.

`make budgets` (python -m tests.firmware.budget) measures every board and writes these files; a growth that is meant
goes into the same commit as its new budget.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from edgekit import farm
from edgekit.deadline import Deadline
from edgekit.files import write_atomically
from edgekit.firmware import build_firmware, firmware_boards
from edgekit.session import DeviceSession
from edgekit.tflite_model import read_model
from edgekit.toml_file import read_toml
from tests.generators.networks import build_small_network

FOLDER = Path(__file__).parents[2] / "firmware" / "boards"
SLACK = {"flash_bytes": 256, "static_ram_bytes": 64, "stack_bytes": 32}
"""Growth that needs no new budget: what a changed line or two make."""

_HEADER = """\
# What the firmware with all kernels takes on this board. `make budgets` writes this file, a test compares with it.
# static_ram_bytes: variables and the memory set aside for the stack. stack_bytes: the deepest use that was seen.
"""


def compiler_version() -> str:
    """Another compiler makes other sizes."""
    done = subprocess.run(
        ["arm-none-eabi-gcc", "-dumpfullversion"], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def measure(name: str, session: DeviceSession) -> dict[str, int]:
    """Sizes as the linker laid them out, and the stack after a small network was loaded and run."""
    deadline, model = Deadline(120.0), build_small_network(seed=8)
    session.load(model, deadline)
    session.write_input(0, bytes(read_model(model).inputs[0].num_bytes), deadline)
    session.invoke(deadline)
    image = build_firmware(name)
    return {
        "flash_bytes": image.flash_bytes,
        "static_ram_bytes": image.static_ram_bytes,
        "stack_bytes": session.stats(deadline)["stack_bytes"],
    }


def read_budget(name: str) -> dict[str, object]:
    return read_toml(FOLDER / name / "budget.toml").content


def exceeded(budget: Mapping[str, object], sizes: Mapping[str, int]) -> list[str]:
    """What outgrew the budget, in words."""
    return [
        f"{key} is {size}, {size - int(str(budget[key]))} more than its budget"
        for key, size in sizes.items()
        if size > int(str(budget[key])) + SLACK[key]
    ]


def main() -> None:
    for name in firmware_boards():
        with farm.connect(farm.find_device(name), Deadline(120.0)) as session:
            sizes = measure(name, session)
        lines = [
            f'compiler = "{compiler_version()}"',
            *(f"{key} = {value:_}" for key, value in sizes.items()),
        ]
        write_atomically(FOLDER / name / "budget.toml", _HEADER + "\n".join(lines) + "\n")
        print(name, *(f"{key} {value:,}" for key, value in sizes.items()), file=sys.stdout)


if __name__ == "__main__":
    main()
