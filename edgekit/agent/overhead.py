"""What a timed region costs that has nothing in it: the harness's own part of every latency."""

from __future__ import annotations

import time
from typing import List

_REPEATS = 1001


def empty_region_ns() -> int:
    """The median of many: two readings of the clock and one call of a Python method between them."""
    nothing = _Nothing()
    found: List[int] = []
    for _ in range(_REPEATS):
        began = time.perf_counter_ns()
        nothing.invoke()
        ended = time.perf_counter_ns()
        found.append(ended - began)
    return sorted(found)[_REPEATS // 2]


class _Nothing:
    def invoke(self) -> None:
        return None
