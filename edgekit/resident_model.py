"""What a firmware that carries one model is generated from: `python -m edgekit.resident_model MODEL FOLDER`.

The firmware's Makefile runs this. It asks the runtime itself, on this machine, which kernels the model needs and how
much arena, and refuses what the firmware would refuse at start-up.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from edgekit.errors import EdgekitError, ModelError
from edgekit.files import write_atomically
from edgekit.host_runtime import HostRuntime


def generate(model_path: Path, folder: Path) -> None:
    """Writes resident.h, resident.S, resident.kernels and resident.arena.

    Raises:
        EdgekitError: the model cannot be read, or the runtime refuses it.
    """
    try:
        model = model_path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read {model_path}: {error.strerror or error}") from error
    runtime = HostRuntime(model)
    runtime.require_loaded()
    digest = ", ".join(f"0x{byte:02x}" for byte in hashlib.sha256(model).digest())
    name = str(model_path.resolve()).replace("\\", "\\\\").replace('"', '\\"')
    write_atomically(folder / "resident.h", f"#define EK_RESIDENT_SHA256 {digest}\n")
    write_atomically(
        folder / "resident.S",
        '.section .resident_model,"a"\n.balign 16\n'
        f'.global ek_resident_model\nek_resident_model:\n.incbin "{name}"\n'
        ".global ek_resident_model_end\nek_resident_model_end:\n",
    )
    write_atomically(folder / "resident.arena", f"{runtime.report.arena_bytes}\n")
    write_atomically(folder / "resident.kernels", "\n".join(runtime.needed_kernels()) + "\n")


def main() -> int:
    try:
        generate(Path(sys.argv[1]), Path(sys.argv[2]))
    except EdgekitError as error:
        print(f"{sys.argv[1]}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
