"""Timed runs, and what timing itself adds to them."""

from __future__ import annotations

import statistics
import time
from typing import Any, Callable, List

RUNS = 1001


def time_runs(interpreter: Any, prepare: Callable[[], None], warmup: int, runs: int) -> List[int]:
    """Nanoseconds of each of `runs` inferences; `prepare` comes before every one, outside the timed region."""
    ticks = []
    for run in range(warmup + runs):
        prepare()
        began = time.perf_counter_ns()
        interpreter.invoke()
        ended = time.perf_counter_ns()
        if run >= warmup:
            ticks.append(ended - began)
    return ticks


def measure_overhead_ns(module: Any, runs: int = RUNS) -> int:
    """Median of the same loop around the runtime's own Python wrapper, with nothing to run behind it."""
    return round(statistics.median(time_runs(_idle_interpreter(module), _nothing, runs // 10, runs)))


class _IdleRuntime:
    def Invoke(self) -> None:  # noqa: N802 - the wrapper's name for it
        pass


class _IdleInterpreter:
    def invoke(self) -> None:
        pass


def _idle_interpreter(module: Any) -> Any:
    """Both packages keep what is written in C++ in `_interpreter`; of another one the call alone is measured."""
    try:
        idle = module.Interpreter.__new__(module.Interpreter)
        idle._interpreter = _IdleRuntime()
        idle.invoke()
    except Exception:
        return _IdleInterpreter()
    return idle


def _nothing() -> None:
    pass
