"""Board: a kind of hardware and its facts, one TOML file each in devices/."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.errors import UnknownNameError
from edgekit.resources import find_resource_dir
from edgekit.toml_file import TomlFile, read_toml

KINDS = ("cortex_m", "linux")
LINUX_ARCHITECTURES = ("aarch64", "armv7l", "x86_64", "any")
"""As `uname -m` prints them; "any" is for what is plugged into a Linux machine of any kind."""
DELEGATES = ("xnnpack", "edgetpu")
ENERGY_SENSORS = ("ina3221", "rpi5_pmic")
"""Families of on-board power sensors; a board with none of them has no `energy`."""


@dataclass(frozen=True)
class Emulator:
    """How QEMU becomes this board."""

    machine: str
    instructions_per_tick: int
    """Instructions that pass between two ticks of the timer that INVOKE reports."""
    args: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flash:
    """How slow the memory is that code runs from, for the cycle model."""

    wait_states: int
    """Cycles that a line takes longer than one from RAM."""
    start: int = 0
    num_bytes: int = 0
    line_bytes: int = 4
    instruction_lines: int = 1
    """Lines that are kept in a cache; one is the line that was read last."""
    data_lines: int = 1


@dataclass(frozen=True)
class Board:
    name: str
    title: str
    kind: str
    architecture: str
    core: str
    emulated: bool
    clock_hz: int | None = None
    flash_bytes: int | None = None
    ram_bytes: int | None = None
    external_ram_bytes: int | None = None
    baud_rate: int | None = None
    num_cores: int | None = None
    models: tuple[str, ...] = ()
    """How the device tree's model starts on this board, in every release of its software; () accepts any."""
    delegates: tuple[str, ...] = ()
    """What a TFLite runtime can hand operators to on this board."""
    accelerator: str | None = None
    usb_ids: tuple[str, ...] = ()
    """vid:pid of the serial port that the board itself has on USB."""
    energy: str | None = None
    """The family of its power sensors; None if it has none."""
    emulator: Emulator | None = None
    flash: Flash | None = None
    """None if its wait states are not known."""


_KEYS: dict[str, type] = {
    "title": str,
    "kind": str,
    "architecture": str,
    "core": str,
    "emulated": bool,
    "clock_hz": int,
    "flash_bytes": int,
    "ram_bytes": int,
    "external_ram_bytes": int,
    "baud_rate": int,
    "num_cores": int,
    "models": list,
    "delegates": list,
    "accelerator": str,
    "usb_ids": list,
    "energy": str,
    "emulator": dict,
    "flash": dict,
}
_LINUX_KEYS = ("num_cores", "models", "delegates", "energy")
_REQUIRED = ("title", "kind", "architecture", "core")
_FLASH_KEYS: dict[str, type] = {
    "wait_states": int,
    "start": int,
    "line_bytes": int,
    "instruction_lines": int,
    "data_lines": int,
}
_MOST_LINES = 64
"""As many as emulation/plugin/cm_flash.h has room for."""
_EMULATOR_KEYS: dict[str, type] = {"machine": str, "instructions_per_tick": int, "args": list}


def list_boards() -> list[str]:
    """Names of all boards, sorted."""
    return sorted(each.stem for each in find_resource_dir("devices").glob("*.toml"))


def load_board(name: str) -> Board:
    """Raises UnknownNameError for a name without a file, ConfigError for a file that is wrong."""
    known = list_boards()
    if name not in known:
        raise UnknownNameError("board", name, known, "`edgekit boards` lists them")
    return read_board(find_resource_dir("devices") / f"{name}.toml")


def read_board(path: Path) -> Board:
    """Reads one board file; its name is the board's.

    Raises:
        ConfigError: a key is unknown, missing, of the wrong type or out of range.
    """
    file = read_toml(path)
    values = dict(file.content)
    file.check(values, _KEYS, _REQUIRED)
    if values["kind"] not in KINDS:
        raise file.error(f"kind = {values['kind']!r} should be one of {', '.join(KINDS)}", key="kind")
    for key, value in values.items():
        if _KEYS[key] is int and value <= 0:
            raise file.error(f"{key} = {value} should be positive", key=key)
    _check_linux(file, values)
    for each in values.get("usb_ids", ()):
        if not re.fullmatch(r"[0-9a-f]{4}:[0-9a-f]{4}", each):
            raise file.error(f'usb_ids has {each!r}, expected vid:pid as in "0955:7020"', key="usb_ids")
    for key in ("models", "delegates", "usb_ids"):
        values[key] = tuple(values.get(key, ()))
    table = values.pop("emulator", None)
    emulator = None if table is None else _read_emulator(file, table)
    flash = values.pop("flash", None)
    if flash is not None:
        values["flash"] = _read_flash(file, flash, values.get("flash_bytes"))
    values.setdefault("emulated", emulator is not None)
    if emulator is not None and not values["emulated"]:
        raise file.error("a board with an [emulator] is emulated", key="emulated")
    return Board(name=path.stem, emulator=emulator, **values)


def _check_linux(file: TomlFile, values: dict[str, Any]) -> None:
    """What only a board with Linux has, from closed lists: a misspelt name would silently never be found."""
    if values["kind"] != "linux":
        for key in _LINUX_KEYS:
            if key in values:
                raise file.error(f"{key} belongs to boards with kind = 'linux'; remove it", key=key)
        return
    if values["architecture"] not in LINUX_ARCHITECTURES:
        known = ", ".join(LINUX_ARCHITECTURES)
        message = (
            f"architecture = {values['architecture']!r} should be what `uname -m` prints: one of {known}"
        )
        raise file.error(message, key="architecture")
    for key in ("models", "delegates"):
        if key in values and not (values[key] and all(each.strip() for each in values[key])):
            raise file.error(f"{key} = {values[key]!r} should name at least one; or remove it", key=key)
    for each in values.get("delegates", ()):
        if each not in DELEGATES:
            raise file.error(f"delegates has {each!r}; known: {', '.join(DELEGATES)}", key="delegates")
    energy = values.get("energy")
    if energy is not None and energy not in ENERGY_SENSORS:
        message = (
            f"energy = {energy!r} should be one of {', '.join(ENERGY_SENSORS)}; without a sensor, remove it"
        )
        raise file.error(message, key="energy")


def _read_emulator(file: TomlFile, table: dict[str, object]) -> Emulator:
    file.check(table, _EMULATOR_KEYS, ("machine", "instructions_per_tick"), "emulator")
    per_tick, args = table["instructions_per_tick"], table.get("args", [])
    assert isinstance(per_tick, int)  # noqa: S101 - for mypy; check() has seen to it
    assert isinstance(args, list)  # noqa: S101
    if per_tick <= 0:
        message = f"instructions_per_tick = {per_tick} should be positive"
        raise file.error(message, "emulator", "instructions_per_tick")
    return Emulator(str(table["machine"]), per_tick, tuple(args))


def _read_flash(file: TomlFile, table: dict[str, Any], num_bytes: int | None) -> Flash:
    file.check(table, _FLASH_KEYS, ("wait_states",), "flash")
    if table["wait_states"] > 0:
        file.check(table, _FLASH_KEYS, ("start", "line_bytes"), "flash")
        if num_bytes is None:
            raise file.error("a board with wait states needs flash_bytes", key="flash")
    for key, value in table.items():
        least = 0 if key in ("wait_states", "start") else 1
        most = _MOST_LINES if key.endswith("_lines") else 2**32 - 1
        if not least <= value <= most:
            raise file.error(f"{key} = {value} should be from {least} to {most}", "flash", key)
    return Flash(num_bytes=num_bytes or 0, **table)
