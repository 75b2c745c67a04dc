from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.agent.energy_ina3221_iio import find
from edgekit.agent.power_sensor import SensorError
from tests.agent.boards import tree

FOLDER = "sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0"
NANO = {
    f"{FOLDER}/rail_name_0": "POM_5V_IN\n",
    f"{FOLDER}/rail_name_1": "POM_5V_GPU\n",
    f"{FOLDER}/rail_name_2": "POM_5V_CPU\n",
    f"{FOLDER}/in_power0_input": "1750\n",
    f"{FOLDER}/in_power1_input": "0\n",
    f"{FOLDER}/in_power2_input": "366\n",
}


def test_a_nano_is_fed_by_one_rail(tmp_path: Path) -> None:
    sensor = find(tree(tmp_path, NANO))
    assert sensor is not None
    reading = sensor.read()
    assert reading == {"POM_5V_IN": 1750, "POM_5V_GPU": 0, "POM_5V_CPU": 366}
    assert (sensor.scope, sensor.power_mw(reading)) == ("board", 1750)
    assert sensor.step_mw(reading) is None


def test_without_a_total_the_rails_of_one_monitor_are_summed(tmp_path: Path) -> None:
    other = "sys/bus/i2c/drivers/ina3221x/6-0041/iio:device1"
    files = {path: text.replace("POM_5V_IN", "VDD_CV") for path, text in NANO.items()}
    sensor = find(
        tree(tmp_path, {**files, f"{other}/rail_name_0": "SYS5V", f"{other}/in_power0_input": "900"})
    )
    assert sensor is not None
    assert (sensor.scope, sensor.power_mw(sensor.read())) == ("rails", 1750 + 366)


@pytest.mark.parametrize("text", ["", "much"])
def test_a_total_that_cannot_be_read_is_an_error_and_not_zero(tmp_path: Path, text: str) -> None:
    sensor = find(tree(tmp_path, {**NANO, f"{FOLDER}/in_power0_input": text}))
    assert sensor is not None
    with pytest.raises(SensorError, match="POM_5V_IN"):
        sensor.read()


def test_no_monitor_is_no_sensor_and_one_without_names_is_an_error(tmp_path: Path) -> None:
    assert find(str(tmp_path)) is None
    with pytest.raises(SensorError, match="names no rail"):
        find(tree(tmp_path, {f"{FOLDER}/in_power0_input": "1750"}))
