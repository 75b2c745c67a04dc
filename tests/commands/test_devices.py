from __future__ import annotations

import json
from pathlib import Path

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
