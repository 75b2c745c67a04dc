"""Child processes that never outlive us: an emulator or an agent left behind would hold a core for days."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import IO


@functools.cache
def _death_signal_prefix() -> tuple[str, ...]:
    """`setpriv` (util-linux) makes the kernel kill the child when we die, even by SIGKILL."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return ()
    prefix = (setpriv, "--pdeathsig", "KILL")
    try:
        done = subprocess.run([*prefix, "true"], capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return prefix if done.returncode == 0 else ()


def spawn(
    arguments: Sequence[str],
    *,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.PIPE,
    stderr: int = subprocess.PIPE,
    environment: Mapping[str, str] | None = None,
    inherited: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Starts a process in a session of its own, so that Ctrl-C reaches us first and we end it in order.

    Of our open files it gets those that `inherited` names.
    The kernel ties the child's life to the *thread* that calls this, which must live as long as the child.

    Raises:
        OSError: it cannot be started.
    """
    return subprocess.Popen(
        [*_death_signal_prefix(), *arguments],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env=None if environment is None else dict(environment),
        start_new_session=True,
        pass_fds=tuple(inherited),
        bufsize=0,
    )


def stop(process: subprocess.Popen[bytes], grace_s: float = 0.0) -> None:
    """Ends the process and its group: waits `grace_s` for it to end alone, then terminates, then kills."""
    for number, patience_s in ((None, grace_s), (signal.SIGTERM, 1.0), (signal.SIGKILL, 5.0)):
        if number is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)
            break
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


class Tail:
    """Reads a stream to its end in a thread, so that the writer never blocks, and keeps the last bytes."""

    def __init__(self, stream: IO[bytes], max_bytes: int = 4096) -> None:
        self._kept = bytearray()
        self._max_bytes = max_bytes
        self._thread = threading.Thread(target=self._run, args=(stream,), daemon=True)
        self._thread.start()

    def _run(self, stream: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := stream.read(4096):
                self._kept += chunk
                del self._kept[: -self._max_bytes]

    def text(self, max_lines: int = 5, wait_s: float = 0.5) -> str:
        """The last lines that are not blank, joined with " | "; waits for a stream that is about to end."""
        self._thread.join(wait_s)
        lines = bytes(self._kept).decode("utf-8", "replace").splitlines()
        return " | ".join([each.strip() for each in lines if each.strip()][-max_lines:])


def describe_end(process: subprocess.Popen[bytes], wait_s: float = 1.0) -> str:
    """How a process ended: "was killed by SIGSEGV", "ended with status 1", "closed its output"."""
    try:
        status = process.wait(wait_s)
    except subprocess.TimeoutExpired:
        return "closed its output"
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"
