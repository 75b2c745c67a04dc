from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import pytest

from edgekit.agent.conditions import read_conditions
from edgekit.shell_conditions import SCRIPT, parse_conditions, read_local_conditions

PI = """
edgekit:file /sys/firmware/devicetree/base/model
Raspberry Pi 4 Model B Rev 1.4
edgekit:file /sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq
1500000

edgekit:file /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor
ondemand

edgekit:file /sys/class/thermal/thermal_zone0/type
cpu-thermal

edgekit:file /sys/class/thermal/thermal_zone0/temp
48312

edgekit:file /proc/cpuinfo
processor\t: 0
processor\t: 1

edgekit:file /proc/loadavg
0.25 0.10 0.05 1/99 1234

edgekit:run vcgencmd get_throttled
throttled=0x50005

edgekit:run vcgencmd measure_temp
temp=48.3'C

edgekit:run nvpmodel -q

edgekit:run uname -m
aarch64

edgekit:run uname -r
6.1.21-v8+
"""


def test_what_a_board_prints_becomes_what_its_agent_would_say() -> None:
    assert parse_conditions(PI) == {
        "machine": "aarch64",
        "kernel": "6.1.21-v8+",
        "model": "Raspberry Pi 4 Model B Rev 1.4",
        "num_cpus": 2,
        "governor": "ondemand",
        "clock_hz": {"cpu0": {"now": 1_500_000_000}},
        "temperatures_c": {"cpu-thermal": 48.312, "vcgencmd": 48.3},
        "throttled": "50005",
        "load_average": [0.25, 0.10, 0.05],
    }


def test_the_power_mode_of_a_jetson_is_on_two_lines() -> None:
    found = parse_conditions(
        "\nedgekit:run nvpmodel -q\nNV Power Mode: MAXN\n0\n\nedgekit:run uname -m\naarch64\n"
    )
    assert found["power_mode"] == "MAXN (0)"


def test_a_board_without_a_name_does_not_get_that_of_this_machine() -> None:
    assert parse_conditions("\nedgekit:run uname -m\nriscv64\n")["model"] == "riscv64"


@pytest.mark.parametrize("output", ["", "no such thing", "\nedgekit:file", "\nedgekit:run \n", "\0\xff" * 99])
def test_nonsense_tells_nothing(output: str) -> None:
    assert parse_conditions(output) == {}


@pytest.mark.parametrize(
    "path",
    [
        "/tmp/written",
        "/../../tmp/x",
        "/sys/class/thermal/../../../etc/passwd",
        "/sys/class/thermal/zone/a/type",
    ],
)
def test_only_what_was_asked_for_is_written_down(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Path] = []
    monkeypatch.setattr(Path, "write_text", lambda self, *_, **__: written.append(self))
    parse_conditions(f"\nedgekit:file {path}\nhello\n")
    assert written == []


def test_this_machine_says_the_same_through_a_shell_as_through_the_agent() -> None:
    through_shell, direct = read_local_conditions(), read_conditions("")
    same = ("machine", "kernel", "model", "machine_id", "os", "cpu", "memory_bytes", "num_cpus", "governor")
    assert {key: through_shell.get(key) for key in same} == {key: direct.get(key) for key in same}
    assert through_shell["machine"] == platform.machine()


def test_a_program_that_hangs_does_not_hold_up_the_rest(tmp_path: Path) -> None:
    program = tmp_path / "vcgencmd"
    program.write_text('#!/bin/sh\n[ "$1" = measure_temp ] || exec sleep 60\necho "temp=40.0\'C"\n')
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-c", SCRIPT], env=environment, capture_output=True, text=True, timeout=30, check=True
    )
    found = parse_conditions(done.stdout)
    assert found["temperatures_c"]["vcgencmd"] == 40.0
    assert "throttled" not in found
