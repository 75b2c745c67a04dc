"""A UART, through pyserial: USB boards, `/dev/tty*`, and every URL that pyserial understands.

port = "/dev/ttyACM0"           or   usb_serial = "0667FF303030"
baud_rate = 115200              instead of the board's own
"""

from __future__ import annotations

import contextlib
import errno
import getpass
import time
from collections.abc import Mapping
from typing import Any

import serial as pyserial
from serial.tools import list_ports

from edgekit.board import Board
from edgekit.deadline import Deadline
from edgekit.errors import ConnectError, DeadlineError, LinkError

SETTINGS: dict[str, type] = {"port": str, "usb_serial": str, "baud_rate": int}
REQUIRED: tuple[str, ...] = ()
DEFAULT_BAUD_RATE = 115200

# pyserial reconfigures the port whenever its time-out changes, so it keeps one short time-out and we loop.
_POLL_S = 0.05


class SerialLink:
    def __init__(self, port: pyserial.SerialBase, description: str, drains: bool = True) -> None:
        self._port = port
        self._drains = drains
        self.description = description

    def read(self, max_bytes: int, deadline: Deadline) -> bytes:
        try:
            while True:
                waiting = self._port.in_waiting
                if waiting:
                    return bytes(self._port.read(min(waiting, max_bytes)))
                if deadline.expired():
                    return b""
                first = bytes(self._port.read(1))
                if first:
                    more = min(self._port.in_waiting, max_bytes - 1)
                    return first + (bytes(self._port.read(more)) if more > 0 else b"")
        except (OSError, TypeError) as error:  # TypeError: pyserial reading a port that another thread closed
            raise LinkError(f"lost {self.description}: {_reason(error)}; was the board unplugged?") from error

    def write(self, data: bytes, deadline: Deadline) -> None:
        view = memoryview(data)
        try:
            while view:
                # Small steps, so that a device that stops taking bytes is noticed at the deadline.
                chunk = bytes(view[:4096])
                self._port.write_timeout = max(_POLL_S, deadline.remaining_s())
                self._port.write(chunk)
                view = view[len(chunk) :]
            # Bytes in the driver's queue are not sent yet: at 115200 baud, 64 KiB take six seconds.
            while self._drains and self._port.out_waiting and not deadline.expired():
                time.sleep(0.001)
        except pyserial.SerialTimeoutException as error:
            raise DeadlineError(f"{self.description} takes no bytes; is flow control wired?") from error
        except (OSError, TypeError) as error:
            raise LinkError(f"lost {self.description}: {_reason(error)}; was the board unplugged?") from error

    def close(self) -> None:
        with contextlib.suppress(OSError, TypeError):
            self._port.close()


def open_link(name: str, board: Board, settings: Mapping[str, Any], deadline: Deadline) -> SerialLink:
    port = _find_port(name, settings)
    baud_rate = int(settings.get("baud_rate") or board.baud_rate or DEFAULT_BAUD_RATE)
    return open_port(name, port, baud_rate)


def open_port(name: str, port: str, baud_rate: int) -> SerialLink:
    """Opens a device file or a pyserial URL for `name` alone.

    Raises:
        ConnectError: there is no such port, it is in use, or this user may not open it.
    """
    is_url = "://" in port
    exclusive = {} if is_url else {"exclusive": True}
    try:
        opened = pyserial.serial_for_url(port, baud_rate, timeout=_POLL_S, write_timeout=_POLL_S, **exclusive)
    except (OSError, ValueError) as error:
        raise ConnectError(f"cannot open {port} for {name}: {_explain(error, port)}") from error
    if is_url:  # what a URL's out_waiting means differs from one to the next
        return SerialLink(opened, port, drains=False)
    return SerialLink(opened, f"{port} at {baud_rate} baud")


def _find_port(name: str, settings: Mapping[str, Any]) -> str:
    if settings.get("port"):
        return str(settings["port"])
    wanted = settings.get("usb_serial")
    if not wanted:
        raise ConnectError(f"{name} has neither port nor usb_serial; add one of them to farm.toml")
    ports = list(list_ports.comports())
    for each in ports:
        if each.serial_number == wanted:
            return str(each.device)
    seen = ", ".join(f"{each.serial_number} ({each.device})" for each in ports if each.serial_number)
    raise ConnectError(
        f"no USB serial port with serial number {wanted!r} for {name}; "
        f"connected: {seen or 'none'}; plug the board in or correct usb_serial"
    )


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error).splitlines()[0] if str(error) else "closed"


def _explain(error: BaseException, port: str) -> str:
    number = getattr(error, "errno", None)
    if number == errno.ENOENT:
        return "there is no such port; plug the board in, or see `ls /dev/serial/by-id`"
    if number in (errno.EACCES, errno.EPERM):
        return (
            f"{getpass.getuser()} may not open it; run `sudo usermod -aG dialout {getpass.getuser()}` "
            "and log in again"
        )
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in str(error):
        return "another program has it open; close it, `fuser -v " + port + "` names it"
    return f"{_reason(error)}; is it a serial port?"
