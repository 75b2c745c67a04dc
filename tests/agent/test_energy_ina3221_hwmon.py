from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.agent.energy_ina3221_hwmon import find
from edgekit.agent.power_sensor import SensorError
from tests.agent.boards import INA3221, ORIN_HWMON, ORIN_NANO, tree


def without(*names: str) -> dict[str, str]:
    return {path: text for path, text in ORIN_NANO.items() if not path.endswith(names)}


@pytest.mark.parametrize("number", [0, 3, 12])
def test_an_orin_nano_is_fed_by_one_rail_whatever_its_hwmon_number(tmp_path: Path, number: int) -> None:
    files = {path.replace("hwmon3", f"hwmon{number}"): text for path, text in ORIN_NANO.items()}
    sensor = find(tree(tmp_path, files))
    assert sensor is not None
    reading = sensor.read()
    assert reading == {"VDD_IN": 5250.0, "VDD_CPU_GPU_CV": 700.0, "VDD_SOC": 1800.0}
    assert (sensor.scope, sensor.counted, sensor.power_mw(reading)) == ("board", ("VDD_IN",), 5250.0)


def test_the_step_is_that_of_the_data_sheet(tmp_path: Path) -> None:
    sensor = find(tree(tmp_path, ORIN_NANO))
    assert sensor is not None
    # 40 µV across 5 mΩ are 8 mA, at 5 V 40 mW; 8 mV at 1.05 A are 8.4 mW.
    assert sensor.step_mw(sensor.read()) == pytest.approx(48.4)


def test_without_a_shunt_in_sysfs_the_readings_have_to_show_the_step(tmp_path: Path) -> None:
    sensor = find(tree(tmp_path, without("_resistor")))
    assert sensor is not None
    assert sensor.step_mw(sensor.read()) is None


def test_an_agx_orin_has_no_total_so_its_first_monitor_is_summed_and_said_to_be_rails(tmp_path: Path) -> None:
    files = {}
    for monitor, hwmon, labels in (
        ("1-0040", "hwmon4", ("VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0")),
        ("1-0041", "hwmon5", ("NC", "VDDQ_VDD2_1V8AO", "NC")),
    ):
        for channel, label in enumerate(labels, start=1):
            folder = f"{INA3221}/{monitor}/hwmon/{hwmon}"
            files |= {f"{folder}/in{channel}_label": label, f"{folder}/in{channel}_input": "5000"}
            files[f"{folder}/curr{channel}_input"] = str(100 * channel)
    sensor = find(tree(tmp_path, files))
    assert sensor is not None
    assert sensor.scope == "rails"
    assert sensor.counted == ("VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0")
    reading = sensor.read()
    assert sensor.power_mw(reading) == 500 + 1000 + 1500
    assert reading["VDDQ_VDD2_1V8AO"] == 1000


def test_no_monitor_is_no_sensor(tmp_path: Path) -> None:
    assert find(str(tmp_path)) is None


@pytest.mark.parametrize(
    "files",
    [
        without("_label"),
        {path.replace("1-0040", "1-0041"): text for path, text in ORIN_NANO.items() if "in1" not in path},
    ],
    ids=["no labels", "no rail that feeds the board"],
)
def test_monitors_that_name_nothing_to_count_say_so(tmp_path: Path, files: dict[str, str]) -> None:
    with pytest.raises(SensorError, match="no rail VDD_IN"):
        find(tree(tmp_path, files))


@pytest.mark.parametrize("text", ["", "nonsense", "12.5"])
def test_a_rail_that_counts_and_cannot_be_read_is_an_error_and_not_zero(tmp_path: Path, text: str) -> None:
    sensor = find(tree(tmp_path, {**ORIN_NANO, f"{ORIN_HWMON}/curr1_input": text}))
    assert sensor is not None
    with pytest.raises(SensorError, match="VDD_IN cannot be read"):
        sensor.read()


def test_a_rail_that_does_not_count_may_be_missing(tmp_path: Path) -> None:
    sensor = find(tree(tmp_path, without("curr3_input")))
    assert sensor is not None
    assert set(sensor.read()) == {"VDD_IN", "VDD_CPU_GPU_CV"}
