"""A Linux board over SSH: uploads the agent, checks it, runs it, and leaves nothing behind.

    host = "pi.local"
    port = 22
    user = "pi"                     default: the user running edgekit
    key = "~/.ssh/id_ed25519"       default: the SSH agent and the usual files
    python = "/opt/venv/bin/python" default: python3

There are no passwords: only keys and the SSH agent.
"""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import logging
import shlex
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import paramiko

from edgekit.agent_bundle import BUNDLE_NAME, build_agent
from edgekit.board import Board
from edgekit.deadline import Deadline
from edgekit.errors import ConnectError, DeadlineError, LinkError
from edgekit.host_keys import DEFAULT_PORT, known_keys, open_socket, verify

SETTINGS: dict[str, type] = {
    "host": str,
    "port": int,
    "user": str,
    "key": str,
    "python": str,
    "known_hosts": str,
    "threads": int,
}
REQUIRED: tuple[str, ...] = ("host",)

OLDEST_PYTHON = (3, 7)
_STEP_S = 20.0
# paramiko reports every failed connection to the log as well, with a traceback.
logging.getLogger("paramiko").addHandler(logging.NullHandler())

_CHECK = (
    "import hashlib,sys;"
    "print(*sys.version_info[:2],hashlib.sha256(open(sys.argv[1],'rb').read()).hexdigest())"
)


class _Verify(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
    """The whole check, against both files: paramiko's own looks at one key of one file."""

    def __init__(self, name: str, host: str, port: int, known: list[paramiko.PKey]) -> None:
        self._name, self._host, self._port, self._known = name, host, port, known

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        verify(self._name, key, self._known, self._host, self._port)


class SshLink:
    """The agent's stdin and stdout as an SSH channel."""

    def __init__(self, client: paramiko.SSHClient, name: str, folder: str, command: str) -> None:
        self.description = f"the agent on {name}"
        self._client = client
        self._folder = folder
        self._errors = bytearray()
        self._closed = False
        self._channel = client.get_transport().open_session(timeout=_STEP_S)
        self._channel.exec_command(command)

    def read(self, max_bytes: int, deadline: Deadline) -> bytes:
        self._channel.settimeout(deadline.remaining_s())
        try:
            data = bytes(self._channel.recv(max_bytes))
        except TimeoutError:
            data = b""
            if not self._channel.closed and self._client.get_transport().is_active():
                self._keep_errors()
                return b""
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._ended() from error
        if not data:
            raise self._ended()
        self._keep_errors()
        return data

    def write(self, data: bytes, deadline: Deadline) -> None:
        self._channel.settimeout(deadline.remaining_s())
        try:
            self._channel.sendall(data)
        except TimeoutError as error:
            raise DeadlineError(f"{self.description} takes no bytes") from error
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._ended() from error

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(Exception):
            self._channel.close()
        with contextlib.suppress(Exception):
            _run(self._client, ["rm", "-rf", "--", self._folder], Deadline(3.0))
        self._client.close()

    def _keep_errors(self) -> None:
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            while self._channel.recv_stderr_ready():
                self._errors += self._channel.recv_stderr(65536)
                del self._errors[:-4096]

    def _ended(self) -> LinkError:
        transport = self._client.get_transport()
        if transport is None or not transport.is_active():
            return LinkError(f"lost the connection to {self.description}; check its power and the network")
        give_up = Deadline(1.0)
        while not self._channel.exit_status_ready() and not give_up.expired():
            time.sleep(0.01)
        self._keep_errors()
        status = self._channel.exit_status if self._channel.exit_status_ready() else -1
        how = f"ended with status {status}" if status >= 0 else "was killed"
        lines = bytes(self._errors).decode("utf-8", "replace").splitlines()
        last = " | ".join([each.strip() for each in lines if each.strip()][-5:])
        return LinkError(f"{self.description} {how}; the last it wrote on stderr: {last or 'nothing'}")


def open_link(name: str, board: Board, settings: Mapping[str, Any], deadline: Deadline) -> SshLink:
    client = _connect(name, settings, deadline)
    try:
        return _start_agent(name, client, str(settings.get("python", "python3")), deadline)
    except (paramiko.SSHException, EOFError, OSError) as error:
        client.close()
        raise ConnectError(
            f"the connection to {name} broke: {str(error) or 'it hung up'}; run again"
        ) from error
    except BaseException:
        client.close()
        raise


def _connect(name: str, settings: Mapping[str, Any], deadline: Deadline) -> paramiko.SSHClient:
    """Retries while something listens that is no SSH server yet: a board that boots behind a forwarder."""
    host, port = str(settings["host"]), int(settings.get("port", DEFAULT_PORT))
    give_up = Deadline(min(_STEP_S, deadline.remaining_s()))
    while True:
        try:
            return _connect_once(name, host, port, settings, deadline)
        except paramiko.AuthenticationException as error:
            user = settings.get("user") or getpass.getuser()
            raise ConnectError(
                f"{name} lets {user}@{host} in with none of the keys offered "
                f"({settings.get('key') or 'the SSH agent and the usual files'}); edgekit uses no passwords: "
                f"run `ssh-copy-id -p {port} {user}@{host}` or correct `user` and `key`"
            ) from error
        except (paramiko.SSHException, EOFError, OSError) as error:
            if give_up.expired() or "banner" not in str(error):
                raise ConnectError(
                    f"cannot set up SSH with {name} at {host}:{port}: {str(error) or 'it hung up'}; "
                    "check that an SSH server listens there"
                ) from error
        time.sleep(0.5)


def _connect_once(
    name: str, host: str, port: int, settings: Mapping[str, Any], deadline: Deadline
) -> paramiko.SSHClient:
    known = known_keys(settings, host, port)
    key = settings.get("key")
    if key is not None and not Path(key).expanduser().is_file():
        raise ConnectError(f"there is no key file {key} for {name}; correct `key` in farm.toml")
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(_Verify(name, host, port, known))
    timeout_s = max(0.1, min(_STEP_S, deadline.remaining_s()))
    try:
        with open_socket(name, host, port, deadline) as connection:
            client.connect(
                host,
                port,
                username=settings.get("user") or getpass.getuser(),
                key_filename=None if key is None else str(Path(key).expanduser()),
                look_for_keys=key is None,
                timeout=timeout_s,
                banner_timeout=timeout_s,
                auth_timeout=timeout_s,
                channel_timeout=timeout_s,
                disabled_algorithms=_unknown_key_types(known),
                sock=connection,
            )
    except paramiko.ssh_exception.IncompatiblePeer as error:
        client.close()
        if known:
            raise ConnectError(
                f"THE HOST KEY OF {name} ({host}:{port}) HAS CHANGED: it shows none of the known types "
                f"({', '.join(each.get_name() for each in known)}); someone may be listening in"
            ) from error
        raise
    except paramiko.AuthenticationException:
        client.close()
        raise
    except paramiko.SSHException as error:
        client.close()
        if "No authentication methods" in str(error):  # neither an agent nor a key file
            raise paramiko.AuthenticationException(str(error)) from error
        raise
    except BaseException:
        client.close()
        raise
    client.get_transport().set_keepalive(5)
    return client


def _unknown_key_types(known: list[paramiko.PKey]) -> dict[str, list[str]]:
    """A host has keys of several types: ask for one that we can compare."""
    types = {each.get_name() for each in known}
    if "ssh-rsa" in types:
        types |= {"rsa-sha2-256", "rsa-sha2-512"}
    return (
        {"keys": [each for each in paramiko.Transport._preferred_keys if each not in types]} if known else {}
    )


def _start_agent(name: str, client: paramiko.SSHClient, python: str, deadline: Deadline) -> SshLink:
    agent = build_agent()
    make_folder = 'umask 077 && mktemp -d "${TMPDIR:-/tmp}/edgekit.XXXXXXXXXX"'
    status, output, errors = _run(client, ["sh", "-c", make_folder], deadline)
    folder = output.strip().splitlines()[-1] if output.strip() else ""
    if status != 0 or not folder.startswith("/"):
        raise ConnectError(
            f"cannot make a temporary folder on {name}: {errors or output or status}; is its disk full?"
        )
    try:
        path = f"{folder}/{BUNDLE_NAME}"
        _upload(name, client, path, agent)
        status, output, errors = _run(client, [python, "-I", "-c", _CHECK, path], deadline)
        words = output.split()
        if status != 0 or len(words) < 3:
            raise ConnectError(
                f"{name} cannot run {python}: {errors.splitlines()[-1] if errors else f'status {status}'}; install "
                "python3 on the board or set `python` in farm.toml"
            )
        version = (int(words[-3]), int(words[-2]))
        if version < OLDEST_PYTHON:
            raise ConnectError(
                f"{python} on {name} is Python {version[0]}.{version[1]}, the agent needs 3.7 or later; "
                "set `python` in farm.toml"
            )
        if words[-1] != hashlib.sha256(agent).hexdigest():
            raise ConnectError(f"the agent arrived damaged on {name}; is its disk full or failing?")
        # exec: without it some shells stay in between and turn a signal into an exit status.
        return SshLink(client, name, folder, "exec " + shlex.join([python, "-I", path, "--self-destruct"]))
    except BaseException:
        with contextlib.suppress(Exception):
            _run(client, ["rm", "-rf", "--", folder], Deadline(3.0))
        raise


def _upload(name: str, client: paramiko.SSHClient, path: str, data: bytes) -> None:
    try:
        with contextlib.closing(client.open_sftp()) as sftp, sftp.open(path, "wb") as file:
            file.write(data)
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise ConnectError(
            f"cannot upload the agent to {name}: {str(error) or 'no SFTP'}; is its disk full, is SFTP enabled?"
        ) from error


def _run(client: paramiko.SSHClient, command: list[str], deadline: Deadline) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a short command."""
    timeout_s = max(0.1, min(_STEP_S, deadline.remaining_s()))
    _, stdout, stderr = client.exec_command(shlex.join(command), timeout=timeout_s)
    try:
        output = stdout.read(65536).decode("utf-8", "replace")
        errors = stderr.read(65536).decode("utf-8", "replace").strip()
    except TimeoutError as error:
        raise ConnectError(
            f"the board did not finish `{command[0]}` in {timeout_s:.0f} s; is it overloaded?"
        ) from error
    return stdout.channel.recv_exit_status(), output, errors
