"""A Linux board over SSH: uploads the agent, checks it, runs it, and leaves nothing behind.

What `edgekit provision` has put there is used: packages for the agent, or the C program in place of it.

    host = "pi.local"
    port = 22
    user = "pi"                     default: the user running edgekit
    key = "~/.ssh/id_ed25519"       default: the SSH agent and the usual files
    python = "/opt/venv/bin/python" default: python3
    proxy_jump = "gate,admin@inner" default: what ~/.ssh/config says; "none" for a direct way

There are no passwords: only keys and the SSH agent.
"""

from __future__ import annotations

import contextlib
import hashlib
import shlex
import threading
import time
from collections.abc import Mapping
from typing import Any

import paramiko

from edgekit.agent_bundle import BUNDLE_NAME, build_agent
from edgekit.board import Board
from edgekit.deadline import Deadline
from edgekit.errors import ConnectError, DeadlineError, LinkError
from edgekit.provision.record import PROGRAM_NAME, Record, read_record
from edgekit.shell_conditions import SCRIPT, parse_conditions
from edgekit.ssh_connection import STEP_S, open_ssh
from edgekit.ssh_files import run_command, upload
from edgekit.ssh_folder import TemporaryFolder

SETTINGS: dict[str, type] = {
    "host": str,
    "port": int,
    "user": str,
    "key": str,
    "python": str,
    "known_hosts": str,
    "proxy_jump": str,
    "threads": int,
}
REQUIRED: tuple[str, ...] = ("host",)

OLDEST_PYTHON = (3, 7)

SILENCE_LIMIT_S = 300
"""After which what runs on the board ends: a network that fell silent tells a board nothing."""
SIGN_OF_LIFE_S = 60.0
_EMPTY_FRAME = b"\0"

_CHECK = (
    "import hashlib,sys;"
    "print(*sys.version_info[:2],hashlib.sha256(open(sys.argv[1],'rb').read()).hexdigest())"
)


class SshLink:
    """The agent's (or the program's) stdin and stdout as an SSH channel."""

    def __init__(
        self, client: paramiko.SSHClient, description: str, folder: TemporaryFolder | None, command: str
    ) -> None:
        """`folder` is removed once what runs from it has answered, or at the end."""
        self.description = description
        self._client = client
        self._folder = folder
        self._errors = bytearray()
        self._channel = client.get_transport().open_session(timeout=STEP_S)
        self._channel.exec_command(command)
        self._writing = threading.Lock()
        self._closed = threading.Event()
        threading.Thread(target=self._give_signs_of_life, daemon=True).start()

    def _give_signs_of_life(self) -> None:
        """So that a host may take its time between two requests. Between frames only, hence the lock."""
        while not self._closed.wait(SIGN_OF_LIFE_S):
            if self._writing.acquire(blocking=False):
                try:
                    if self._channel.send_ready():
                        self._channel.send(_EMPTY_FRAME)
                except (OSError, EOFError, paramiko.SSHException):
                    return  # whoever reads or writes next says so
                finally:
                    self._writing.release()

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
        self._remove_folder()
        return data

    def write(self, data: bytes, deadline: Deadline) -> None:
        try:
            with self._writing:
                self._channel.settimeout(deadline.remaining_s())
                self._channel.sendall(data)
        except TimeoutError as error:
            raise DeadlineError(f"{self.description} takes no bytes") from error
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._ended() from error

    def close(self) -> None:
        if self._closed.is_set():
            return
        self._closed.set()
        with contextlib.suppress(Exception):
            self._channel.close()
        self._remove_folder()
        self._client.close()

    def _remove_folder(self) -> None:
        if self._folder is not None:
            self._folder.remove()
            self._folder = None

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


class SshProgram(SshLink):
    """Our C runtime, which knows nothing of the board; a shell does."""

    def conditions(self, deadline: Deadline) -> dict[str, Any]:
        """{} where there is no shell that answers in time."""
        try:
            _, output, _ = run_command(self._client, ["sh", "-c", SCRIPT], deadline)
        except (ConnectError, OSError, EOFError, paramiko.SSHException):
            return {}
        return parse_conditions(output)


def open_link(name: str, board: Board, settings: Mapping[str, Any], deadline: Deadline) -> SshLink:
    client = open_ssh(name, settings, deadline)
    try:
        record = read_record(name, client, deadline)
        wanted = None if settings.get("runtime") is None else str(settings["runtime"])
        if wanted == "edgekit" or (wanted is None and record.default == "edgekit"):
            return _start_program(name, client, record, deadline)
        python = str(settings.get("python", "python3"))
        return _start_agent(name, client, python, _arguments(record, wanted), deadline)
    except (paramiko.SSHException, EOFError, OSError) as error:
        client.close()
        raise ConnectError(
            f"the connection to {name} broke: {str(error) or 'it hung up'}; run again"
        ) from error
    except BaseException:
        client.close()
        raise


def _arguments(record: Record, runtime: str | None) -> list[str]:
    """The folder of one runtime only: each has a numpy of its own, and one's breaks the other."""
    order = ("litert", "tflite_runtime") if runtime is None else (runtime,)
    found = [record.path_of(record.entries[each]) for each in order if each in record.entries]
    sites = ["--site", found[0]] if found else []
    return sites if runtime is None else [*sites, "--runtime", runtime]


def _start_program(name: str, client: paramiko.SSHClient, record: Record, deadline: Deadline) -> SshLink:
    path = f"{record.folder}/{PROGRAM_NAME}"
    status, _, _ = run_command(client, ["test", "-x", path], deadline)
    if status != 0:
        raise ConnectError(
            f"{name} has no edgekit runtime (no {path}); run `edgekit provision {name} --runtime edgekit`"
        )
    command = ["env", f"EDGEKIT_SILENCE_LIMIT_S={SILENCE_LIMIT_S}", path]
    return SshProgram(client, f"the edgekit runtime on {name}", None, "exec " + shlex.join(command))


def _start_agent(
    name: str, client: paramiko.SSHClient, python: str, arguments: list[str], deadline: Deadline
) -> SshLink:
    agent = build_agent()
    folder = TemporaryFolder(name, client, deadline)
    try:
        path = f"{folder.path}/{BUNDLE_NAME}"
        upload(name, client, path, agent, deadline)
        status, output, errors = run_command(client, [python, "-I", "-c", _CHECK, path], deadline)
        words = output.split()
        if status != 0 or len(words) < 3:
            raise ConnectError(
                f"{name} cannot run {python}: {errors.splitlines()[-1] if errors else f'status {status}'}; install "
                f"python3 on the board or set `python` in farm.toml, or run `edgekit provision {name}`, which brings a "
                "program that needs no Python"
            )
        version = (int(words[-3]), int(words[-2]))
        if version < OLDEST_PYTHON:
            raise ConnectError(
                f"{python} on {name} is Python {version[0]}.{version[1]}, the agent needs 3.7 or later; "
                f"set `python` in farm.toml, or run `edgekit provision {name}`, which brings a program that needs none"
            )
        if words[-1] != hashlib.sha256(agent).hexdigest():
            raise ConnectError(f"the agent arrived damaged on {name}; is its disk full or failing?")
        # exec: without it some shells stay in between and turn a signal into an exit status.
        limit = ["--silence-limit", str(SILENCE_LIMIT_S)]
        command = [python, "-I", path, "--self-destruct", *limit, *arguments]
        return SshLink(client, f"the agent on {name}", folder, "exec " + shlex.join(command))
    except BaseException:
        folder.remove()
        raise
