from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from edgekit.cli import main

FARM = '[devices.pi]\nboard = "generic_aarch64"\ntransport = "ssh"\nhost = "pi.local"\n'


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EDGEKIT_FARM", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_built_in_devices_need_no_farm_toml(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices"]) == 0
    shown = capsys.readouterr()
    assert "qemu_mps2_an386" in shown.out
    assert "these devices are built in" in shown.err


def test_json_has_every_device_with_its_settings(capsys: pytest.CaptureFixture[str]) -> None:
    Path("farm.toml").write_text(FARM)
    assert main(["devices", "--json"]) == 0
    devices = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    assert devices["pi"] == {
        "name": "pi",
        "board": "generic_aarch64",
        "transport": "ssh",
        "emulated": False,
        "settings": {"host": "pi.local"},
    }
    assert devices["qemu_mps2_an386"]["emulated"] is True
    assert main(["devices"]) == 0
    assert "host=pi.local" in capsys.readouterr().out


def test_a_typo_in_farm_toml_is_one_line_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    Path("farm.toml").write_text(FARM.replace("host", "hots"))
    assert main(["devices"]) == 1
    assert (
        capsys.readouterr().err == "edgekit: error: farm.toml:4: unknown key 'hots' in [devices.pi]; "
        "did you mean 'host'?\n"
    )


def write_farm(ssh_server: Any, board: str) -> None:
    lines = [f"{key} = {value!r}" for key, value in ssh_server.settings.items()]
    text = f'[devices.pi]\nboard = "{board}"\ntransport = "ssh"\n' + "\n".join(lines)
    Path("farm.toml").write_text(text + '\n[devices.off]\nboard = "generic_armhf"\ntransport = "ssh"\n'
                                 'host = "127.0.0.1"\nport = 1\n')  # fmt: skip


def test_detect_asks_what_is_there_and_says_which_board_fits(
    ssh_server: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from serial.tools.list_ports_common import ListPortInfo

    port = ListPortInfo("/dev/ttyUSB0")
    port.vid, port.pid, port.serial_number, port.product = 0x10C4, 0xEA70, "0142", "CP2105"
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: [port])
    write_farm(ssh_server, "raspberry_pi_5")
    ssh_server.trust()
    assert main(["devices", "--detect", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["serial_ports"] == [
        {"port": "/dev/ttyUSB0", "usb_id": "10c4:ea70", "usb_serial": "0142", "product": "CP2105"}
        | {"boards": ["coral_dev_board"]}
    ]
    assert found["suggestions"]["cp2105"].splitlines()[1] == 'board = "coral_dev_board"'
    pi, off = found["ssh_devices"]
    assert pi["verdict"].startswith("not raspberry_pi_5; set board = ")
    assert pi["boards"]
    assert "refuses the connection" in off["error"]
    assert main(["devices", "--detect"]) == 0
    shown = capsys.readouterr().out
    for words in ("10c4:ea70", "0142", "not raspberry_pi_5", "refuses the connection", 'usb_serial = "0142"'):
        assert words in shown


def test_detect_ends_at_its_deadline_whatever_hangs(
    ssh_server: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_farm(ssh_server, "generic_x86_64")
    monkeypatch.setattr("edgekit.ssh_probe.probe", lambda name, settings, deadline: time.sleep(5))
    start = time.monotonic()
    assert main(["devices", "--detect", "--timeout", "0.5", "--json"]) == 0
    assert time.monotonic() - start < 3
    assert [each["error"] for each in json.loads(capsys.readouterr().out)["ssh_devices"]] == [
        "no answer within 0.5 s"
    ] * 2
    assert main(["devices", "--detect", "--timeout", "0"]) == 2
