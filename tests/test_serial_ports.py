from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from serial.tools.list_ports_common import ListPortInfo

from edgekit.board import list_boards, load_board
from edgekit.farm import Device, read_farm
from edgekit.serial_ports import SerialPort, find_serial_ports, suggest_lines


def make_port(
    path: str, vid: int | None, pid: int | None, serial: str | None, product: str | None
) -> ListPortInfo:
    found = ListPortInfo(path)
    found.vid, found.pid, found.serial_number, found.product = vid, pid, serial, product
    return found


@pytest.fixture
def comports(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What pyserial finds."""
    found: list[Any] = []
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: found)
    return found


def device(name: str, **settings: str) -> Device:
    return Device(name, load_board("qemu_mps2_an386"), "serial", settings)


def test_a_port_is_found_with_its_identity_and_its_user(comports: list[Any], tmp_path: Path) -> None:
    (tmp_path / "ttyACM0").touch()
    (tmp_path / "by-id").symlink_to(tmp_path / "ttyACM0")
    comports += [
        make_port("/dev/ttyUSB9", 0x0403, 0x6015, None, None),
        make_port(str(tmp_path / "ttyACM0"), 0x0483, 0x374B, "0667FF", "STM32 STLink"),
        make_port("/dev/ttyACM1", 0x0483, 0x374B, "0668FF", "STM32 STLink"),
        make_port("/dev/ttyS0", None, None, None, "n/a"),
    ]
    devices = [
        device("by-path", port=str(tmp_path / "by-id")),
        device("by-serial", usb_serial="0668FF"),
        Device("pi", load_board("generic_aarch64"), "ssh", {"host": "pi", "port": 22}),
    ]
    found = {each.port: each for each in find_serial_ports(devices)}
    assert list(found) == sorted(found)
    assert found[str(tmp_path / "ttyACM0")].device == "by-path"
    assert found["/dev/ttyACM1"] == SerialPort(
        "/dev/ttyACM1",
        "0483:374b",
        "0668FF",
        "STM32 STLink",
        "by-serial",
        (),
        "ST-LINK/V2-1 of an STM32 board",
    )
    assert found["/dev/ttyUSB9"].interface == "FTDI adapter"
    assert found["/dev/ttyS0"].usb_id is None


@pytest.mark.parametrize("name", [each for each in list_boards() if load_board(each).usb_ids])
def test_a_board_with_a_usb_port_of_its_own_is_recognized(comports: list[Any], name: str) -> None:
    for usb_id in load_board(name).usb_ids:
        vid, pid = (int(each, 16) for each in usb_id.split(":"))
        comports[:] = [make_port("/dev/ttyACM0", vid, pid, "1", "x")]
        (found,) = find_serial_ports([])
        assert name in found.boards
        assert found.interface is None


def test_suggested_lines_are_a_farm_toml_that_is_accepted(tmp_path: Path) -> None:
    port = SerialPort("/dev/ttyUSB0", "10c4:ea70", 'a"b', "CP2105 Dual", None, ("coral_dev_board",), None)
    suggested = suggest_lines(port, ["cp2105-dual"])
    assert suggested is not None
    name, lines = suggested
    assert name == "cp2105-dual-2"
    (tmp_path / "farm.toml").write_text(lines)
    (made,) = read_farm(tmp_path / "farm.toml")
    assert (made.name, made.board.name, made.settings) == (name, "coral_dev_board", {"usb_serial": 'a"b'})


def test_a_board_that_nobody_can_tell_is_left_to_the_person(tmp_path: Path) -> None:
    lines = suggest_lines(SerialPort("/dev/ttyUSB0", "0403:6015", None, None, None, (), "FTDI adapter"), [])
    assert lines is not None
    assert lines[1].splitlines() == [
        "[devices.board]",
        'board = "NAME" # one of `edgekit boards`',
        'transport = "serial"',
        'port = "/dev/ttyUSB0"',
    ]
    several = suggest_lines(SerialPort("/dev/x", "0955:7020", "1", "L4T", None, ("a", "b"), None), [])
    assert several is not None
    assert 'board = "NAME" # a or b' in several[1]


def test_a_port_in_use_or_without_usb_gets_no_suggestion() -> None:
    assert suggest_lines(SerialPort("/dev/ttyACM0", "0483:374b", "1", "x", "nucleo", (), None), []) is None
    assert suggest_lines(SerialPort("/dev/ttyS0", None, None, None, None, (), None), []) is None
