"""Firmware that carries one model is generated from this: `python -m edgekit.resident_model MODEL FOLDER SOURCES`.

The firmware's Makefile runs this. The runtime itself, on this machine, loads the model: it refuses what the firmware
would refuse, and what the load found goes into the firmware in place of the code that finds it. For that the runtime
here must be built from the very sources that the firmware is built from, and the firmware must carry the very bytes
that were loaded; both are made sure of.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from edgekit.errors import EdgekitError, ModelError
from edgekit.files import write_atomically
from edgekit.host_runtime import HostRuntime, ResidentLoad, runtime_sources


def generate(model_path: Path, folder: Path, sources: str) -> None:
    """Writes resident.h, .S, .tflite, .tables, .arena and .mk.

    Args:
        model_path: the model.
        folder: where the firmware is built.
        sources: names the sources that the firmware is built from.

    Raises:
        EdgekitError: the model cannot be read, the runtime refuses it, or has other sources than the firmware.
    """
    try:
        model = model_path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read {model_path}: {error.strerror or error}") from error
    if runtime_sources() != sources:
        raise EdgekitError(
            f"the runtime of the edgekit in use has the sources {runtime_sources()}, this firmware is built from "
            f"{sources}: build it from the firmware folder that belongs to that edgekit"
        )
    runtime = HostRuntime(model)
    runtime.require_loaded()
    load = runtime.resident_load()
    write_atomically(folder / "resident.tflite", model)
    write_atomically(folder / "resident.tables", load.tables)
    write_atomically(folder / "resident.h", _header(model, load))
    write_atomically(
        folder / "resident.S",
        _included("ek_resident_model", ".resident_model", folder / "resident.tflite")
        + _included("ek_resident_tables", ".rodata.ek_resident_tables", folder / "resident.tables"),
    )
    write_atomically(folder / "resident.arena", f"{runtime.report.arena_bytes}\n")
    # The last one: make takes the others to be there when it is.
    write_atomically(folder / "resident.mk", f"needed := {' '.join(runtime.needed_kernels())}\n")


def _header(model: bytes, load: ResidentLoad) -> str:
    """The names that include/ek_resident.h tells of."""
    fields = load.fields
    known = {
        "EK_RESIDENT": 1,
        "EK_HAS_CALLEES": int(fields["model.subgraphs.length"] > 1),
        "EK_HAS_VARIABLES": int(fields["num_variables"] > 0),
        "EK_HAS_STATE": int(fields["persistent_bytes"] > 0),
        "EK_RESIDENT_WORK": f"{fields['work']}ull",
        "EK_RESIDENT_VALUES": ", ".join(f"{value}u" for value in fields.values()),
        "EK_RESIDENT_SHA256": ", ".join(f"0x{byte:02x}" for byte in hashlib.sha256(model).digest()),
    }
    return "".join(f"#define {name} {value}\n" for name, value in known.items())


def _included(symbol: str, section: str, file: Path) -> str:
    path = str(file.resolve()).replace("\\", "\\\\").replace('"', '\\"')
    return f'.section {section},"a"\n.balign 16\n.global {symbol}\n{symbol}:\n.incbin "{path}"\n'


def main() -> int:
    try:
        generate(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
    except EdgekitError as error:
        print(f"{sys.argv[1]}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
