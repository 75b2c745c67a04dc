from __future__ import annotations

import os
import tty
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import serial as pyserial

from edgekit.board import load_board
from edgekit.deadline import Deadline
from edgekit.errors import ConnectError, DeadlineError, LinkError
from edgekit.session import DeviceSession
from edgekit.transports import serial
from edgekit.transports.serial import SerialLink, open_link, open_port

BOARD = load_board("generic_x86_64")


@pytest.fixture
def pty() -> Iterator[tuple[int, str]]:
    """A pseudo-terminal: the descriptor of the board's end, the path of ours."""
    board, ours = os.openpty()
    tty.setraw(ours)
    path = os.ttyname(ours)
    os.close(ours)
    yield board, path
    os.close(board)


def test_bytes_of_all_values_go_both_ways(pty: tuple[int, str]) -> None:
    board, path = pty
    link = open_port("desk", path, 115200)
    everything = bytes(range(256))
    link.write(everything, Deadline(5))
    assert os.read(board, 1000) == everything
    os.write(board, everything)
    received = b""
    while len(received) < 256:
        part = link.read(100, Deadline(5))
        assert 0 < len(part) <= 100
        received += part
    assert received == everything
    assert link.description == f"{path} at 115200 baud"
    link.close()
    link.close()


def test_reading_waits_for_the_first_byte_until_the_deadline(pty: tuple[int, str]) -> None:
    link = open_port("desk", pty[1], 115200)
    deadline = Deadline(0.3)
    assert link.read(10, deadline) == b""
    assert deadline.expired()
    link.close()


def test_a_board_that_takes_no_bytes_is_given_up_at_the_deadline(pty: tuple[int, str]) -> None:
    link = open_port("desk", pty[1], 115200)
    with pytest.raises(DeadlineError, match="takes no bytes"):
        link.write(bytes(1 << 20), Deadline(0.3))
    link.close()


def test_a_port_is_opened_by_one_program_at_a_time(pty: tuple[int, str]) -> None:
    link = open_port("desk", pty[1], 115200)
    with pytest.raises(ConnectError, match=r"cannot open /dev/pts/\d+ for desk: another program has it open"):
        open_port("desk", pty[1], 115200)
    link.close()
    open_port("desk", pty[1], 115200).close()


def test_a_board_that_is_unplugged_is_a_lost_link() -> None:
    board, ours = os.openpty()
    tty.setraw(ours)
    link = open_port("desk", os.ttyname(ours), 115200)
    os.close(ours)
    os.close(board)
    with pytest.raises(LinkError, match=r"lost /dev/pts/.*was the board unplugged\?"):
        link.read(10, Deadline(5))
    with pytest.raises(LinkError, match=r"lost /dev/pts/"):
        link.write(b"x", Deadline(5))
    link.close()


def test_a_missing_port_says_where_to_look(tmp_path: Path) -> None:
    with pytest.raises(
        ConnectError, match=r"cannot open .*ttyX for desk: there is no such port; plug the board in"
    ):
        open_link("desk", BOARD, {"port": str(tmp_path / "ttyX")}, Deadline(5))


def test_a_forbidden_port_names_the_group_to_join(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise pyserial.SerialException(13, "could not open port /dev/ttyS0: Permission denied")

    monkeypatch.setattr(pyserial, "serial_for_url", refuse)
    with pytest.raises(
        ConnectError, match=r"may not open it; run `sudo usermod -aG dialout \w+` and log in again"
    ):
        open_link("desk", BOARD, {"port": "/dev/ttyS0"}, Deadline(5))


def test_a_file_that_is_no_port_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConnectError, match=r"cannot open .*file for desk: .*is it a serial port\?"):
        open_link("desk", BOARD, {"port": str(tmp_path / "file")}, Deadline(5))
    with pytest.raises(ConnectError, match=r"cannot open no://such for desk"):
        open_link("desk", BOARD, {"port": "no://such"}, Deadline(5))


def test_a_usb_board_is_found_by_its_serial_number(
    pty: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = [
        SimpleNamespace(device="/dev/ttyACM7", serial_number="OTHER"),
        SimpleNamespace(device="/dev/ttyS0", serial_number=None),
        SimpleNamespace(device=pty[1], serial_number="0667FF"),
    ]
    monkeypatch.setattr(serial.list_ports, "comports", lambda: ports)
    link = open_link("desk", BOARD, {"usb_serial": "0667FF", "baud_rate": 9600}, Deadline(5))
    assert link.description == f"{pty[1]} at 9600 baud"
    link.close()
    with pytest.raises(
        ConnectError, match=r"no USB serial port with serial number 'X'.*OTHER \(/dev/ttyACM7\)"
    ):
        open_link("desk", BOARD, {"usb_serial": "X"}, Deadline(5))
    with pytest.raises(ConnectError, match=r"desk has neither port nor usb_serial"):
        open_link("desk", BOARD, {}, Deadline(5))


def test_every_url_of_pyserial_is_a_port() -> None:
    link: SerialLink = open_link("desk", BOARD, {"port": "loop://"}, Deadline(5))
    with pytest.raises(LinkError, match=r"desk: loop:// returns what is sent to it; check RX and TX"):
        DeviceSession.open(link, Deadline(1), "desk")
    link.close()


def test_a_silent_port_and_one_with_the_wrong_baud_rate_are_told_apart(pty: tuple[int, str]) -> None:
    board, path = pty
    link = open_port("desk", path, 115200)
    with pytest.raises(LinkError, match=rf"desk does not answer: not one byte from {path} at 115200 baud"):
        DeviceSession.open(link, Deadline(0.7), "desk")
    session = DeviceSession(link, "desk")
    session.clear()
    os.write(board, b"\xf8\x80\x00\x78\x80\xf8" * 5)
    with pytest.raises(
        LinkError, match=r"answers, but not as edgekit's firmware does: .*\\xf8.*check the baud rate"
    ):
        session.say_hello(Deadline(0.7))
    link.close()
