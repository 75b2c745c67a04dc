"""When a number may not be trusted: each rule gives a warning that stays in the result as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from edgekit.bench.clean import watch_warnings
from edgekit.bench.latency import TimedRuns
from edgekit.bench.result import Conditions, Distribution, Energy, Warning
from edgekit.units import format_energy_uj, format_latency_us

COARSEST_RESOLUTION = 0.01  # of the median
HARNESS_SHARE = 0.01  # of the median
WIDEST_TAIL = 1.5  # p99 / median
WIDEST_BULK = 1.1  # p90 / median
FEWEST_SAMPLES = 30
WIDEST_WINDOWS = 0.05  # between medians of windows, of the median of all
HOTTEST_C = 80.0
BUSIEST_LOAD = 0.5  # runnable processes per CPU, before the benchmark adds its own

_THROTTLE_BITS = ("under-voltage", "a capped clock", "throttling", "the soft temperature limit")
_SINCE_BOOT_SHIFT = 16


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
    # Not the standard deviation: one preempted run in a thousand moves that, and does not move the median.
    bulk = latency.p90 / latency.median if latency.median else 1.0
    # A short run that is a few ticks long jitters by whole ticks; that is the timer, not the device.
    beyond_timer = latency.p99 - latency.median > 2 * latency.resolution
    if beyond_timer and (tail > WIDEST_TAIL or bulk > WIDEST_BULK):
        yield Warning(
            "spread",
            f"the runs scatter: p90 is {bulk:.2f} and p99 {tail:.2f} times the median; "
            "something else uses the device, or its clock changes",
            unstable=True,
        )
    medians = [each.median for each in latency.windows or ()]
    apart = max(medians, default=0.0) - min(medians, default=0.0)
    if apart > max(WIDEST_WINDOWS * latency.median, 2 * latency.resolution):
        yield Warning(
            "windows_differ",
            f"the medians of the {len(medians)} windows reach from {format_latency_us(min(medians))} to "
            f"{format_latency_us(max(medians))}; the device did not stay as it was",
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


def condition_warnings(conditions: Conditions) -> Iterator[Warning]:
    """Reads the keys that the agent on a Linux board sends, those of them that it could measure."""
    before, after = conditions.before, conditions.after
    governor = after.get("governor", before.get("governor"))
    if isinstance(governor, str) and governor not in ("", "performance"):
        yield Warning(
            "governor",
            f"the CPU governor is {governor}, not performance; the clock may change between runs",
        )
    during = conditions.during or {}
    seen = [float(during["hottest_c"])] if "hottest_c" in during else []
    hottest = max([*_temperatures(before), *seen, *_temperatures(after)], default=0.0)
    if hottest >= HOTTEST_C:
        yield Warning(
            "temperature",
            f"the device reached {hottest:.0f} °C; many boards slow down from {HOTTEST_C:.0f} °C",
        )
    throttling = throttled_now(before, after, during)
    if throttling:
        yield Warning("throttled", f"the device reports {', '.join(throttling)}", unstable=True)
    load, num_cpus = before.get("load_average"), before.get("num_cpus")
    # Who has been watched need not be guessed about.
    guess = "others_cpu" not in during
    if guess and isinstance(load, list) and load and load[0] > BUSIEST_LOAD * (num_cpus or 1):
        yield Warning(
            "load", f"the load average was {load[0]:.2f} before the measurement; other programs were running"
        )
    if _under_voltage(before) or _under_voltage(after):
        yield Warning("under_voltage", "the supply's voltage was too low; use a stronger one", unstable=True)
    yield from watch_warnings(during)


def throttled_now(
    before: Mapping[str, Any], after: Mapping[str, Any], during: Mapping[str, Any] | None = None
) -> list[str]:
    """What limits the device at one of the two moments or while it was watched, or has begun to since the first.

    Source: Raspberry Pi documentation, vcgencmd get_throttled: bits 0-3 are now, bits 16-19 since boot.
    """
    first, last = _throttle_bits(before), _throttle_bits(after)
    watched = _throttle_bits(during or {})
    since_boot = ((last | watched) & ~first) >> _SINCE_BOOT_SHIFT
    bits = first | watched | last | since_boot
    return [name for bit, name in enumerate(_THROTTLE_BITS) if bits >> bit & 1]


def _throttle_bits(conditions: Mapping[str, Any]) -> int:
    value = conditions.get("throttled")
    try:
        return int(value, 16) if isinstance(value, str) else 0
    except ValueError:
        return 0


def delegate_warnings(found: Mapping[str, Any], asked: str | None) -> Iterator[Warning]:
    """`found` is what the device states; a runtime that hides what a delegate took is no reason for doubt."""
    if found.get("num_operators_delegated") == 0:
        yield Warning(
            "nothing_delegated",
            f"{found.get('delegate')} took none of the model's operators, so its times are those of the runtime's own "
            "kernels" + ("; compile the model with edgetpu_compiler first" if asked == "edgetpu" else ""),
        )


def energy_warnings(energy: Energy | None) -> Iterator[Warning]:
    if energy is not None and energy.uncertainty >= abs(energy.value):
        yield Warning(
            "energy_uncertain",
            f"the energy of one inference, {format_energy_uj(energy.value)}, is less than its uncertainty, "
            f"{format_energy_uj(energy.uncertainty)}: the board's power hardly differs from when it rests",
        )


def _under_voltage(conditions: Mapping[str, Any]) -> bool:
    supply = conditions.get("supply")
    return isinstance(supply, Mapping) and supply.get("under_voltage") is True


def _temperatures(conditions: Mapping[str, Any]) -> list[float]:
    zones = conditions.get("temperatures_c")
    return [float(each) for each in zones.values()] if isinstance(zones, Mapping) else []
