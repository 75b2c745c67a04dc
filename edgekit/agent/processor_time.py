"""How busy the processors are, and with what: ours, or somebody else's.

Source: proc(5): the columns of /proc/stat, and utime and stime, fields 14 and 15 of /proc/PID/stat.
"""

from __future__ import annotations

import os
from typing import Iterable, Optional, Tuple

from edgekit.agent.sysfs import read_text


def read_busy_s(root: str = "/") -> Optional[float]:
    """Seconds that all processors together have worked since boot."""
    for line in read_text(root, "proc/stat").splitlines():
        words = line.split()
        if words[:1] == ["cpu"] and len(words) >= 5:
            numbers = [int(each) for each in words[1:9]]  # later ones are counted in user and nice already
            idle = numbers[3] + (numbers[4] if len(numbers) > 4 else 0)  # idle and iowait
            return float(sum(numbers) - idle) / _ticks_per_s()
    return None


def read_process_s(pid: int, root: str = "/") -> Optional[float]:
    """Seconds that a process and its threads have worked."""
    # The name, in brackets, may hold anything.
    fields = read_text(root, f"proc/{pid}/stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _ticks_per_s() if len(fields) > 12 else None


def read_others_s(own: Iterable[int], root: str = "/") -> Optional[Tuple[float, float]]:
    """Seconds of work of everything but the processes `own`, and of those; None where /proc does not tell."""
    ours = [read_process_s(each, root) for each in own]
    busy = read_busy_s(root)
    if busy is None or any(each is None for each in ours):
        return None
    total = sum(each for each in ours if each is not None)
    return busy - total, total


def _ticks_per_s() -> int:
    return os.sysconf("SC_CLK_TCK")
