"""Arm Ethos-U: the real compiler, ethos-u-vela, says what it maps and estimates the rest.

Its figures come from a model of a chip, by default the vendor's examples of such chips, not from one that was measured.
"""

from __future__ import annotations

import csv
import importlib.metadata
import importlib.util
import io
import math
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from edgekit.accelerators import ESTIMATE, AcceleratorReport, OperatorMapping
from edgekit.accelerators._options import ModelOptions
from edgekit.errors import DeadlineError, MissingDependencyError, ModelError, UnsupportedModelError
from edgekit.tflite_model import TfliteModel

NAMES = (
    *(f"ethos-u55-{macs}" for macs in (32, 64, 128, 256)),
    *(f"ethos-u65-{macs}" for macs in (256, 512)),
    *(f"ethos-u85-{macs}" for macs in (128, 256, 512, 1024, 2048)),
)
"""As the compiler calls them; the number is that of multiply-accumulate units."""
NPU, CPU = "NPU", "CPU"
_MODULE = "ethosu.vela"
_TIMEOUT_S = 600.0

# What stays on the CPU is told operator by operator, by its output and with the rule that it breaks.
_REFUSED = re.compile(
    r"^Warning \(supported operators\) operator: (?P<name>\S+), ofm: '(?P<output>.*)'$", re.M
)
_COUNT = re.compile(r"^(?P<place>CPU|NPU) operators = (?P<count>\d+)", re.M)

_MEMORIES = {
    "sram_memory_used": "sram_bytes",
    "dram_memory_used": "dram_bytes",
    "on_chip_flash_memory_used": "on_chip_flash_bytes",
    "off_chip_flash_memory_used": "off_chip_flash_bytes",
}


def inspect(model: TfliteModel, name: str) -> AcceleratorReport:
    """Raises MissingDependencyError, UnsupportedModelError, ModelError or DeadlineError."""
    _require_vela()
    with tempfile.TemporaryDirectory(prefix="edgekit-vela-") as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(model.data)
        text = _run_vela(path, name)
        summaries = sorted(Path(folder).glob("*_summary_*.csv"))
        if not summaries:
            raise ModelError(
                f"ethos-u-vela wrote no summary of this model; its last words: {_last_line(text)}"
            )
        summary = summaries[0].read_text(encoding="utf-8")
    return read_report(model, name, text, summary)


def _require_vela() -> None:
    try:
        found = importlib.util.find_spec(_MODULE) is not None
    except ModuleNotFoundError:
        found = False
    if not found:
        raise MissingDependencyError(
            "the Ethos-U compiler is not installed; run `pip install 'edgekit[ethos]'`, which brings ethos-u-vela"
        )


def _run_vela(path: Path, name: str) -> str:
    command = [sys.executable, "-m", _MODULE, str(path), "--accelerator-config", name]
    command += ["--output-dir", str(path.parent), "--show-cpu-operations"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False, cwd=path.parent
        )
    except subprocess.TimeoutExpired as error:
        raise DeadlineError(
            f"ethos-u-vela did not finish within {_TIMEOUT_S:.0f} s; the model is too large for it"
        ) from error
    if done.returncode != 0:
        raise UnsupportedModelError(
            f"ethos-u-vela refuses this model: {_last_line(done.stderr) or _last_line(done.stdout)}"
        )
    return done.stdout + "\n" + done.stderr


def read_report(model: TfliteModel, name: str, text: str, summary: str) -> AcceleratorReport:
    """From what the compiler printed and from its summary, a CSV of one row.

    Raises:
        ModelError: they are not what this compiler writes.
    """
    counts = {found["place"]: int(found["count"]) for found in _COUNT.finditer(text)}
    rows = list(csv.DictReader(io.StringIO(summary)))
    if len(rows) != 1 or not {NPU, CPU} <= counts.keys():
        raise ModelError(f"cannot read what ethos-u-vela {_version()} wrote; edgekit knows that of 5.2")
    row = rows[0]
    operators = _mapping(model, _refusals(text))
    notes = [
        f"cycles and times are the compiler's estimate for {row.get('system_config')}, "
        f"memory mode {row.get('memory_mode')}: its example of such a chip, not yours"
    ]
    notes += [
        f"{each.name} has a shape that is not fixed; it was compiled for {list(each.shape)}"
        for each in model.inputs
        if each.index in ModelOptions(model).open_tensors
    ]
    num_on_cpu = sum(each.runs_on == CPU for each in operators)
    if counts[CPU] != num_on_cpu:
        notes.append(f"the compiler counts {counts[CPU]} operators on the CPU and says why of {num_on_cpu}")
    quantities: dict[str, int | float | str] = {
        "num_npu_operators": counts[NPU],
        "num_cpu_operators": counts[CPU],
    }
    # In KiB; a memory that such a chip does not have is given as 0, like one that is not used.
    for column, key in _MEMORIES.items():
        value = _number(row, column)
        if value:
            quantities[key] = round(value * 1024)
    if counts[NPU]:
        for column, key, factor in (
            ("cycles_total", "cycles", 1.0),
            ("cycles_npu", "npu_cycles", 1.0),
            ("inference_time", "inference_us", 1e6),
            ("core_clock", "clock_hz", 1.0),
        ):
            value = _number(row, column)
            if value:
                quantities[key] = round(value * factor, 3) if factor != 1.0 else round(value)
        if counts[CPU]:
            notes.append(
                "the estimate is of the NPU's part; what the CPU takes for its operators is not in it"
            )
    else:
        notes.append("no operator runs on the NPU, so there is nothing to estimate")
    for column in ("system_config", "memory_mode"):
        if row.get(column):
            quantities[column] = row[column]
    return AcceleratorReport(
        name, ESTIMATE, f"ethos-u-vela {_version()}", operators, quantities, tuple(notes)
    )


def _refusals(text: str) -> dict[str, str]:
    """Reasons by the name of the operator's first output."""
    reasons: dict[str, str] = {}
    lines = text.splitlines()
    for position, line in enumerate(lines):
        found = _REFUSED.match(line)
        if found is None:
            continue
        reason = lines[position + 1] if position + 1 < len(lines) else ""
        reasons[found["output"]] = reason.removeprefix("Reason:").strip() or "no reason given"
    return reasons


def _mapping(model: TfliteModel, refusals: dict[str, str]) -> tuple[OperatorMapping, ...]:
    mapped = []
    for operator in model.operators:
        outputs = [model.tensors[each].name for each in operator.outputs]
        reason = next((refusals[each] for each in outputs if each in refusals), None)
        place = NPU if reason is None else CPU
        mapped.append(OperatorMapping(operator.name, place, operator.index, reason=reason))
    return tuple(mapped)


def _number(row: dict[str, str], column: str) -> float | None:
    try:
        value = float(row.get(column) or "nan")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _last_line(text: str) -> str:
    lines = [each.strip() for each in text.splitlines() if each.strip()]
    return lines[-1] if lines else ""


def _version() -> str:
    try:
        return importlib.metadata.version("ethos-u-vela")
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"
