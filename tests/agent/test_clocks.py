from __future__ import annotations

from pathlib import Path

from edgekit.agent.clocks import fastest_clock_hz
from tests.agent.boards import cpufreq, tree

CURRENT = "sys/devices/system/cpu/cpu{}/cpufreq/scaling_cur_freq"


def test_the_processor_at_work_counts_and_not_those_that_rest(tmp_path: Path) -> None:
    root = tree(tmp_path, {**cpufreq(4, khz=600_000), CURRENT.format(2): "1500000"})
    assert fastest_clock_hz({0, 1, 2, 3}, root) == 1_500_000_000


def test_the_clock_of_a_processor_that_the_runs_may_not_use_says_nothing(tmp_path: Path) -> None:
    root = tree(tmp_path, {**cpufreq(4, khz=600_000), CURRENT.format(2): "1500000"})
    assert fastest_clock_hz({0, 1}, root) == 600_000_000


def test_a_virtual_machine_has_its_clock_in_cpuinfo(tmp_path: Path) -> None:
    root = tree(tmp_path, {"proc/cpuinfo": "cpu MHz : 2000.5\ncpu MHz : 3000\n"})
    assert fastest_clock_hz({0}, root) == 2_000_500_000
    assert fastest_clock_hz({9}, root) is None
