"""Devices: single units of boards, where they are and how to reach them; built in or from farm.toml.

    [devices.nucleo-desk]
    board = "nucleo_l4r5zi"
    transport = "serial"
    usb_serial = "0667FF303030"

Of `$EDGEKIT_FARM`, `./farm.toml` and `farm.toml` in the user's configuration folder, the first that exists is
read. Built in are `local`, this machine, and a device for each board that has an emulator, named like it.
"""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import filelock
import platformdirs

from edgekit.board import Board, list_boards, load_board
from edgekit.board_identity import check_session
from edgekit.deadline import Deadline
from edgekit.errors import ConfigError, ConnectError, UnknownNameError
from edgekit.runtime_options import EDGEKIT, RuntimeOptions
from edgekit.session import DeviceSession
from edgekit.ssh_config import find_route
from edgekit.toml_file import read_toml
from edgekit.transports.link import find_transport, list_transports
from edgekit.wire.codes import Capability

HELLO_TIMEOUT_S = 15.0
"""A board that has said nothing for so long will not, however patient the caller is."""
AGENT_HELLO_TIMEOUT_S = 60.0
"""An agent first imports numpy and a runtime, slowly on a small board; if it ends, that is noticed at once."""
LOCK_TIMEOUT_S = 10.0

_COMMON_KEYS: dict[str, type] = {"board": str, "transport": str, "meter": str}


@dataclass(frozen=True)
class Device:
    name: str
    board: Board
    transport: str
    settings: Mapping[str, Any] = field(default_factory=dict)


def find_farm_file() -> Path | None:
    """The farm.toml in force, or None.

    Raises:
        ConfigError: `$EDGEKIT_FARM` names a file that does not exist.
    """
    named = os.environ.get("EDGEKIT_FARM")
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise ConfigError(f"EDGEKIT_FARM names {path}, which is no file; correct or unset it")
        return path
    for path in (Path("farm.toml"), platformdirs.user_config_path("edgekit") / "farm.toml"):
        if path.is_file():
            return path
    return None


def list_devices() -> list[Device]:
    """Built-in devices, then those of farm.toml, which may redefine a built-in one."""
    devices = {each.name: each for each in _built_in_devices()}
    path = find_farm_file()
    if path is not None:
        devices.update((each.name, each) for each in read_farm(path))
    return list(devices.values())


def find_device(name: str) -> Device:
    """Raises UnknownNameError for a name that no device has."""
    devices = {each.name: each for each in list_devices()}
    if name not in devices:
        place = find_farm_file() or platformdirs.user_config_path("edgekit") / "farm.toml"
        hint = f"`edgekit devices` lists them, {place} is where new ones go"
        raise UnknownNameError("device", name, devices, hint)
    return devices[name]


def _built_in_devices() -> list[Device]:
    boards = list_boards()
    devices = []
    machine = {"arm64": "aarch64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())
    if f"generic_{machine}" in boards:
        devices.append(Device("local", load_board(f"generic_{machine}"), "local"))
    emulated = [each for each in map(load_board, boards) if each.emulator is not None]
    return devices + [Device(each.name, each, "virtual") for each in emulated]


def read_farm(path: Path) -> list[Device]:
    """Raises ConfigError (file, line, key) for whatever is wrong in it."""
    file = read_toml(path)
    file.check(file.content, {"devices": dict}, table="")
    devices = []
    for name, table in file.content.get("devices", {}).items():
        where = f"devices.{name}"
        if not isinstance(table, dict):
            raise file.error(f"devices.{name} should be a table: [devices.{name}]", "devices", name)
        if not {"board", "transport"} <= table.keys():
            # Likely one of them is misspelt: a key that no transport has says more than one that is missing.
            every = _COMMON_KEYS | {
                key: str for each in list_transports() for key in find_transport(each).SETTINGS
            }
            file.check({key: value for key, value in table.items() if key not in every}, every, (), where)
        for key in ("board", "transport"):
            file.check({key: table[key]} if key in table else {}, _COMMON_KEYS, (key,), where)
        try:
            transport = find_transport(table["transport"])
        except UnknownNameError as error:
            raise file.error(f"{error} (device {name})", where, "transport") from error
        try:
            board = load_board(table["board"])
        except UnknownNameError as error:
            raise file.error(f"{error} (device {name})", where, "board") from error
        file.check(table, {**_COMMON_KEYS, **transport.SETTINGS}, transport.REQUIRED, where)
        settings = {key: value for key, value in table.items() if key not in ("board", "transport")}
        devices.append(Device(name, board, table["transport"], settings))
    return devices


@contextmanager
def connect(
    device: Device,
    deadline: Deadline,
    options: RuntimeOptions | None = None,
    *,
    kernels: str = "fast",
    threads: int | None = None,
) -> Iterator[DeviceSession]:
    """Locks the device, opens the way to it, says HELLO and chooses the runtime; undoes all of it at the end.

    `kernels` and `threads` are for callers that have no other wish and so no `options`. Kernels are "fast" (what
    the TFLite runtime does by default) or "reference" (exact); firmware ignores them.

    Raises:
        UsageError: the device cannot have these options; it was not touched.
        ConnectError: in use by another run, it cannot be reached, or it is another board than farm.toml says.
        LinkError: it does not answer, or not as edgekit does.
    """
    options = options or RuntimeOptions(kernels=kernels, threads=threads)
    options.check(device.board)
    settings = dict(device.settings)
    if options.runtime is not None:
        settings["runtime"] = options.runtime
    with locked(device, deadline):
        link = find_transport(device.transport).open_link(device.name, device.board, settings, deadline)
        try:
            patience_s = AGENT_HELLO_TIMEOUT_S if device.board.kind == "linux" else HELLO_TIMEOUT_S
            hello_deadline = Deadline(min(patience_s, deadline.remaining_s()))
            session = DeviceSession.open(link, hello_deadline, device.name)
        except BaseException:
            link.close()
            raise
        with session:
            check_session(device.name, device.board, device.transport, device.settings, session, deadline)
            if _runs_agent(session, device, options):
                session.configure(options.configuration(device.settings.get("threads")), deadline)
            yield session


def _runs_agent(session: DeviceSession, device: Device, options: RuntimeOptions) -> bool:
    """Whether what answered takes options; firmware and our C runtime have none.

    Raises:
        ConnectError: it is not the runtime that was asked for.
        UsageError: it is our C runtime, which a transport may choose by itself, and cannot have these options.
    """
    is_agent = Capability.HOST_OS in session.hello.capabilities
    if device.board.kind != "linux":
        return is_agent
    if options.runtime is not None and (options.runtime == EDGEKIT) == is_agent:
        raise ConnectError(
            f"{device.name} runs {session.hello.runtime}, not the {options.runtime} runtime that was asked for; "
            "look at `python` in farm.toml and at what is installed on the board"
        )
    if not is_agent:
        replace(options, runtime=EDGEKIT)
    return is_agent


@contextmanager
def locked(device: Device, deadline: Deadline) -> Iterator[None]:
    """Two runs on this host never share a real board; processes of our own need no lock."""
    if device.transport in ("local", "virtual"):
        yield
        return
    # Two names in farm.toml for one board are one board: what is locked is the address.
    if device.transport == "ssh":
        # With the way to it: behind two gateways the same private address is two boards.
        places = [f"{each.host}:{each.port}" for each in find_route(device.name, device.settings)]
    else:
        places = [str(device.settings.get(key, "")) for key in ("host", "port", "usb_serial")]
    address = "|".join([device.transport, *places])
    folder = platformdirs.user_cache_path("edgekit") / "locks"
    lock = filelock.FileLock(folder / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=min(LOCK_TIMEOUT_S, deadline.remaining_s()))
    except filelock.Timeout as error:
        raise ConnectError(
            f"{device.name} is in use by another edgekit on this machine; run again when that has ended"
        ) from error
    except OSError as error:
        raise ConnectError(
            f"cannot lock {device.name} in {folder}: {error.strerror or error}; make that folder writable"
        ) from error
    try:
        yield
    finally:
        lock.release()
