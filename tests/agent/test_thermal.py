from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.agent.thermal import slowing_devices
from tests.agent.boards import tree


@pytest.mark.parametrize(
    ("kind", "state", "slowing"),
    [
        ("thermal-cpufreq-0", "2", ["thermal-cpufreq-0 (cooling_device0)"]),
        ("thermal-cpufreq-0", "0", []),
        ("Processor", "1", ["Processor (cooling_device0)"]),
        ("pwm-fan", "3", []),
        ("intel_powerclamp", "-1", []),
    ],
)
def test_only_what_holds_a_processor_back_slows_it(
    tmp_path: Path, kind: str, state: str, slowing: list[str]
) -> None:
    folder = "sys/class/thermal/cooling_device0"
    assert slowing_devices(tree(tmp_path, {f"{folder}/type": kind, f"{folder}/cur_state": state})) == slowing
