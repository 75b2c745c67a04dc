from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from edgekit.agent.processor_time import read_busy_s, read_others_s, read_process_s
from tests.agent.boards import pid_stat, proc_stat, tree

TICKS = os.sysconf("SC_CLK_TCK")


def test_work_of_others_is_all_work_without_ours(tmp_path: Path) -> None:
    files = {"proc/stat": proc_stat(50 * TICKS, 900 * TICKS), "proc/7/stat": pid_stat(7, 20 * TICKS)}
    root = tree(tmp_path, {**files, "proc/8/stat": pid_stat(8, 5 * TICKS)})
    assert read_busy_s(root) == 50
    assert read_process_s(7, root) == 20
    assert read_others_s([7, 8], root) == (25, 25)


def test_waiting_for_a_disk_is_no_work_and_guests_count_once(tmp_path: Path) -> None:
    assert (
        read_busy_s(tree(tmp_path, {"proc/stat": "cpu 1 1 1 9 9 1 1 1 1 1\n".replace("1", str(TICKS))})) == 6
    )


@pytest.mark.parametrize("files", [{}, {"proc/stat": "intr 1 2 3\n"}, {"proc/stat": proc_stat(1, 1)}])
def test_what_proc_does_not_tell_is_not_known(tmp_path: Path, files: dict[str, str]) -> None:
    assert read_others_s([7], tree(tmp_path, files)) is None


def test_our_own_work_is_seen_on_this_machine() -> None:
    before = read_others_s([os.getpid()])
    give_up_s = time.process_time() + 0.2
    while time.process_time() < give_up_s:
        pass
    after = read_others_s([os.getpid()])
    assert before is not None
    assert after is not None
    assert 0.1 <= after[1] - before[1] <= 0.5
