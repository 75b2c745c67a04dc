"""This machine: the agent as a child process, or edgekit's own runtime as a program; frames through a pipe."""

from __future__ import annotations

import contextlib
import os
import platform
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgekit.agent_bundle import BUNDLE_NAME, build_agent
from edgekit.board import Board
from edgekit.deadline import Deadline
from edgekit.errors import ConnectError, DeadlineError, LinkError
from edgekit.firmware import build_linux_program, linux_programs
from edgekit.process import Tail, describe_end, spawn, stop
from edgekit.runtime_options import EDGEKIT
from edgekit.shell_conditions import read_local_conditions

SETTINGS: dict[str, type] = {"python": str, "threads": int}
REQUIRED: tuple[str, ...] = ()
_PROGRAMS = {"amd64": "x86_64", "arm64": "aarch64", "armv7l": "armhf"}
"""Builds of our runtime whose name is not the machine's."""


class PipeLink:
    """The stdin and stdout of a process of ours; `folder` is deleted with it."""

    def __init__(
        self, process: subprocess.Popen[bytes], description: str, folder: Path | None = None
    ) -> None:
        assert process.stdin is not None  # noqa: S101 - for mypy; started with pipes
        assert process.stdout is not None  # noqa: S101
        assert process.stderr is not None  # noqa: S101
        self.description = description
        self.process = process
        self._folder = folder
        self._stdin, self._stdout = process.stdin.fileno(), process.stdout.fileno()
        self._errors = Tail(process.stderr)
        os.set_blocking(self._stdin, False)

    def read(self, max_bytes: int, deadline: Deadline) -> bytes:
        if not select.select([self._stdout], [], [], deadline.remaining_s())[0]:
            return b""
        data = os.read(self._stdout, max_bytes)
        if not data:
            raise self._ended()
        return data

    def write(self, data: bytes, deadline: Deadline) -> None:
        view = memoryview(data)
        while view:
            if not select.select([], [self._stdin], [], deadline.remaining_s())[1]:
                raise DeadlineError(f"{self.description} takes no bytes")
            try:
                view = view[os.write(self._stdin, view) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._ended() from error

    def close(self) -> None:
        with contextlib.suppress(OSError):
            if self.process.stdin is not None:
                self.process.stdin.close()  # the agent ends at the end of its input
        stop(self.process, grace_s=0.5)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _ended(self) -> LinkError:
        end = describe_end(self.process)
        last_words = self._errors.text() or "nothing"
        return LinkError(f"{self.description} {end}; the last it wrote on stderr: {last_words}")


class ProgramPipe(PipeLink):
    """To our C runtime, which knows nothing of the machine."""

    def conditions(self, deadline: Deadline) -> dict[str, Any]:
        return read_local_conditions()


def open_link(name: str, board: Board, settings: Mapping[str, Any], deadline: Deadline) -> PipeLink:
    """Starts the agent, or the C runtime where `settings["runtime"]` asks for it.

    Raises:
        ConnectError: neither can be started.
        MissingDependencyError: there is no compiler to build the C runtime with.
    """
    runtime = settings.get("runtime")
    if runtime == EDGEKIT:
        return _open_program(name)
    python = str(settings.get("python", sys.executable))
    if shutil.which(python) is None:
        raise ConnectError(f"there is no Python at {python} for {name}; correct `python` in farm.toml")
    folder = Path(tempfile.mkdtemp(prefix="edgekit-agent-"))
    try:
        bundle = folder / BUNDLE_NAME
        bundle.write_bytes(build_agent())
        arguments = [] if runtime is None else ["--runtime", str(runtime)]
        process = spawn([python, "-I", str(bundle), "--self-destruct", *arguments], stdin=subprocess.PIPE)
        return PipeLink(process, f"the agent on {name}", folder)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise ConnectError(f"cannot start the agent with {python}: {error.strerror or error}") from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _open_program(name: str) -> PipeLink:
    machine = platform.machine().lower()
    program = f"linux_{_PROGRAMS.get(machine, machine)}"
    if program not in linux_programs():
        known = ", ".join(each.removeprefix("linux_") for each in linux_programs())
        raise ConnectError(f"the edgekit runtime is built for {known}, and this machine is {machine}")
    path = build_linux_program(program)
    try:
        return ProgramPipe(spawn([str(path)], stdin=subprocess.PIPE), f"the edgekit runtime on {name}")
    except OSError as error:
        raise ConnectError(f"cannot start {path}: {error.strerror or error}") from error
