"""What a Raspberry Pi shows of itself in /sys, /proc/cpuinfo and vcgencmd, as files for an emulated board.

Source: Raspberry Pi documentation, "vcgencmd" and "PMIC"; the kernel's Documentation/admin-guide/pm/cpufreq.rst.
"""

from __future__ import annotations

from pathlib import Path

NUM_CPUS = 4

_CPU = """processor\t: {number}
BogoMIPS\t: 108.00
Features\t: fp asimd evtstrm crc32 cpuid
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x0
CPU part\t: 0xd08
CPU revision\t: 3

"""

PI_4 = "Raspberry Pi 4 Model B Rev 1.4"
PI_5 = "Raspberry Pi 5 Model B Rev 1.0"

_CPUFREQ = {
    "scaling_governor": "ondemand",
    "scaling_available_governors": "conservative ondemand userspace powersave performance schedutil",
    "scaling_cur_freq": "1500000",
    "scaling_min_freq": "600000",
    "scaling_max_freq": "1500000",
    "cpuinfo_min_freq": "600000",
    "cpuinfo_max_freq": "1500000",
}

# Rails as the Pi 5 prints them: channel numbers are not in sequence, EXT5V and BATT have no current.
_RAILS = (
    ("3V7_WL_SW", 0, 8, 0.09759000, 3.71460060),
    ("3V3_SYS", 1, 9, 0.06831300, 3.31111780),
    ("1V8_SYS", 2, 10, 0.16785480, 1.79926060),
    ("DDR_VDD2", 3, 11, 0.01171080, 1.10842180),
    ("DDR_VDDQ", 4, 12, 0.00000000, 0.60659890),
    ("1V1_SYS", 5, 13, 0.18347070, 1.10622370),
    ("0V8_SW", 6, 14, 0.33571040, 0.80293820),
    ("VDD_CORE", 7, 15, 0.56259000, 0.76798460),
    ("3V3_DAC", 17, 20, 0.00018315, 3.30804340),
    ("3V3_ADC", 18, 21, 0.00018315, 3.30865390),
    ("0V8_AON", 16, 19, 0.00411130, 0.79753970),
    ("HDMI", 22, 23, 0.02247600, 5.14292000),
)

_VCGENCMD = """#!/bin/sh
# Answers like the one on a Raspberry Pi, from the files that a test may change.
case "$1" in
get_throttled) echo "throttled=$(cat /opt/vc/throttled)" ;;
measure_temp) echo "temp=$(cat /opt/vc/temp)'C" ;;
measure_clock) echo 'frequency(48)=1500345728' ;;
measure_volts) echo 'volt=0.8500V' ;;
pmic_read_adc) if [ -f /opt/vc/pmic ]; then cat /opt/vc/pmic; else
  echo 'error=1 error_msg="Command not registered"'; fi ;;
*) echo 'error=1 error_msg="Command not registered"' ;;
esac
"""


def write_sensors(folder: Path, model: str = PI_4) -> None:
    """Writes `sys/`, `vc/`, `cpuinfo` and `bin/vcgencmd`; only a Pi 5 measures its rails."""
    files = {
        "cpuinfo": "".join(_CPU.format(number=each) for each in range(NUM_CPUS))
        + f"Revision\t: c03114\nSerial\t\t: 100000001a2b3c4d\nModel\t\t: {model}\n",
        "sys/firmware/devicetree/base/model": f"{model}\0",
        "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
        "sys/class/thermal/thermal_zone0/temp": "39473\n",
        "vc/throttled": "0x0\n",
        "vc/temp": "39.4\n",
        "bin/vcgencmd": _VCGENCMD,
    }
    for name in ("possible", "present", "online"):
        files[f"sys/devices/system/cpu/{name}"] = f"0-{NUM_CPUS - 1}\n"
    for cpu in range(NUM_CPUS):
        for name, value in _CPUFREQ.items():
            files[f"sys/devices/system/cpu/cpu{cpu}/cpufreq/{name}"] = f"{value}\n"
    if model == PI_5:
        files["vc/pmic"] = pmic_output()
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "bin/vcgencmd").chmod(0o755)


def pmic_output() -> str:
    """`vcgencmd pmic_read_adc` on a Pi 5."""
    currents = [f"{name + '_A':>13} current({channel})={amps:.8f}A" for name, channel, _, amps, _ in _RAILS]
    volts = [f"{name + '_V':>13} volt({channel})={value:.8f}V" for name, _, channel, _, value in _RAILS]
    single = (("EXT5V_V", 24, 5.15076000), ("BATT_V", 25, 0.00585810))
    volts += [f"{name:>13} volt({channel})={value:.8f}V" for name, channel, value in single]
    return "\n".join([*currents, *volts]) + "\n"
