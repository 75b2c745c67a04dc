"""What a model costs on a device, asked for in a process of its own: the training side never imports the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import edgekit
from edgekit.errors import DeviceError, EdgekitError, RecipeError
from edgekit.process import spawn, stop

# Whatever folder the process is started in, it imports this edgekit. The device has a deadline of its own.
_PROGRAM = (
    "import sys; sys.path[0] = {root!r}; from edgekit.bench.cost import main; sys.exit(main(sys.argv[1:]))"
)
_TIMEOUT_S = 660.0
_ERROR = "edgekit: error: "


def require_device(device: str) -> None:
    """Raises RecipeError or DeviceError, in the device side's own words, if there is no such device to be reached."""
    _ask(device)


def measure_on_device(device: str, flatbuffer: bytes) -> tuple[float, str]:
    """The cost of one inference, and its quantity: `latency_us` or `instructions`.

    Raises:
        RecipeError: the device cannot run the model.
        DeviceError: the device failed.
    """
    with tempfile.TemporaryDirectory(prefix="edgekit-") as folder:
        path = Path(folder) / "candidate.tflite"
        path.write_bytes(flatbuffer)
        found = _ask(device, str(path))
    return float(found["value"]), str(found["quantity"])


def _ask(*arguments: str) -> dict[str, Any]:
    program = _PROGRAM.format(root=str(Path(edgekit.__file__).resolve().parents[1]))
    process = spawn([sys.executable, "-c", program, *arguments], environment=os.environ)
    try:
        output, errors = process.communicate(timeout=_TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise DeviceError(
            f"{arguments[0]} did not answer within {_TIMEOUT_S:g} s; check it with `edgekit bench`"
        ) from error
    finally:
        # When we are interrupted it puts away what it started.
        stop(process)
    if process.returncode == 0:
        found: dict[str, Any] = json.loads(output)
        return found
    lines = errors.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
    kind: type[EdgekitError] = DeviceError if process.returncode == DeviceError.exit_code else RecipeError
    raise kind(f"measuring on {arguments[0]} failed: {lines[-1].removeprefix(_ERROR)}")
