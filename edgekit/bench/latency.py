"""Timed runs of the whole model: warm up, then measure in batches that fit into one reply."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.bench.inference import Inference
from edgekit.bench.result import Distribution
from edgekit.bench.statistics import summarize
from edgekit.errors import RemoteError

# Real devices, where the user gave no numbers.
_WARMUP_WINDOW = 10
_WARMUP_MAX_RUNS = 100
_WARMUP_BUDGET_S = 5.0
_SETTLED_CHANGE = 0.05
_MEASURE_BUDGET_S = 5.0
_MIN_RUNS = 10
_MAX_RUNS = 1000
# An instruction count repeats itself; a few runs prove that it does.
_EMULATED_RUNS = 3
_EMULATED_WARMUP = 1

_STATUS_NO_MEMORY = 9


@dataclass(frozen=True)
class TimedRuns:
    """Timer ticks of each run; `settled` is false if the warm-up ended before the times stopped changing."""

    ticks: tuple[int, ...]
    warmup: int
    settled: bool


class BatchedRuns:
    """Asks for many runs at once, or one by one where the device cannot keep its inputs for another run."""

    def __init__(self, inference: Inference, sample: int = 0) -> None:
        self._inference = inference
        self._inputs = inference.sample(sample)
        self._one_by_one = False
        self._inference.write(self._inputs)

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
    inference: Inference, *, timer_hz: int, emulated: bool, runs: int | None, warmup: int | None
) -> TimedRuns:
    """Runs sample 0 again and again; `None` lets the device's own times decide how often."""
    batches = BatchedRuns(inference)
    if emulated:
        num_warmup = _EMULATED_WARMUP if warmup is None else warmup
        batches.run(num_warmup)
        return TimedRuns(
            tuple(batches.run(_EMULATED_RUNS if runs is None else runs)), num_warmup, settled=True
        )
    if warmup is None:
        warmed_up = _warm_up_until_settled(batches, timer_hz)
        num_warmup, settled, last = len(warmed_up.ticks), warmed_up.settled, warmed_up.ticks
    else:
        last = tuple(batches.run(warmup))
        num_warmup, settled = warmup, True
    if runs is None:
        runs = choose_num_runs(statistics.median(last) / timer_hz if last else None)
    return TimedRuns(tuple(batches.run(runs)), num_warmup, settled)


def choose_num_runs(one_run_s: float | None) -> int:
    """As many as fit into a few seconds, but enough for a median and few enough to keep every sample."""
    if not one_run_s:
        return _MAX_RUNS
    return min(_MAX_RUNS, max(_MIN_RUNS, round(_MEASURE_BUDGET_S / one_run_s)))


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
    return summarize([each * scale for each in timed.ticks], warmup=timed.warmup, resolution=scale)


def instructions(timed: TimedRuns, instructions_per_tick: int) -> Distribution:
    """Instructions of an emulated core, whose timer advances once every `instructions_per_tick`."""
    counts = [each * instructions_per_tick for each in timed.ticks]
    return summarize(counts, warmup=timed.warmup, resolution=instructions_per_tick)
