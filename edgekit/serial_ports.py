"""The serial ports of this machine: what hangs on them, and which device of farm.toml uses them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports

from edgekit.board import list_boards, load_board
from edgekit.console import printable
from edgekit.farm import Device

# Where the USB identity tells the interface and not the board behind it. Source: usb.ids and the makers' pages.
_INTERFACES = {
    "0483:374b": "ST-LINK/V2-1 of an STM32 board",
    "0483:3752": "ST-LINK/V2-1 of an STM32 board",
    "0483:374e": "STLINK-V3 of an STM32 board",
    "0d28:0204": "DAPLink: micro:bit or another Mbed board",
    "1366:": "J-Link of a Nordic, NXP or Silicon Labs board",
    "2e8a:000c": "Raspberry Pi Debug Probe",
    "2e8a:": "Raspberry Pi Pico",
    "2341:": "Arduino",
    "303a:": "Espressif",
    "0403:": "FTDI adapter",
    "10c4:ea60": "CP210x adapter",
    "1a86:7523": "CH340 adapter",
    "067b:2303": "PL2303 adapter",
}


@dataclass(frozen=True)
class SerialPort:
    port: str
    usb_id: str | None
    """vid:pid"""
    usb_serial: str | None
    product: str | None
    device: str | None
    """The device of farm.toml that uses it."""
    boards: tuple[str, ...]
    """Board files with this USB identity."""
    interface: str | None
    """What is known of the adapter when no board file has its identity."""


def find_serial_ports(devices: Iterable[Device]) -> list[SerialPort]:
    """In the order of their names."""
    users = [each for each in devices if each.transport == "serial"]
    boards = [load_board(each) for each in list_boards()]
    found = []
    for each in sorted(list_ports.comports(), key=lambda each: str(each.device)):
        usb_id = None if each.vid is None else f"{each.vid:04x}:{each.pid or 0:04x}"
        names = tuple(board.name for board in boards if usb_id in board.usb_ids)
        user = next((user for user in users if _uses(user, str(each.device), each.serial_number)), None)
        found.append(
            SerialPort(
                str(each.device),
                usb_id,
                printable(each.serial_number) or None,
                printable(each.product) or None,
                None if user is None else user.name,
                names,
                None if names or usb_id is None else _INTERFACES.get(usb_id, _INTERFACES.get(usb_id[:5])),
            )
        )
    return found


def _uses(device: Device, port: str, usb_serial: str | None) -> bool:
    if device.settings.get("port"):
        return Path(str(device.settings["port"])).resolve() == Path(port).resolve()
    return usb_serial is not None and device.settings.get("usb_serial") == usb_serial


def suggest_lines(port: SerialPort, taken: Sequence[str]) -> tuple[str, str] | None:
    """Name of a device and its lines for farm.toml; None for a port in use, or with nothing on USB behind it."""
    if port.device is not None or port.usb_id is None:
        return None
    base = re.sub(r"[^a-z0-9]+", "-", (port.product or "board").lower()).strip("-") or "board"
    number = 1
    while (name := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    board = port.boards[0] if len(port.boards) == 1 else "NAME"
    where = ("usb_serial", port.usb_serial) if port.usb_serial else ("port", port.port)
    hint = "" if board != "NAME" else f" # {' or '.join(port.boards) or 'one of `edgekit boards`'}"
    lines = [f"[devices.{name}]", f'board = "{board}"{hint}', 'transport = "serial"']
    return name, "\n".join([*lines, f"{where[0]} = {json.dumps(where[1])}"])
