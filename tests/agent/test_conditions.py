from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgekit.agent.clocks import MAX_CPUS
from edgekit.agent.conditions import (
    read_board_model,
    read_conditions,
    read_identity,
    read_peak_rss_bytes,
)

# As a Raspberry Pi 4 shows it; a zone that is off cannot be read.
PI = {
    "sys/firmware/devicetree/base/model": "Raspberry Pi 4 Model B Rev 1.4\0",
    "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
    "etc/os-release": 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    "proc/meminfo": "MemTotal:        3884316 kB\nMemFree: 1 kB\n",
    "proc/loadavg": "0.52 0.41 0.30 1/123 456\n",
    "proc/self/status": "Name:\tpython3\nVmPeak:\t 9 kB\nVmHWM:\t   51234 kB\n",
    "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
    "sys/class/thermal/thermal_zone0/temp": "39500\n",
    "sys/class/thermal/thermal_zone1/type": "gpu-thermal\n",
    "sys/class/thermal/thermal_zone10/type": "cpu-thermal\n",
    "sys/class/thermal/thermal_zone10/temp": "-1250\n",
    "sys/devices/platform/soc/soc:firmware/get_throttled": "50005\n",
    **{
        f"sys/devices/system/cpu/cpu{cpu}/cpufreq/{name}": text
        for cpu in range(4)
        for name, text in (
            ("scaling_governor", "ondemand\n"),
            ("scaling_cur_freq", "1500000\n"),
            ("scaling_min_freq", "600000\n"),
            ("scaling_max_freq", "1800000\n"),
        )
    },
}


def tree(folder: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(folder)


def test_a_raspberry_pi_is_read_in_full(tmp_path: Path) -> None:
    found = read_conditions("tflite-runtime 2.14.0", tree(tmp_path, PI))
    assert found["model"] == "Raspberry Pi 4 Model B Rev 1.4"
    assert found["os"] == "Debian GNU/Linux 12 (bookworm)"
    assert found["memory_bytes"] == 3884316 * 1024
    assert found["governor"] == "ondemand"
    assert found["clock_hz"]["cpu3"] == {"now": 1_500_000_000, "min": 600_000_000, "max": 1_800_000_000}
    assert len(found["clock_hz"]) == 4
    assert found["temperatures_c"] == {"cpu-thermal": 39.5, "cpu-thermal (thermal_zone10)": -1.25}
    assert found["load_average"] == [0.52, 0.41, 0.30]
    assert found["throttled"] == "50005"
    assert found["runtime"] == "tflite-runtime 2.14.0"
    assert read_peak_rss_bytes(str(tmp_path)) == 51234 * 1024


def test_what_cannot_be_read_is_absent_and_never_zero(tmp_path: Path) -> None:
    found = read_conditions("r", str(tmp_path))
    unreadable = {"governor", "clock_hz", "temperatures_c", "load_average", "throttled", "memory_bytes", "os"}
    assert not unreadable & set(found)
    assert "machine_id" not in found
    assert read_identity(str(tmp_path)) == ""
    assert read_peak_rss_bytes(str(tmp_path)) is None


def test_governors_that_differ_are_all_named(tmp_path: Path) -> None:
    other = {"sys/devices/system/cpu/cpu2/cpufreq/scaling_governor": "performance"}
    assert read_conditions("r", tree(tmp_path, {**PI, **other}))["governor"] == "ondemand, performance"


def test_a_virtual_machine_tells_its_clock_in_cpuinfo(tmp_path: Path) -> None:
    cpuinfo = "processor\t: 0\nmodel name\t: AMD EPYC\ncpu MHz\t\t: 2596.096\n"
    found = read_conditions("r", tree(tmp_path, {"proc/cpuinfo": cpuinfo}))
    assert found["clock_hz"] == {"cpu0": {"now": 2_596_096_000}}
    assert found["cpu"] == "AMD EPYC"


def test_a_pc_is_named_by_its_maker(tmp_path: Path) -> None:
    names = {"sys/class/dmi/id/sys_vendor": "ACME\n", "sys/class/dmi/id/product_name": "Desk 9\n"}
    assert read_board_model(tree(tmp_path, names)) == "ACME Desk 9"


def test_the_identity_tells_machines_apart_without_giving_the_machine_id_away(tmp_path: Path) -> None:
    one = read_identity(tree(tmp_path / "one", PI))
    other = read_identity(tree(tmp_path / "other", {"etc/machine-id": "f" * 32}))
    assert len(one) == 32
    assert one != other
    assert "0123456789abcdef" not in one


@pytest.mark.parametrize("num_cpus", [1, 512])
def test_conditions_of_any_machine_fit_into_a_reply(tmp_path: Path, num_cpus: int) -> None:
    files = {
        f"sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_cur_freq": "1500000" for cpu in range(num_cpus)
    }
    found = read_conditions("r", tree(tmp_path, files))
    assert len(found["clock_hz"]) == min(num_cpus, MAX_CPUS)
    assert len(json.dumps(found)) < 65536
