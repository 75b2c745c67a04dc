"""Whether the machine that answers is the board that farm.toml says, and the one that was there last time.

What a machine is called (the device tree's model), which processor it has and who it is (a hash of its machine-id)
come from the agent. What does not say who it is is not checked.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import filelock

from edgekit.board import Board, list_boards, load_board
from edgekit.console import warn
from edgekit.deadline import Deadline
from edgekit.errors import ConfigError, ConnectError, DataError
from edgekit.files import write_atomically
from edgekit.host_keys import own_known_hosts
from edgekit.session import DeviceSession
from edgekit.wire.codes import Capability

_LOCK_S = 10.0


def has_architecture(board: Board, machine: str, bits: int | None = None) -> bool:
    """`machine` as `uname -m` prints it, `bits` of a pointer of its programs, None if nobody knows.

    A 64-bit Arm kernel may run 32-bit programs, and then calls itself aarch64 or, to them, armv8l; a board with a
    64-bit processor may also run a 32-bit kernel, which calls it armv7l.
    """
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(machine.lower(), machine.lower())
    if board.architecture == "any" or machine in (board.architecture, ""):
        return board.architecture != "x86_64" or bits in (None, 64)
    if board.architecture == "aarch64":
        return machine == "armv8l" or (machine == "armv7l" and bool(board.models))
    if board.architecture == "armv7l":
        return machine == "armv8l" or (machine == "aarch64" and bits in (None, 32))
    return False


def has_model(board: Board, model: str) -> bool:
    """Whole words: "Raspberry Pi 5" is the start of "Raspberry Pi 5 Model B", not of "Raspberry Pi 500"."""
    return not board.models or any(f"{model} ".startswith(f"{each} ") for each in board.models)


def fitting_boards(model: str, machine: str, bits: int | None = None) -> list[str]:
    """Names of board files for such a machine, the one made for it first; nobody's machine is an emulator by chance."""
    boards = [each for each in map(load_board, list_boards()) if each.kind == "linux" and not each.emulated]
    fitting = [each for each in boards if has_model(each, model) and has_architecture(each, machine, bits)]
    fitting = [each for each in fitting if each.architecture != "any"]
    return [each.name for each in sorted(fitting, key=lambda each: (not each.models, each.name))]


def check_board(name: str, board: Board, model: str, machine: str, bits: int | None = None) -> None:
    """Raises ConnectError if the board file contradicts what the device `name` says of itself."""
    if has_model(board, model) and has_architecture(board, machine, bits):
        return
    says = f"{model or 'a machine without a name'!r} ({machine}{f', {bits}-bit programs' if bits else ''})"
    calls = " or ".join(map(repr, board.models)) or "any name"
    fitting = fitting_boards(model, machine, bits)
    advice = " or ".join(f'board = "{each}"' for each in fitting)
    raise ConnectError(
        f"{name} says it is {says}, but its board is {board.name}, which is {calls} ({board.architecture}); "
        + (
            f"set {advice} in farm.toml, or correct `host`"
            if advice
            else "no board file fits it; correct `host`"
        )
    )


def check_session(
    name: str,
    board: Board,
    transport: str,
    settings: Mapping[str, Any],
    session: DeviceSession,
    deadline: Deadline,
) -> None:
    """Checks a session that was just opened with a Linux machine; other boards pass.

    Raises:
        ConnectError: it is another kind of board, or another machine than the one remembered.
    """
    if board.kind != "linux":
        return
    if Capability.HOST_OS in session.hello.capabilities:
        found = session.conditions(deadline)
        bits = found.get("program_bits")
        model, machine = str(found.get("model", "")), str(found.get("machine", ""))
        check_board(name, board, model, machine, bits if isinstance(bits, int) else None)
        if transport == "ssh":
            check_identity(name, settings, session.hello.identity)
    elif transport == "ssh":  # our C program knows the model alone; a shell on the board knows the machine
        from edgekit.ssh_probe import check_machine, probe

        check_machine(name, board, settings, probe(name, settings, deadline))


def identities_path(settings: Mapping[str, Any]) -> Path:
    """Beside the list of host keys that `edgekit trust` writes."""
    return own_known_hosts(settings).with_name("edgekit_identities.json")


def check_identity(name: str, settings: Mapping[str, Any], identity: str) -> None:
    """Remembers who answers under this name, and from then on accepts nobody else.

    Raises:
        ConnectError: another machine answers than the one remembered.
        ConfigError: what was remembered cannot be read.
    """
    if not identity:
        return
    path = identities_path(settings)
    known = _read(path).get(name)
    if known == identity:
        return
    if known is not None:
        raise ConnectError(
            f"{name} is another machine than before: its identity is {identity}, remembered is {known}; if the "
            f"board was replaced or installed anew, run `edgekit trust {name}`, else correct `host` in farm.toml"
        )
    try:
        with _locked(path):
            content = {**_read(path), name: identity}
            write_atomically(path, json.dumps(content, indent=2, sort_keys=True) + "\n")
    except ConfigError:
        raise
    except DataError as error:
        warn(f"cannot remember which machine {name} is: {error}; another one would not be noticed")


def known_identity(name: str, settings: Mapping[str, Any]) -> str | None:
    """Raises ConfigError if what was remembered cannot be read."""
    return _read(identities_path(settings)).get(name)


def forget_identity(name: str, settings: Mapping[str, Any]) -> bool:
    """Whether there was something to forget.

    Raises:
        ConfigError, DataError: the file cannot be read or written.
    """
    path = identities_path(settings)
    if name not in _read(path):
        return False
    with _locked(path):
        rest = {key: value for key, value in _read(path).items() if key != name}
        write_atomically(path, json.dumps(rest, indent=2, sort_keys=True) + "\n")
    return True


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Two runs of edgekit may remember two devices at the same time.

    Raises:
        DataError: the folder cannot be written, or somebody holds the lock.
    """
    lock = filelock.FileLock(path.with_name(f"{path.name}.lock"), timeout=_LOCK_S)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:  # also filelock.Timeout
        raise DataError(f"cannot lock {path}: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.release()


def _read(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot read {path}: {error}; repair or remove it") from error
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise ConfigError(f"{path} should map names of devices to identities; repair or remove it")
    return found
