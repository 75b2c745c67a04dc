"""Coral's Edge TPU: its compiler where this machine has it, else a prediction by the published rules."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from edgekit.accelerators import COMPILED, PREDICTION, AcceleratorReport, OperatorMapping
from edgekit.accelerators._edgetpu_rules import CPU, TPU, predict
from edgekit.errors import DeadlineError, ModelError, UnsupportedModelError
from edgekit.tflite_model import TfliteModel

NAMES = ("edgetpu",)
COMPILER = "edgetpu_compiler"
_TIMEOUT_S = 600.0
_UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}

_SIZE = r"(?P<number>[\d.]+)\s*(?P<unit>B|KiB|MiB|GiB)"
_SIZES = {
    "on_chip_used_bytes": rf"On-chip memory used for caching model parameters:\s*{_SIZE}",
    "on_chip_remaining_bytes": rf"On-chip memory remaining for caching model parameters:\s*{_SIZE}",
    "off_chip_streamed_bytes": rf"Off-chip memory used for streaming uncached model parameters:\s*{_SIZE}",
    "compiled_bytes": rf"Output size:\s*{_SIZE}",
}
_SUBGRAPHS = re.compile(r"Number of Edge TPU subgraphs:\s*(\d+)")
_VERSION = re.compile(r"Edge TPU Compiler version (\S+)")
_ROW = re.compile(r"^(?P<name>[A-Za-z][\w-]*)\s+(?P<count>\d+)\s+(?P<status>\S.*?)\s*$", re.M)
_MAPPED = "Mapped to Edge TPU"


def inspect(model: TfliteModel, name: str) -> AcceleratorReport:
    """Raises UnsupportedModelError, ModelError or DeadlineError."""
    compiler = shutil.which(COMPILER)
    if compiler is None:
        operators = predict(model)
        notes = (
            "predicted by the rules in Coral's documentation; the compiler may decide otherwise",
            f"{COMPILER} is not installed; where it is (x86-64 Debian, from Coral's package source) it is asked",
        )
        return AcceleratorReport(name, PREDICTION, "published operator rules", operators, notes=notes)
    return read_log(_compile(compiler, model), name)


def _compile(compiler: str, model: TfliteModel) -> str:
    with tempfile.TemporaryDirectory(prefix="edgekit-edgetpu-") as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(model.data)
        command = [compiler, "--show_operations", "--out_dir", folder, str(path)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False, cwd=folder
            )
        except subprocess.TimeoutExpired as error:
            raise DeadlineError(f"{COMPILER} did not finish within {_TIMEOUT_S:.0f} s") from error
        except OSError as error:
            raise UnsupportedModelError(f"cannot run {compiler}: {error.strerror or error}") from error
    text = done.stdout + "\n" + done.stderr
    if done.returncode != 0 or "Compilation failed" in text:
        raise UnsupportedModelError(f"{COMPILER} refuses this model: {_reason(text)}")
    return text


def read_log(text: str, name: str = NAMES[0]) -> AcceleratorReport:
    """From what `edgetpu_compiler --show_operations` prints.

    Raises:
        ModelError: that is not what it is.
    """
    head, _, table = text.partition("Operator ")
    rows = list(_ROW.finditer(table.partition("Status")[2]))
    if not head or not rows:
        raise ModelError(f"cannot read what {COMPILER} printed: no table of operators in it")
    operators = tuple(
        OperatorMapping(
            row["name"],
            TPU if row["status"] == _MAPPED else CPU,
            count=int(row["count"]),
            reason=None if row["status"] == _MAPPED else row["status"],
        )
        for row in rows
    )
    quantities: dict[str, int | float | str] = {}
    subgraphs = _SUBGRAPHS.search(text)
    if subgraphs:
        quantities["num_subgraphs"] = int(subgraphs[1])
    for key, pattern in _SIZES.items():
        found = re.search(pattern, text)
        if found:
            # Two decimals of its unit are all that the compiler says.
            quantities[key] = round(float(found["number"]) * _UNITS[found["unit"]])
    version = _VERSION.search(text)
    tool = f"{COMPILER} {version[1] if version else 'of unknown version'}"
    return AcceleratorReport(name, COMPILED, tool, operators, quantities)


def _reason(text: str) -> str:
    lines = [each.strip() for each in text.splitlines() if each.strip()]
    told = [each for each in lines if each.startswith(("ERROR", "Compilation failed:", "Invalid model"))]
    return (told or lines or ["it said nothing"])[-1]
