"""Board: a kind of hardware and its facts, one TOML file each in devices/."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgekit.errors import UnknownNameError
from edgekit.resources import find_resource_dir
from edgekit.toml_file import TomlFile, read_toml

KINDS = ("cortex_m", "linux")


@dataclass(frozen=True)
class Emulator:
    """How QEMU becomes this board."""

    machine: str
    instructions_per_tick: int
    """Instructions that pass between two ticks of the timer that INVOKE reports."""
    args: tuple[str, ...] = ()


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
    emulator: Emulator | None = None


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
    "emulator": dict,
}
_REQUIRED = ("title", "kind", "architecture", "core")
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
    table = values.pop("emulator", None)
    emulator = None if table is None else _read_emulator(file, table)
    values.setdefault("emulated", emulator is not None)
    if emulator is not None and not values["emulated"]:
        raise file.error("a board with an [emulator] is emulated", key="emulated")
    return Board(name=path.stem, emulator=emulator, **values)


def _read_emulator(file: TomlFile, table: dict[str, object]) -> Emulator:
    file.check(table, _EMULATOR_KEYS, ("machine", "instructions_per_tick"), "emulator")
    per_tick, args = table["instructions_per_tick"], table.get("args", [])
    assert isinstance(per_tick, int)  # noqa: S101 - for mypy; check() has seen to it
    assert isinstance(args, list)  # noqa: S101
    if per_tick <= 0:
        message = f"instructions_per_tick = {per_tick} should be positive"
        raise file.error(message, "emulator", "instructions_per_tick")
    return Emulator(str(table["machine"]), per_tick, tuple(args))
