"""Commands and small files on a board, over an open SSH connection."""

from __future__ import annotations

import contextlib
import hashlib
import re
import shlex
import threading
import time
from collections.abc import Iterator

import paramiko

from edgekit.deadline import Deadline
from edgekit.errors import ConnectError
from edgekit.ssh_connection import STEP_S

MAX_OUTPUT_BYTES = 1 << 20
_LAST_WORDS_S = 2.0

# Whatever of these the board has; a broken one is passed over. Prints nothing if it has none.
_HASH = """\
for tool in "sha256sum" "busybox sha256sum" "openssl dgst -sha256"; do
  $tool < "$1" 2>/dev/null && exit 0
done
for python in "$2" python3 python; do
  "$python" -c 'import hashlib,sys; print(hashlib.sha256(open(sys.argv[1],"rb").read()).hexdigest())' "$1" \
    2>/dev/null && exit 0
done
exit 1
"""
_WRITE = 'umask 077 && cat > "$1"'


def upload(
    name: str, client: paramiko.SSHClient, path: str, data: bytes, deadline: Deadline, what: str = "the agent"
) -> None:
    """Writes a small file: by SFTP or, where that is off, through a command.

    Raises:
        ConnectError: the board does not take it.
    """
    try:
        with contextlib.closing(open_sftp(client, deadline)) as sftp:
            try:
                file = sftp.open(path, "wb")
                file.write(data)
            except BaseException:
                # Closing asks the board as well: nobody waits for that who has waited in vain already.
                sftp.get_channel().settimeout(0.1)
                raise
            file.close()
        return
    except SftpOffError:
        pass
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise ConnectError(
            f"cannot upload {what} to {name}: {str(error) or 'it hung up'}; is its disk full?"
        ) from error
    status, _, errors = run_command(client, ["sh", "-c", _WRITE, "sh", path], deadline, stdin=data)
    if status != 0:
        raise ConnectError(f"cannot upload {what} to {name}: {errors or status}; is its disk full?")


@contextlib.contextmanager
def given_up_after(client: paramiko.SSHClient, limit_s: float) -> Iterator[None]:
    """Ends the connection if the block takes longer: paramiko waits for answers without a limit of its own."""
    transport = client.get_transport()
    if transport is None:
        raise EOFError("the connection is closed")
    timer = threading.Timer(limit_s, transport.close)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class SftpOffError(Exception):
    """The server has no SFTP subsystem; files go through a command instead."""


def open_sftp(client: paramiko.SSHClient, deadline: Deadline) -> paramiko.SFTPClient:
    """Raises SftpOffError if the connection is fine but its server refuses SFTP."""
    timeout_s = max(0.1, min(STEP_S, deadline.remaining_s()))
    channel = client.get_transport().open_session(timeout=timeout_s)
    channel.settimeout(timeout_s)
    try:
        with given_up_after(client, timeout_s + 1.0):
            channel.invoke_subsystem("sftp")
            return paramiko.SFTPClient(channel)
    except (OSError, EOFError, paramiko.SSHException, paramiko.SFTPError) as error:
        channel.close()
        if not client.get_transport().is_active():
            raise
        raise SftpOffError(str(error)) from error


def hash_on_board(
    client: paramiko.SSHClient,
    path: str,
    deadline: Deadline,
    python: str = "python3",
    patience_s: float = 120.0,
) -> str | None:
    """The sha256 of a file on the board; None if it is not there or the board has nothing to hash with."""
    command = ["sh", "-c", _HASH, "sh", path, python]
    _, output, _ = run_command(client, command, deadline, patience_s=patience_s)
    found = re.search(r"\b[0-9a-f]{64}\b", output)
    return found[0] if found else None


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def run_command(
    client: paramiko.SSHClient,
    command: list[str],
    deadline: Deadline,
    *,
    stdin: bytes = b"",
    patience_s: float = STEP_S,
) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a command that takes at most `patience_s`.

    Raises:
        ConnectError: it does not end in time, or prints without end.
        paramiko.SSHException, OSError, EOFError: the connection broke.
    """
    limit = Deadline(max(0.1, min(patience_s, deadline.remaining_s())))
    output, errors = bytearray(), bytearray()
    with given_up_after(client, limit.timeout_s + 1.0):
        channel = client.get_transport().open_session(timeout=limit.remaining_s())
        with contextlib.closing(channel):
            channel.settimeout(limit.remaining_s())
            channel.exec_command(shlex.join(command))
            try:
                _exchange(channel, stdin, output, errors, limit)
            except TimeoutError as error:
                raise ConnectError(
                    f"the board did not finish `{command[0]}` in {limit.timeout_s:.0f} s; is it overloaded?"
                ) from error
    if len(output) + len(errors) > MAX_OUTPUT_BYTES:
        raise ConnectError(f"`{command[0]}` on the board prints without end; is it what it should be?")
    text, message = (bytes(each).decode("utf-8", "replace") for each in (output, errors))
    return channel.exit_status, text, message.strip()


def _exchange(
    channel: paramiko.Channel, stdin: bytes, output: bytearray, errors: bytearray, limit: Deadline
) -> None:
    view = memoryview(stdin)
    last_words: Deadline | None = None
    while True:
        if limit.expired():
            raise TimeoutError
        # The status may overtake what was printed last; its end comes after that, unless a child that lives on holds it
        # open. Asked before reading, so that nothing that came before the end is missed. At a broken connection the
        # status counts as ready, but there is none.
        if last_words is None and channel.exit_status_ready() and channel.exit_status >= 0:
            last_words = Deadline(_LAST_WORDS_S)
        ended = channel.exit_status_ready() and (
            channel.eof_received or (last_words is not None and last_words.expired())
        )
        broken = channel.closed or not channel.get_transport().is_active()
        moved = False
        if view and channel.send_ready():
            try:
                view = view[channel.send(view[:32768]) :]
                moved = True
            except OSError as error:
                if isinstance(error, TimeoutError) or not channel.exit_status_ready():
                    raise
                view = view[:0]  # it ended before it read everything
        if not view:
            channel.shutdown_write()
        while channel.recv_ready():
            output += channel.recv(65536)
            moved = True
            if len(output) > MAX_OUTPUT_BYTES:
                return
        while channel.recv_stderr_ready():
            errors += channel.recv_stderr(65536)
            moved = True
            if len(errors) > MAX_OUTPUT_BYTES:
                return
        if moved:
            continue
        if ended:
            return
        if broken:
            raise EOFError("the connection broke")
        time.sleep(0.002)
