"""Boards as their files and programs show them, for the readers of the agent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

INA3221 = "sys/bus/i2c/drivers/ina3221"
ORIN_HWMON = f"{INA3221}/1-0040/hwmon/hwmon3"

ORIN_NANO = {
    f"{ORIN_HWMON}/in1_label": "VDD_IN\n",
    f"{ORIN_HWMON}/in2_label": "VDD_CPU_GPU_CV\n",
    f"{ORIN_HWMON}/in3_label": "VDD_SOC\n",
    f"{ORIN_HWMON}/in7_label": "sum of shunt voltages\n",
    f"{ORIN_HWMON}/in1_input": "5000\n",
    f"{ORIN_HWMON}/in2_input": "5000\n",
    f"{ORIN_HWMON}/in3_input": "5000\n",
    f"{ORIN_HWMON}/in7_input": "9000\n",
    f"{ORIN_HWMON}/curr1_input": "1050\n",
    f"{ORIN_HWMON}/curr2_input": "140\n",
    f"{ORIN_HWMON}/curr3_input": "360\n",
    f"{ORIN_HWMON}/shunt1_resistor": "5000\n",
    f"{ORIN_HWMON}/shunt2_resistor": "5000\n",
    f"{ORIN_HWMON}/shunt3_resistor": "5000\n",
}

# As vcgencmd pmic_read_adc prints it on a Raspberry Pi 5: 12 rails, channels in no order, two voltages alone.
PMIC = """\
   3V7_WL_SW_A current(0)=0.10540080A
   3V3_SYS_A current(1)=0.05856200A
   1V8_SYS_A current(2)=0.17078740A
  DDR_VDD2_A current(3)=0.02049700A
  DDR_VDDQ_A current(4)=0.00000000A
   1V1_SYS_A current(5)=0.18249860A
    0V8_SW_A current(6)=0.32990640A
  VDD_CORE_A current(7)=0.56259000A
   3V3_DAC_A current(17)=0.00000000A
   3V3_ADC_A current(18)=0.00036600A
   0V8_AON_A current(16)=0.00512400A
      HDMI_A current(22)=0.01489200A
   3V7_WL_SW_V volt(8)=3.72140600V
   3V3_SYS_V volt(9)=3.31420400V
   1V8_SYS_V volt(10)=1.80512300V
  DDR_VDD2_V volt(11)=1.11135900V
  DDR_VDDQ_V volt(12)=0.60731360V
   1V1_SYS_V volt(13)=1.10695400V
    0V8_SW_V volt(14)=0.80274600V
  VDD_CORE_V volt(15)=0.76798460V
   3V3_DAC_V volt(20)=3.31359600V
   3V3_ADC_V volt(21)=3.30963900V
   0V8_AON_V volt(19)=0.80037250V
      HDMI_V volt(23)=5.15160000V
     EXT5V_V volt(24)=5.15664000V
      BATT_V volt(25)=0.00976800V
"""

UNREGISTERED = 'error=1 error_msg="Command not registered"\n'


def cpufreq(num_cpus: int = 4, governor: str = "ondemand", khz: int = 1_500_000) -> dict[str, str]:
    return {
        f"sys/devices/system/cpu/cpu{cpu}/cpufreq/{name}": text
        for cpu in range(num_cpus)
        for name, text in (
            ("scaling_governor", f"{governor}\n"),
            ("scaling_available_governors", "ondemand powersave performance\n"),
            ("scaling_cur_freq", f"{khz}\n"),
        )
    }


def proc_stat(busy: int, idle: int) -> str:
    """The first lines of /proc/stat, in ticks."""
    return f"cpu  {busy} 0 0 {idle} 0 0 0 0 0 0\ncpu0 {busy} 0 0 {idle} 0 0 0 0 0 0\n"


def pid_stat(pid: int, ticks: int) -> str:
    before = "S 1 1 1 0 -1 4194304 100 0 0 0"
    return f"{pid} (py (odd) name) {before} {ticks} 0 0 0 20 0 1 0 100 1000 10\n"


def tree(folder: Path, files: Mapping[str, str]) -> str:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(folder)


def fake_program(
    monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, outputs: Mapping[str, str]
) -> None:
    """Puts a program on PATH that prints by its first argument, and fails on others as vcgencmd does."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    cases = []
    for argument, text in outputs.items():
        answer = programs / f"{name}-{argument.strip('-')}.txt"
        answer.write_text(text)
        cases.append(f'"{argument}") cat "{answer}" ;;')
    path = programs / name
    path.write_text('#!/bin/sh\ncase "$1" in\n' + "\n".join(cases) + "\n*) exit 255 ;;\nesac\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
