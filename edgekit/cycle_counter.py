"""The cycle model beside one emulator: its arguments for QEMU, and the runs that it counted."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from edgekit.board import Board
from edgekit.cycle_model import CoreTimings, ModelledRun, find_timings, flash_arguments, parse_run
from edgekit.cycle_plugin import build_plugin
from edgekit.errors import EdgekitError

RUN_SYMBOL = "ek_runtime_run"
"""A run begins where the runtime is entered …"""
STOP_SYMBOL = "read_counter"
"""… and ends when a port's timer is read next, so that it is the run that INVOKE times."""

_READY = b"ready\n"


@dataclass(frozen=True)
class CycleModel:
    """Which model counted."""

    timings: CoreTimings
    flash_wait_states: int | None


@dataclass(frozen=True)
class ModelledRuns:
    """What was counted since the last time; without a `model` nothing was, and `why_absent` says why."""

    runs: tuple[ModelledRun, ...] = ()
    model: CycleModel | None = None
    why_absent: str = ""


class CycleCounter:
    """Owns the file through which the plugin tells what it counted; it has no name, so none is left behind."""

    def __init__(self, board: Board, elf: Path) -> None:
        """Raises EdgekitError, saying why, where cycles cannot be modelled."""
        timings = find_timings(board.core)
        if timings is None:
            raise EdgekitError(f"there are no timings for a {board.core}")
        self.model = CycleModel(timings, None if board.flash is None else board.flash.wait_states)
        run, stop = _addresses(elf)
        self._plugin = build_plugin()
        self._arguments = [
            f"run={run:#x}",
            f"stop={stop:#x}",
            *timings.arguments(),
            *flash_arguments(board.flash),
        ]
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the emulator
        self._position = 0

    @property
    def file_descriptor(self) -> int:
        """For the emulator to inherit."""
        return self._file.fileno()

    def emulator_arguments(self) -> Iterator[str]:
        yield "-plugin"
        path = str(self._plugin).replace(",", ",,")
        yield ",".join([path, f"output={self.file_descriptor}", *self._arguments])

    def is_ready(self) -> bool:
        """Whether the emulator has taken the plugin, which says so first of all."""
        if self._position == 0 and os.pread(self.file_descriptor, len(_READY), 0) == _READY:
            self._position = len(_READY)
        return self._position > 0

    def complaint(self) -> str:
        """Why the plugin is not ready, in its own words; empty if it said nothing."""
        return os.pread(self.file_descriptor, 1000, 0).decode("ascii", "replace").strip()

    def take(self) -> tuple[ModelledRun, ...]:
        """The runs since the last time. The plugin writes a run's line before the firmware can answer for that run.

        Raises:
            EdgekitError: what was written cannot be used.
        """
        data = b""
        while part := os.pread(self.file_descriptor, 1 << 20, self._position + len(data)):
            data += part
        whole, _, _ = data.rpartition(b"\n")
        self._position += len(whole) + 1 if whole else 0
        lines = whole.decode("ascii", "replace").splitlines()
        return tuple(parse_run(each, self.model.timings) for each in lines)

    def close(self) -> None:
        self._file.close()


def _addresses(elf: Path) -> tuple[int, int]:
    """Where a run begins and ends; bit 0 of a function's symbol only says that it is Thumb code."""
    try:
        with elf.open("rb") as file:
            table = ELFFile(file).get_section_by_name(".symtab")
            found = [table.get_symbol_by_name(name) if table else None for name in (RUN_SYMBOL, STOP_SYMBOL)]
            run, stop = (None if each is None else int(each[0]["st_value"]) & ~1 for each in found)
    except (OSError, ELFError) as error:
        raise EdgekitError(f"the symbols of {elf} cannot be read: {error}") from error
    if run is None or stop is None:
        raise EdgekitError(
            f"{elf} has no symbols {RUN_SYMBOL} and {STOP_SYMBOL}: it is no firmware of edgekit's"
        )
    return run, stop
