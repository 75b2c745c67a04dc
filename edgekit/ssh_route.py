"""The bytes' way to an SSH server: a TCP connection, a ProxyCommand, or a channel through a jump host."""

from __future__ import annotations

import contextlib
import shlex
import socket
import subprocess
from typing import Any

import paramiko

from edgekit.deadline import Deadline
from edgekit.errors import ConfigError, ConnectError
from edgekit.ssh_config import SshHost


def open_socket(label: str, host: str, port: int, deadline: Deadline) -> socket.socket:
    """A TCP connection that notices a dead peer within half a minute.

    Raises:
        ConnectError: no such host, nothing listens, no answer.
    """
    where = f"{label} at {host}:{port}"
    try:
        connection = socket.create_connection(
            (host, port), timeout=max(0.1, min(10.0, deadline.remaining_s()))
        )
    except (socket.gaierror, UnicodeError) as error:
        raise ConnectError(
            f"cannot find {where}: no host has that name; check `host` in farm.toml and the network"
        ) from error
    except ConnectionRefusedError as error:
        raise ConnectError(
            f"{where} refuses the connection: no SSH server listens there; start it or correct `port`"
        ) from error
    except TimeoutError as error:
        raise ConnectError(f"{where} does not answer; check that it is powered and on the network") from error
    except OSError as error:
        advice = "check that it is powered and on the network"
        raise ConnectError(f"cannot reach {where}: {error.strerror or error}; {advice}") from error
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 30_000)
    except BaseException:
        connection.close()
        raise
    return connection


class CommandSocket(socket.socket):
    """Stdin and stdout of a program; closing it ends the program."""

    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, label: str, command: str) -> CommandSocket:
        """Raises ConfigError for a command that cannot be split, ConnectError for one that cannot be started."""
        try:
            words = shlex.split(command)
        except ValueError as error:
            raise ConfigError(
                f"ProxyCommand {command!r} for {label}: {error}; correct ~/.ssh/config"
            ) from error
        if words[:1] == ["exec"]:
            del words[0]
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = subprocess.Popen(
                    words, stdin=theirs.fileno(), stdout=theirs.fileno(), start_new_session=True
                )
            except (OSError, IndexError, ValueError) as error:
                ours.close()
                raise ConnectError(
                    f"cannot start ProxyCommand {command!r} for {label}: "
                    f"{getattr(error, 'strerror', None) or error}; correct "
                    "~/.ssh/config (it is started without a shell)"
                ) from error
        made = cls(fileno=ours.detach())
        made.process = process
        return made

    def close(self) -> None:
        super().close()
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(2)
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()


def open_way(host: SshHost, through: paramiko.SSHClient | None, deadline: Deadline) -> Any:
    """What paramiko takes as a socket: to `host`, from here or from the machine `through` is connected to.

    Raises:
        ConnectError: it cannot be reached, or the jump host does not let us through.
    """
    if through is None:
        if host.proxy_command:
            return CommandSocket.start(host.label, host.proxy_command)
        return open_socket(host.label, host.host, host.port, deadline)
    try:
        return through.get_transport().open_channel(
            "direct-tcpip",
            (host.host, host.port),
            ("127.0.0.1", 0),
            timeout=max(0.1, min(20.0, deadline.remaining_s())),
        )
    except (paramiko.SSHException, EOFError, OSError) as error:
        reason = getattr(error, "text", "") or str(error) or "it hung up"
        raise ConnectError(
            f"the jump host cannot reach {host.label} at {host.host}:{host.port}: {reason}; check that the board is "
            "on, that the name is right as seen from the jump host, and that it allows forwarding"
        ) from error
