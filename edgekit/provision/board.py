"""BoardShell: scripts and their failures on one board, over one SSH connection."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Callable

import paramiko

from edgekit.deadline import Deadline
from edgekit.errors import DeadlineError, DeviceError, LinkError
from edgekit.provision.board_scripts import FREE, REMOVE
from edgekit.ssh_connection import STEP_S
from edgekit.ssh_files import given_up_after, hash_on_board, run_command
from edgekit.units import format_bytes

STALL_S = 30.0
"""So long a part of an upload may take; a connection that is dead is noticed in about that time."""
_FULL_BYTES = 1 << 20
"""Less is as good as nothing."""


class BoardShell:
    """`python` is the board's, as farm.toml names it."""

    def __init__(self, name: str, client: paramiko.SSHClient, python: str) -> None:
        self.name = name
        self.client = client
        self.python = python

    def run(
        self,
        script: str,
        *arguments: str,
        doing: str,
        deadline: Deadline,
        stdin: bytes = b"",
        patience_s: float = STEP_S,
    ) -> str:
        """What a shell script prints.

        Raises:
            DeviceError: it fails.
            LinkError: the connection does.
        """
        command = ["sh", "-c", script, "sh", *arguments]
        return self._run(command, doing, deadline, stdin, patience_s, arguments[0] if arguments else "/")

    def run_python(
        self, script: str, *arguments: str, doing: str, deadline: Deadline, patience_s: float = 600.0
    ) -> str:
        """What a Python script prints; as `run`."""
        command = [self.python, "-I", "-c", script, *arguments]
        return self._run(command, doing, deadline, b"", patience_s, arguments[0])

    def _run(
        self, command: list[str], doing: str, deadline: Deadline, stdin: bytes, patience_s: float, place: str
    ) -> str:
        deadline.check(doing)
        try:
            status, output, errors = run_command(
                self.client, command, deadline, stdin=stdin, patience_s=patience_s
            )
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise LinkError(
                f"lost the connection to {self.name} while {doing}; check its power and the network and run again"
            ) from error
        if status != 0:
            last = (errors or output).strip().splitlines()[-1:] or [f"status {status}"]
            raise self.explain_write(doing, last[0][-300:], place, deadline)
        return output

    def hash(self, path: str, deadline: Deadline) -> str | None:
        """The sha256 of a file; None if there is none, or nothing that works one out, or no connection."""
        deadline.check("comparing hashes")
        try:
            return hash_on_board(self.client, path, deadline, self.python, patience_s=600.0)
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise LinkError(
                f"lost the connection to {self.name} while comparing hashes; run again: what has arrived is kept"
            ) from error

    def pour(
        self, script: str, path: str, data: bytes, deadline: Deadline, advance: Callable[[int], object]
    ) -> None:
        """Hands `data` to a script's standard input.

        Raises:
            OSError, EOFError, paramiko.SSHException: it stopped reading, or the connection broke.
        """
        with contextlib.closing(
            self.client.get_transport().open_session(timeout=max(0.1, min(STEP_S, deadline.remaining_s())))
        ) as channel:
            with given_up_after(self.client, min(STEP_S, deadline.remaining_s()) + 1.0):
                channel.exec_command(shlex.join(["sh", "-c", script, "sh", path]))
            view = memoryview(data)
            while view:
                deadline.check("uploading")
                channel.settimeout(max(0.1, min(STALL_S, deadline.remaining_s())))
                sent = channel.send(view[:32768])
                view = view[sent:]
                advance(sent)
            channel.shutdown_write()
            channel.settimeout(max(0.1, min(STALL_S, deadline.remaining_s())))
            while channel.recv(4096):
                pass  # until it ends
            if not channel.status_event.wait(max(0.1, min(STALL_S, deadline.remaining_s()))):
                raise EOFError("no answer")
            if channel.exit_status != 0:
                raise OSError(channel.recv_stderr(4096).decode("utf-8", "replace").strip())

    def is_connected(self) -> bool:
        transport = self.client.get_transport()
        return transport is not None and bool(transport.is_active())

    def answers(self, deadline: Deadline) -> bool:
        """Whether it still does; `is_connected` learns of a broken connection a moment late."""
        if self.is_connected():
            with contextlib.suppress(Exception):
                limit = Deadline(max(1.0, min(10.0, deadline.remaining_s())))
                return run_command(self.client, ["true"], limit)[0] == 0
        return False

    def exists(self, path: str, deadline: Deadline) -> bool:
        """Raises whatever a broken connection does."""
        return run_command(self.client, ["test", "-e", path], deadline)[0] == 0

    def remove(self, *paths: str) -> None:
        """Raises nothing: what is to be said is why it had to be removed."""
        if self.is_connected():
            with contextlib.suppress(Exception):
                run_command(self.client, ["sh", "-c", REMOVE, "sh", *paths], Deadline(10.0))

    def free_bytes(self, place: str, deadline: Deadline) -> int | None:
        """Of the disk that a folder is on; None if the board cannot tell."""
        with contextlib.suppress(DeviceError, OSError, EOFError, paramiko.SSHException):
            _, output, _ = run_command(self.client, ["sh", "-c", FREE, "sh", place], deadline)
            found = re.search(r"\s\d+\s+-?\d+\s+(-?\d+)\s+\d+%\s", output)
            return max(0, int(found[1])) * 1024 if found else None
        return None

    def explain_write(self, doing: str, reason: str, path: str, deadline: Deadline) -> DeviceError:
        """The error for something that could not be written: most often there is no room."""
        if deadline.expired():
            return DeadlineError(f"gave up after {deadline.timeout_s:g} s while {doing} on {self.name}")
        free = self.free_bytes(path if path.endswith("/") else path.rsplit("/", 1)[0] or "/", deadline)
        if "No space left" in reason or "quota" in reason or (free is not None and free < _FULL_BYTES):
            left = "" if free is None else f" ({format_bytes(free)} free)"
            return DeviceError(
                f"the disk of {self.name} is full{left}: {doing} failed; make room and run again"
            )
        if "Read-only file system" in reason:
            return DeviceError(
                f"{self.name} cannot be written to: {doing} failed: {reason}; remount it, or set XDG_DATA_HOME there "
                "to a folder that can"
            )
        return DeviceError(f"{doing} failed on {self.name}: {reason}")
