"""Timed runs of the whole model: warm up, then measure in batches that fit into one reply."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgekit.bench.inference import Inference
from edgekit.bench.result import Distribution, Window
from edgekit.bench.statistics import summarize
from edgekit.errors import DeviceError, RemoteError

Ticks = npt.NDArray[np.uint64]

# Real devices, where the user gave no numbers.
_WARMUP_WINDOW = 10
_WARMUP_MAX_RUNS = 100
_WARMUP_BUDGET_S = 5.0
_SETTLED_CHANGE = 0.05
_MEASURE_BUDGET_S = 5.0
_MIN_RUNS = 10
_MAX_RUNS = 1000
WINDOW_BUDGET_S = 10.0
"""How long a rest before the windows need not be longer than."""
# Short enough that an interrupt is heard and a window ends on time.
_LONGEST_BATCH_S = 0.5
# An instruction count repeats itself; a few runs prove that it does.
_EMULATED_RUNS = 3
_EMULATED_WARMUP = 1

_STATUS_NO_MEMORY = 9


@dataclass(frozen=True)
class WindowPlan:
    """Windows of at least `seconds` and ten runs each."""

    num_windows: int
    seconds: float


@dataclass(frozen=True)
class TimedWindow:
    ticks: Ticks
    duration_s: float


@dataclass(frozen=True)
class TimedRuns:
    """Timer ticks of each run; `settled` is false if the warm-up ended before the times stopped changing.

    `first` is the first run after the load. `interruption` is what ended the measurement before its last window.
    """

    ticks: Sequence[int] | Ticks
    warmup: int
    settled: bool
    first: int | None = None
    windows: tuple[TimedWindow, ...] = ()
    interruption: BaseException | None = None


class BatchedRuns:
    """Asks for many runs at once, or one by one where the device cannot keep its inputs for another run."""

    def __init__(self, inference: Inference, sample: int = 0) -> None:
        self._inference = inference
        self._inputs = inference.sample(sample)
        self._one_by_one = False
        self._inference.write(self._inputs)

    @property
    def max_runs(self) -> int:
        """Of one request."""
        return 1 if self._one_by_one else self._inference.max_runs

    def run(self, num_runs: int) -> list[int]:
        ticks: list[int] = []
        while len(ticks) < num_runs:
            ticks += self._batch(min(num_runs - len(ticks), self._inference.max_runs))
        return ticks

    def _batch(self, num_runs: int) -> list[int]:
        if num_runs > 1 and not self._one_by_one:
            try:
                return self._inference.invoke(runs=num_runs)
            except RemoteError as error:
                if error.status != _STATUS_NO_MEMORY:
                    raise
                self._one_by_one = True
        # The arena may reuse the input's bytes during a run, so they are written before each.
        self._inference.write(self._inputs)
        return self._inference.invoke(runs=1)


def measure_runs(
    inference: Inference,
    *,
    timer_hz: int,
    emulated: bool,
    runs: int | None,
    warmup: int | None,
    plan: WindowPlan | None = None,
    warmed_up: Callable[[], object] = lambda: None,
    advance: Callable[[int], object] = lambda num_windows: None,
    clock: Callable[[], float] = time.monotonic,
) -> TimedRuns:
    """Runs sample 0 again and again; `None` lets the device's own times decide how often, or `plan` if there is one.

    `warmed_up` is called between warm-up and measurement, `advance` after each window. When the device fails
    or the user interrupts, the windows before are kept; without any, the exception goes on.
    """
    batches = BatchedRuns(inference)
    if emulated:
        num_warmup = _EMULATED_WARMUP if warmup is None else warmup
        batches.run(num_warmup)
        warmed_up()
        counted = batches.run(_EMULATED_RUNS if runs is None else runs)
        return TimedRuns(tuple(counted), num_warmup, settled=True)
    if warmup is None:
        settling = _warm_up_until_settled(batches, timer_hz)
        settled, before = settling.settled, settling.ticks
    else:
        settled, before = True, tuple(batches.run(warmup))
    warmed_up()
    first = int(before[0]) if len(before) else None
    typical_s = statistics.median(before) / timer_hz if len(before) else None
    if runs is None and plan is not None:
        windows, interruption = _measure_windows(batches, plan, typical_s, timer_hz, advance, clock)
        ticks = np.concatenate([each.ticks for each in windows])
        first = int(ticks[0]) if first is None else first
        return TimedRuns(ticks, len(before), settled, first, windows, interruption)
    timed = tuple(batches.run(choose_num_runs(typical_s) if runs is None else runs))
    return TimedRuns(timed, len(before), settled, timed[0] if first is None else first)


def choose_num_runs(one_run_s: float | None) -> int:
    """As many as fit into a few seconds, but enough for a median and few enough to keep every sample."""
    if not one_run_s:
        return _MAX_RUNS
    return min(_MAX_RUNS, max(_MIN_RUNS, round(_MEASURE_BUDGET_S / one_run_s)))


def _measure_windows(
    batches: BatchedRuns,
    plan: WindowPlan,
    typical_s: float | None,
    timer_hz: int,
    advance: Callable[[int], object],
    clock: Callable[[], float],
) -> tuple[tuple[TimedWindow, ...], BaseException | None]:
    windows: list[TimedWindow] = []
    try:
        while len(windows) < plan.num_windows:
            windows.append(_measure_window(batches, plan.seconds, typical_s, timer_hz, clock))
            typical_s = float(np.median(windows[-1].ticks)) / timer_hz
            advance(1)
    except (DeviceError, KeyboardInterrupt, SystemExit) as error:
        if not windows:
            raise
        return tuple(windows), error
    return tuple(windows), None


def _measure_window(
    batches: BatchedRuns,
    seconds: float,
    typical_s: float | None,
    timer_hz: int,
    clock: Callable[[], float],
) -> TimedWindow:
    parts: list[Ticks] = []
    num_runs, began_s = 0, clock()
    while clock() - began_s < seconds or num_runs < _MIN_RUNS:
        longest_s = min(_LONGEST_BATCH_S, seconds)
        size = 1 if typical_s is None else int(longest_s / max(typical_s, 1 / timer_hz))
        ticks = batches.run(min(max(size, 1), batches.max_runs))
        parts.append(np.array(ticks, dtype=np.uint64))
        num_runs += len(ticks)
        typical_s = statistics.median(ticks) / timer_hz
    return TimedWindow(np.concatenate(parts), clock() - began_s)


def _warm_up_until_settled(batches: BatchedRuns, timer_hz: int) -> TimedRuns:
    ticks = batches.run(_WARMUP_WINDOW)
    while len(ticks) < _WARMUP_MAX_RUNS and sum(ticks) / timer_hz < _WARMUP_BUDGET_S:
        ticks += batches.run(_WARMUP_WINDOW)
        if has_settled(ticks[-2 * _WARMUP_WINDOW : -_WARMUP_WINDOW], ticks[-_WARMUP_WINDOW:]):
            return TimedRuns(tuple(ticks), len(ticks), settled=True)
    return TimedRuns(tuple(ticks), len(ticks), settled=False)


def has_settled(earlier: Sequence[int], later: Sequence[int]) -> bool:
    """Whether the medians of two windows are within 5 % or one tick of each other."""
    before, after = statistics.median(earlier), statistics.median(later)
    return abs(after - before) <= max(1.0, _SETTLED_CHANGE * before)


def latency_us(timed: TimedRuns, timer_hz: int) -> Distribution:
    """Microseconds on a real device."""
    scale = 1e6 / timer_hz
    windows = [
        Window(len(each.ticks), round(float(np.median(each.ticks)) * scale, 6), round(each.duration_s, 3))
        for each in timed.windows
    ]
    samples = np.asarray(timed.ticks, dtype=np.float64) * scale
    return summarize(samples, warmup=timed.warmup, resolution=scale, windows=windows or None)


def instructions(timed: TimedRuns, instructions_per_tick: int) -> Distribution:
    """Instructions of an emulated core, whose timer advances once every `instructions_per_tick`."""
    counts = np.asarray(timed.ticks, dtype=np.float64) * instructions_per_tick
    return summarize(counts, warmup=timed.warmup, resolution=instructions_per_tick, repeats=True)
