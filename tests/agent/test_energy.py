from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.agent import energy
from edgekit.agent.energy import find_power_sensor
from tests.agent.boards import ORIN_HWMON, ORIN_NANO, PMIC, fake_program, tree


def test_every_family_on_disk_is_asked() -> None:
    on_disk = sorted(path.stem for path in Path(str(energy.__file__)).parent.glob("energy_*.py"))
    assert on_disk
    assert [each.__name__.rpartition(".")[2] for each in energy._FAMILIES] == on_disk


def test_the_sensor_that_is_there_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_program(monkeypatch, tmp_path, "vcgencmd", {"pmic_read_adc": PMIC})
    sensor, reason = find_power_sensor(str(tmp_path))
    assert sensor is not None
    assert (sensor.name, reason) == ("rpi5_pmic", "")


def test_a_board_without_one_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_power_sensor(str(tmp_path)) == (None, "this board has no power sensor that edgekit knows")


def test_one_that_cannot_be_read_is_absent_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    sensor, reason = find_power_sensor(tree(tmp_path, {**ORIN_NANO, f"{ORIN_HWMON}/in1_input": "?"}))
    assert sensor is None
    assert reason == "ina3221_hwmon: rail VDD_IN cannot be read"
