from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.agent.energy_rpi5_pmic import find, parse_rails
from edgekit.agent.power_sensor import SensorError
from tests.agent.boards import PMIC, UNREGISTERED, fake_program


def test_rails_are_matched_by_name_and_voltages_alone_are_no_power() -> None:
    rails = parse_rails(PMIC)
    assert len(rails) == 12
    assert rails["VDD_CORE"] == pytest.approx(0.56259 * 0.7679846 * 1000)
    assert rails["HDMI"] == pytest.approx(0.014892 * 5.1516 * 1000)
    assert rails["DDR_VDDQ"] == 0
    assert not {"EXT5V", "BATT"} & set(rails)


def test_a_raspberry_pi_5_sums_its_rails_and_says_that_they_are_not_the_board(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_program(monkeypatch, tmp_path, "vcgencmd", {"pmic_read_adc": PMIC})
    sensor = find()
    assert sensor is not None
    assert sensor.scope == "rails"
    assert len(sensor.counted) == 12
    reading = sensor.read()
    assert sensor.power_mw(reading) == pytest.approx(sum(parse_rails(PMIC).values()))
    assert 1500 < sensor.power_mw(reading) < 2500


@pytest.mark.parametrize("output", [UNREGISTERED, ""])
def test_a_raspberry_pi_without_the_chip_has_no_sensor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    fake_program(monkeypatch, tmp_path, "vcgencmd", {"pmic_read_adc": output})
    assert find() is None


@pytest.mark.parametrize(
    "output",
    ["  EXT5V_V volt(24)=5.15664000V\n", "VDD_CORE_A current(7)=lots\nVDD_CORE_V volt(15)=0.7V\n"],
    ids=["no current", "no number"],
)
def test_an_answer_that_names_no_rail_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    fake_program(monkeypatch, tmp_path, "vcgencmd", {"pmic_read_adc": output})
    with pytest.raises(SensorError, match="no rail with current and voltage"):
        find()


def test_a_rail_that_vanishes_between_two_readings_is_an_error_and_not_zero(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_program(monkeypatch, tmp_path, "vcgencmd", {"pmic_read_adc": PMIC})
    sensor = find()
    assert sensor is not None
    fewer = "".join(line for line in PMIC.splitlines(True) if "VDD_CORE_A" not in line)
    fake_program(monkeypatch, tmp_path, "vcgencmd", {"pmic_read_adc": fewer})
    with pytest.raises(SensorError, match="VDD_CORE cannot be read"):
        sensor.read()
