"""The whole chain in one go: train, compress, deploy to an emulated Cortex-M4 and to this machine, report."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgekit.units import format_bytes, format_latency_us, format_ratio

RECIPE = "digits_int8"
BOARD = "qemu_mps2_an386"
ARTIFACT = Path("artifacts") / RECIPE
RESULTS = Path("results/demo")
REPORT = RESULTS / "report.html"
# Longer than any clean-up of edgekit takes.
STOP_S = 60.0


def run_edgekit(*arguments: str) -> None:
    """Runs one command as a person would, shown first; ends the demo with the exit code of one that fails."""
    print(f"\n$ edgekit {shlex.join(arguments)}", flush=True)
    with subprocess.Popen([sys.executable, "-m", "edgekit", *arguments]) as process:
        try:
            code = process.wait()
        except BaseException:
            # Whatever ends the demo ends the command too, and lets it stop its emulator.
            process.terminate()
            process.wait(STOP_S)
            raise
    if code != 0:
        print(f"demo: stopped, because that command ended with {code}", file=sys.stderr)
        sys.exit(code)


def missing_for_firmware() -> str | None:
    """What keeps the emulated board from running here, if anything does."""
    if shutil.which("qemu-system-arm") is None:
        return "QEMU for Arm (qemu-system-arm)"
    if shutil.which("arm-none-eabi-gcc") is None:
        return "the Arm cross compiler (gcc-arm-none-eabi)"
    probe = subprocess.run(
        ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-E", "-o", "/dev/null", "-"],
        input=b"#include <string.h>\n",
        capture_output=True,
        check=False,
    )
    return "the cross compiler's headers (libnewlib-arm-none-eabi)" if probe.returncode else None


def find_results(devices: Sequence[str]) -> list[tuple[Path, dict[str, Any]]]:
    """The records that `edgekit bench` left for this artifact, the newest of each device."""
    sha256 = json.loads((ARTIFACT / "artifact.json").read_text(encoding="utf-8"))["sha256"]
    newest: dict[str, tuple[Path, dict[str, Any]]] = {}
    for path in RESULTS.glob("*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        device = record["device"]
        is_newer = device not in newest or record["created"] > newest[device][1]["created"]
        if record["model"]["sha256"] == sha256 and is_newer:
            newest[device] = (path, record)
    return [newest[device] for device in devices if device in newest]


def describe_training() -> str:
    """One line of what training and compressing came to."""
    info = json.loads((ARTIFACT / "artifact.json").read_text(encoding="utf-8"))
    accuracy = info["accuracy"]
    parts = [f"float {format_ratio(accuracy['float']['value'])}"]
    parts += [f"{each['technique']} {format_ratio(each['after'])}" for each in accuracy["techniques"]]
    size = format_bytes(info["model_bytes"])
    return f"  accuracy on {accuracy['n']} test images: {', '.join(parts)}; model {size}"


def describe(record: dict[str, Any]) -> str:
    """One line of what was measured on one device."""
    accuracy, exact, memory = record["accuracy"], record["bit_exact"], record["memory"]
    parts = [f"accuracy {format_ratio(accuracy['value'])} of {accuracy['n']} on the device"]
    if exact["equal"]:
        parts.append(f"bit-exact ({exact['reference']})")
    else:
        parts.append(
            f"{exact['num_different']} of {exact['num_samples']} outputs differ ({exact['reference']})"
        )
    if "instructions" in record:
        parts.append(f"{record['instructions']['median']:,.0f} instructions")
    if "latency_us" in record:
        parts.append(format_latency_us(record["latency_us"]["median"]))
    if "arena_bytes" in memory:
        parts.append(f"arena {format_bytes(memory['arena_bytes'])}")
    return f"  {record['device']}: {', '.join(parts)}"


def main() -> int:
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    devices = ["local"]
    missing = missing_for_firmware()
    if missing is None:
        devices.append(BOARD)
    else:
        print(f"demo: {missing} is not installed here, so only this machine (local) is measured")
    run_edgekit("compress", RECIPE, "--out", str(ARTIFACT))
    run_edgekit(
        *(
            "bench",
            str(ARTIFACT),
            "--on",
            *devices,
            "--kernels",
            "reference",
            "--quick",
            "--out",
            str(RESULTS),
        )
    )
    results = find_results(devices)
    run_edgekit("report", *(str(path) for path, _ in results), "--out", str(REPORT))
    print("\nDone.")
    print(describe_training())
    for _, record in results:
        print(describe(record))
    if missing is not None:
        print(f"  not run: {BOARD}, for want of {missing}")
    print(f"  report: {REPORT.resolve()}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
