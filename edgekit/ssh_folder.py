"""A temporary folder on a board that goes away by itself when the connection does."""

from __future__ import annotations

import contextlib
import shlex

import paramiko

from edgekit.deadline import Deadline
from edgekit.errors import ConnectError
from edgekit.ssh_connection import STEP_S

# `cat` ends when we close its input, or the board's SSH server does because the connection broke. A network that falls
# silent breaks nothing, hence the limit, where the board has a `timeout` with today's arguments.
_KEEP = """\
umask 077
folder=$(mktemp -d "${TMPDIR:-/tmp}/edgekit.XXXXXXXXXX") || exit 1
trap 'rm -rf -- "$folder"' EXIT
trap '' HUP INT TERM PIPE
echo "$folder"
if timeout -s KILL 1 true 2> /dev/null
then timeout -s KILL "$1" cat > /dev/null
else cat > /dev/null
fi
"""
_LIMIT_S = 3600


class TemporaryFolder:
    """Private to the user; `path` is absolute."""

    def __init__(self, name: str, client: paramiko.SSHClient, deadline: Deadline) -> None:
        """Raises ConnectError if the board makes none, and what paramiko does if the connection breaks."""
        limit = Deadline(max(0.1, min(STEP_S, deadline.remaining_s())))
        self._channel = client.get_transport().open_session(timeout=limit.remaining_s())
        try:
            self._channel.exec_command(shlex.join(["sh", "-c", _KEEP, "sh", str(_LIMIT_S)]))
            self.path = self._first_line(name, limit)
        except BaseException:
            self._channel.close()
            raise

    def _first_line(self, name: str, limit: Deadline) -> str:
        said = b""
        while b"\n" not in said:
            self._channel.settimeout(limit.remaining_s())
            try:
                data = self._channel.recv(4096)
            except TimeoutError as error:
                raise ConnectError(
                    f"{name} makes no temporary folder in {limit.timeout_s:.0f} s; is it overloaded?"
                ) from error
            if not data:
                why = self._channel.recv_stderr(4096).decode("utf-8", "replace").strip()
                raise ConnectError(
                    f"cannot make a temporary folder on {name}: {why or 'no reason given'}; is its disk full?"
                )
            said += data
        # A login script may print before us.
        path = said.decode("utf-8", "replace").strip().splitlines()[-1]
        if not path.startswith("/"):
            raise ConnectError(
                f"cannot make a temporary folder on {name}: it says {path!r}; is its disk full?"
            )
        return path

    def remove(self, patience_s: float = 3.0) -> None:
        """Waits until it is gone; without a connection the board sees to that. May be called again."""
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            if not self._channel.closed:
                self._channel.shutdown_write()
                self._channel.status_event.wait(patience_s)
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            self._channel.close()
