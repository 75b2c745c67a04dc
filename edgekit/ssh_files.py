"""Short commands and files on a board, over an open SSH connection."""

from __future__ import annotations

import contextlib
import shlex

import paramiko

from edgekit.deadline import Deadline
from edgekit.errors import ConnectError
from edgekit.ssh_connection import STEP_S


def upload(name: str, client: paramiko.SSHClient, path: str, data: bytes) -> None:
    try:
        with contextlib.closing(client.open_sftp()) as sftp, sftp.open(path, "wb") as file:
            file.write(data)
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise ConnectError(
            f"cannot upload the agent to {name}: {str(error) or 'no SFTP'}; is its disk full, is SFTP enabled?"
        ) from error


def run_command(client: paramiko.SSHClient, command: list[str], deadline: Deadline) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a short command."""
    timeout_s = max(0.1, min(STEP_S, deadline.remaining_s()))
    _, stdout, stderr = client.exec_command(shlex.join(command), timeout=timeout_s)
    try:
        output = stdout.read(65536).decode("utf-8", "replace")
        errors = stderr.read(65536).decode("utf-8", "replace").strip()
    except TimeoutError as error:
        raise ConnectError(
            f"the board did not finish `{command[0]}` in {timeout_s:.0f} s; is it overloaded?"
        ) from error
    return stdout.channel.recv_exit_status(), output, errors
