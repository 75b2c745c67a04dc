"""A virtual board: starts QEMU with the board's firmware, then is a serial port like any other."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edgekit.board import Board, Emulator
from edgekit.cycle_counter import CycleCounter, ModelledRuns
from edgekit.deadline import Deadline
from edgekit.errors import ConnectError, EdgekitError, LinkError, MissingDependencyError
from edgekit.process import Tail, describe_end, spawn, stop
from edgekit.transports.serial import DEFAULT_BAUD_RATE, SerialLink, open_port

SETTINGS: dict[str, type] = {"elf": str}
REQUIRED: tuple[str, ...] = ()
EMULATOR = "qemu-system-arm"
_START_S = 15.0
_POLL_S = 0.002


class VirtualLink:
    """A SerialLink whose other end is a process of ours."""

    def __init__(self, process: subprocess.Popen[bytes], serial: SerialLink, output: Tail) -> None:
        self.process = process
        self.cycles: CycleCounter | None = None
        self.why_no_cycles = ""
        self._serial = serial
        self._output = output
        self.description = f"QEMU on {serial.description}"

    def read(self, max_bytes: int, deadline: Deadline) -> bytes:
        try:
            return self._serial.read(max_bytes, deadline)
        except LinkError as error:
            raise self.ended() from error

    def write(self, data: bytes, deadline: Deadline) -> None:
        try:
            self._serial.write(data, deadline)
        except LinkError as error:
            raise self.ended() from error

    def modelled_runs(self) -> ModelledRuns:
        if self.cycles is None:
            return ModelledRuns(why_absent=self.why_no_cycles)
        try:
            return ModelledRuns(self.cycles.take(), self.cycles.model)
        except EdgekitError as error:
            return ModelledRuns(why_absent=str(error))

    def close(self) -> None:
        self._serial.close()
        stop(self.process)
        if self.cycles is not None:
            self.cycles.close()

    def ended(self) -> LinkError:
        end = describe_end(self.process)
        return LinkError(f"the emulator {end}; its last output: {self._output.text() or 'none'}")


def emulator_command(program: str, emulator: Emulator, elf: Path) -> list[str]:
    """The command line that boots `elf` with its first UART on a pseudo-terminal."""
    quiet = ["-display", "none", "-monitor", "none", "-serial", "pty"]
    semihosting = ["-semihosting-config", "enable=on,target=native"]
    return [program, "-M", emulator.machine, *quiet, *semihosting, *emulator.args, "-kernel", str(elf)]


def open_link(name: str, board: Board, settings: Mapping[str, Any], deadline: Deadline) -> VirtualLink:
    if board.emulator is None:
        raise ConnectError(f"{name} is a {board.name}, which no emulator plays; use another transport")
    program = shutil.which(EMULATOR)
    if program is None:
        raise MissingDependencyError(
            f"{EMULATOR} is not installed, and {name} runs in it; run `sudo apt install qemu-system-arm`"
        )
    if "elf" in settings:
        elf = Path(settings["elf"]).expanduser()
    else:
        from edgekit.firmware import build_firmware  # only a virtual board needs the cross compiler

        elf = build_firmware(board.name).elf
    command = emulator_command(program, board.emulator, elf)
    try:
        counter = CycleCounter(board, elf)
    except EdgekitError as error:
        link, why = start_emulator(name, command, deadline), str(error)
    else:
        link, why = _start_counting(name, command, counter, deadline)
    link.why_no_cycles = why
    return link


def _start_counting(
    name: str, command: Sequence[str], counter: CycleCounter, deadline: Deadline
) -> tuple[VirtualLink, str]:
    """With the cycle model, or without it and why; a QEMU that was built without plugins is as good for all else."""
    try:
        counting = [*command, *counter.emulator_arguments()]
        link = start_emulator(name, counting, deadline, inherited=[counter.file_descriptor])
        _wait_for_model(name, link, counter, Deadline(min(_START_S, deadline.remaining_s())))
    except ConnectError as error:
        # A plugin that complains ends QEMU, perhaps before its serial port can be opened.
        why = ("" if counter.is_ready() else counter.complaint()) or str(error)
        counter.close()
        return start_emulator(name, command, deadline), f"with the cycle model, {why}"
    except BaseException:
        counter.close()
        raise
    link.cycles = counter
    return link, ""


def _wait_for_model(name: str, link: VirtualLink, counter: CycleCounter, deadline: Deadline) -> None:
    """QEMU names its serial port before it loads plugins, and ends if one of them does not load."""
    try:
        while not counter.is_ready():
            has_ended = link.process.poll() is not None
            if has_ended and not counter.is_ready():
                raise ConnectError(counter.complaint() or str(link.ended()))
            if deadline.remaining_s() <= 0:
                raise ConnectError(f"the emulator of {name} did not load it in {deadline.timeout_s:.0f} s")
            time.sleep(_POLL_S)
    except BaseException:
        link.close()
        raise


def start_emulator(
    name: str, command: Sequence[str], deadline: Deadline, inherited: Sequence[int] = ()
) -> VirtualLink:
    """Starts a program that names its pseudo-terminal as QEMU does, and opens that.

    Raises:
        ConnectError: it cannot be started, ends at once or names no pseudo-terminal.
    """
    try:
        process = spawn(command, stderr=subprocess.STDOUT, inherited=inherited)
    except OSError as error:
        raise ConnectError(f"cannot start {command[0]} for {name}: {error.strerror or error}") from error
    try:
        port = _wait_for_pty(name, process, Deadline(min(_START_S, deadline.remaining_s())))
        serial = open_port(name, port, DEFAULT_BAUD_RATE)
        assert process.stdout is not None  # noqa: S101 - for mypy; started with a pipe
        return VirtualLink(process, serial, Tail(process.stdout))
    except BaseException:
        stop(process)
        raise


def _wait_for_pty(name: str, process: subprocess.Popen[bytes], deadline: Deadline) -> str:
    assert process.stdout is not None  # noqa: S101 - for mypy; started with a pipe
    output, seen = process.stdout.fileno(), b""
    while True:
        if not select.select([output], [], [], deadline.remaining_s())[0]:
            raise ConnectError(f"the emulator of {name} named no serial port in {deadline.timeout_s:.0f} s")
        chunk = os.read(output, 4096)
        seen += chunk
        found = re.search(rb"redirected to (/dev/\S+)", seen)
        if found:
            return found[1].decode()
        if not chunk:
            said = " | ".join(seen.decode("utf-8", "replace").split("\n")).strip(" |")
            raise ConnectError(f"the emulator of {name} {describe_end(process)}: {said or 'it said nothing'}")
