"""When a number may not be trusted: each rule gives a warning that stays in the result as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from edgekit.bench.latency import TimedRuns
from edgekit.bench.result import Conditions, Distribution, Warning
from edgekit.units import format_latency_us

COARSEST_RESOLUTION = 0.01  # of the median
WIDEST_TAIL = 1.5  # p99 / median
WIDEST_SPREAD = 0.1  # stdev / mean
FEWEST_SAMPLES = 30
HOTTEST_C = 80.0
BUSIEST_LOAD = 0.5  # runnable processes per CPU, before the benchmark adds its own


def latency_warnings(latency: Distribution, timed: TimedRuns) -> Iterator[Warning]:
    if latency.resolution > COARSEST_RESOLUTION * latency.median:
        share = latency.resolution / latency.median if latency.median else float("inf")
        yield Warning(
            "timer_resolution",
            f"one tick of the timer is {format_latency_us(latency.resolution)}, {share:.0%} of the median; "
            "differences of that size mean nothing",
        )
    if latency.n < FEWEST_SAMPLES:
        yield Warning(
            "few_samples",
            f"{latency.n} runs are few for percentiles; --runs {FEWEST_SAMPLES} or more make them meaningful",
        )
    tail = latency.p99 / latency.median if latency.median else 1.0
    spread = (latency.stdev or 0.0) / latency.mean if latency.mean else 0.0
    # A short run that is a few ticks long jitters by whole ticks; that is the timer, not the device.
    beyond_timer = latency.p99 - latency.median > 2 * latency.resolution
    if beyond_timer and (tail > WIDEST_TAIL or spread > WIDEST_SPREAD):
        yield Warning(
            "spread",
            f"the runs scatter: p99 is {tail:.2f} times the median, stdev {spread:.0%} of the mean; "
            "something else uses the device, or its clock changes",
            unstable=True,
        )
    if not timed.settled:
        yield Warning(
            "warmup",
            f"the times still changed after {timed.warmup} warm-up runs; give more with --warmup",
            unstable=True,
        )


def instruction_warnings(counted: Distribution) -> Iterator[Warning]:
    difference = counted.max - counted.min
    # The timer ticks once in many instructions, so equal runs may differ by one tick.
    if difference > counted.resolution:
        yield Warning(
            "instructions_vary",
            f"the instruction count varied by {difference:g} between runs of the same input; "
            "an emulated core repeats itself, so this count is not to be trusted",
            unstable=True,
        )


def condition_warnings(conditions: Conditions, num_cpus: int | None) -> Iterator[Warning]:
    before, after = conditions.before, conditions.after
    governors = sorted({each for each in _texts(after, "governor") if each not in ("performance", "")})
    if governors:
        yield Warning(
            "governor",
            f"the CPU governor is {', '.join(governors)}, not performance; the clock may change between runs",
        )
    temperatures = list(_numbers(before, "temperature")) + list(_numbers(after, "temperature"))
    if temperatures and max(temperatures) >= HOTTEST_C:
        yield Warning(
            "temperature",
            f"the device reached {max(temperatures):.0f} °C; many boards slow down from {HOTTEST_C:.0f}",
        )
    if any(_truths(after, "throttl")):
        yield Warning("throttled", "the device reports that it throttled its clock", unstable=True)
    load = next(_numbers(before, "load"), None)
    if load is not None and load > BUSIEST_LOAD * (num_cpus or 1):
        yield Warning(
            "load", f"the load average was {load:.2f} before the measurement; other programs were running"
        )


def _values(conditions: Mapping[str, Any], word: str) -> Iterator[Any]:
    """Every scalar under a key with `word` in it: the device may send one, a list, or one per CPU."""
    for key, value in conditions.items():
        if word in key:
            yield from _scalars(value)


def _scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _scalars(each)
    elif isinstance(value, list):
        for each in value:
            yield from _scalars(each)
    elif value is not None:
        yield value


def _texts(conditions: Mapping[str, Any], word: str) -> Iterator[str]:
    return (each for each in _values(conditions, word) if isinstance(each, str))


def _numbers(conditions: Mapping[str, Any], word: str) -> Iterator[float]:
    return (
        float(each)
        for each in _values(conditions, word)
        if isinstance(each, (int, float)) and not isinstance(each, bool)
    )


def _truths(conditions: Mapping[str, Any], word: str) -> Iterator[bool]:
    return (bool(each) for each in _values(conditions, word) if isinstance(each, (bool, int)))
