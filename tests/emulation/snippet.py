"""Runs a few lines of assembly in QEMU with the cycle model beside it."""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from edgekit.board import Board, load_board
from edgekit.cycle_counter import RUN_SYMBOL, STOP_SYMBOL, CycleCounter
from edgekit.cycle_model import ModelledRun
from edgekit.process import spawn, stop
from edgekit.transports.virtual import EMULATOR

COMPILER = "arm-none-eabi-gcc"
needs_emulator = pytest.mark.skipif(
    shutil.which(EMULATOR) is None or shutil.which(COMPILER) is None or shutil.which("gcc") is None,
    reason="needs QEMU, the Arm compiler and gcc: apt install qemu-system-arm gcc-arm-none-eabi gcc libc6-dev",
)
_PATIENCE_S = 60.0

# The vector table; then floating point on, r0 a place in RAM, the run, and what ends it.
_PROGRAM = """
.syntax unified
.thumb
.text
.word 0x{ram:x} + 4096
.word start + 1
.balign 64
.thumb_func
start:
{enable}
  ldr r0, =0x{ram:x}
{runs}
  b .
.ltorg
.balign 16
.global {stop}
.thumb_func
{stop}:
  bx lr
.balign 16
.global {run}
.thumb_func
{run}:
{body}
"""
_ENABLE_FP = "  ldr r1, =0xE000ED88\n  ldr r2, =0x00F00000\n  str r2, [r1]\n  dsb\n  isb"
_ONE_RUN = f"  bl {RUN_SYMBOL}\n  bl {STOP_SYMBOL}\n"


@dataclass(frozen=True)
class Machine:
    board: Board
    cpu: tuple[str, ...]
    code: int
    ram: int
    has_fp: bool


def _machine(board: str, cpu: str, code: int, ram: int, *fpu: str) -> Machine:
    return Machine(load_board(board), (f"-mcpu={cpu}", "-mthumb", *fpu), code, ram, bool(fpu))


M0 = _machine("qemu_microbit", "cortex-m0", 0, 0x20000000)
M3 = _machine("qemu_mps2_an385", "cortex-m3", 0, 0x20000000)
M4 = _machine("qemu_mps2_an386", "cortex-m4", 0, 0x20000000, "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")
M4_WITH_WAIT_STATES = _machine("qemu_netduinoplus2", "cortex-m4", 0x08000000, 0x20000000)
M7 = _machine("qemu_mps2_an500", "cortex-m7", 0, 0x20000000, "-mfpu=fpv5-d16", "-mfloat-abi=hard")
M33 = _machine(
    "qemu_mps2_an505", "cortex-m33", 0x10000000, 0x38000000, "-mfpu=fpv5-sp-d16", "-mfloat-abi=hard"
)
M55 = _machine("qemu_mps3_an547", "cortex-m55", 0x10000000, 0x31000000, "-mfpu=auto", "-mfloat-abi=hard")
MACHINES = {"M0": M0, "M3": M3, "M4": M4, "M7": M7, "M33": M33, "M55": M55}
RETURN = "  bx lr"


def run_snippet(machine: Machine, body: str, folder: Path, num_runs: int = 1) -> list[ModelledRun]:
    """`body` begins with r0 at a place in RAM that holds zeros, and ends by returning."""
    elf = _assemble(machine, body, folder, num_runs)
    counter = CycleCounter(machine.board, elf)
    assert machine.board.emulator is not None
    quiet = ["-display", "none", "-monitor", "none", "-serial", "none"]
    arguments = [*machine.board.emulator.args, *counter.emulator_arguments(), "-kernel", str(elf)]
    process = spawn(
        [EMULATOR, "-M", machine.board.emulator.machine, *quiet, *arguments],
        inherited=[counter.file_descriptor],
    )
    try:
        runs: list[ModelledRun] = []
        deadline = time.monotonic() + _PATIENCE_S
        while len(runs) < num_runs:
            assert time.monotonic() < deadline, "the emulator did not get through"
            if process.poll() is not None:
                assert process.stderr is not None
                pytest.fail(f"the emulator ended: {process.stderr.read().decode()}")
            if counter.is_ready():
                runs += counter.take()
            time.sleep(0.01)
        return runs
    finally:
        stop(process)
        counter.close()


def _assemble(machine: Machine, body: str, folder: Path, num_runs: int) -> Path:
    source, elf = folder / "snippet.s", folder / "snippet.elf"
    source.write_text(
        _PROGRAM.format(
            ram=machine.ram,
            enable=_ENABLE_FP if machine.has_fp else "",
            runs=_ONE_RUN * num_runs,
            run=RUN_SYMBOL,
            stop=STOP_SYMBOL,
            body=body,
        )
    )
    command = [COMPILER, *machine.cpu, "-nostdlib", f"-Wl,-Ttext=0x{machine.code:x}", "-Wl,--entry=start"]
    done = subprocess.run(
        [*command, str(source), "-o", str(elf)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return elf


def cycles_of(machine: Machine, body: str, folder: Path) -> int:
    """Of `body` without a return of its own: what it takes longer than nothing but a return."""
    (with_body,) = run_snippet(machine, f"{body}\n{RETURN}", folder)
    return with_body.cycles - _cycles_of_nothing(machine)


@functools.cache
def _cycles_of_nothing(machine: Machine) -> int:
    with tempfile.TemporaryDirectory() as folder:
        return run_snippet(machine, RETURN, Path(folder))[0].cycles
