from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgekit.agent.supply import read_supply
from tests.agent.boards import tree

POWER = "sys/class/power_supply"


@pytest.mark.parametrize(
    ("files", "supply"),
    [
        ({}, {}),
        ({"AC/type": "Mains", "AC/online": "1", "BAT0/type": "Battery"}, {"source": "mains"}),
        (
            {"AC/type": "Mains", "AC/online": "0", "BAT0/type": "Battery", "BAT0/status": "Discharging"},
            {"source": "battery"},
        ),
        ({"mouse/type": "Battery", "mouse/status": "Discharging", "mouse/scope": "Device"}, {}),
    ],
)
def test_a_board_says_what_feeds_it(tmp_path: Path, files: dict[str, str], supply: dict[str, Any]) -> None:
    assert read_supply(tree(tmp_path, {f"{POWER}/{name}": text for name, text in files.items()})) == supply


def test_the_voltage_alarm_of_a_raspberry_pi_counts_and_no_other(tmp_path: Path) -> None:
    hwmon = "sys/class/hwmon/hwmon1"
    alarm = {f"{hwmon}/in0_lcrit_alarm": "1\n", f"{hwmon}/name": "rpi_volt\n"}
    assert read_supply(tree(tmp_path / "pi", alarm)) == {"under_voltage": True}
    assert read_supply(tree(tmp_path / "pc", {**alarm, f"{hwmon}/name": "nct6775\n"})) == {}
