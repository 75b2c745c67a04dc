"""The conditions of one result in words: the verdict, what changed while it ran, and all that the board said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgekit.bench.result import BenchmarkResult, Conditions
from edgekit.report.tables import ABSENT
from edgekit.units import format_bytes, format_clock_hz, format_ratio

Pairs = list[tuple[str, str]]

_THROTTLE_BITS = ("under-voltage", "clock capped", "throttled", "soft temperature limit")


@dataclass(frozen=True)
class Row:
    """One quantity at three times, `ABSENT` where it was not measured."""

    title: str
    before: str
    during: str
    after: str


@dataclass(frozen=True)
class ConditionsView:
    """`pill` is the style of the verdict: good, bad or note."""

    verdict: str
    pill: str
    reasons: list[str]
    rows: list[Row]
    watch: Pairs
    everything: list[tuple[str, str, str]]


def view_conditions(result: BenchmarkResult) -> ConditionsView | None:
    """None for a device that reports none."""
    conditions = result.conditions
    if conditions is None:
        return None
    verdict, pill = {True: ("clean", "good"), False: ("not clean", "bad"), None: ("not known", "note")}[
        conditions.clean
    ]
    before, after = _flatten(conditions.before), _flatten(conditions.after)
    return ConditionsView(
        verdict,
        pill,
        list(conditions.reasons or ("nobody watched the board while the runs ran",)),
        _rows(conditions),
        _watch(conditions.during or {}),
        [(key, before.get(key, ABSENT), after.get(key, ABSENT)) for key in dict.fromkeys([*before, *after])],
    )


def _rows(conditions: Conditions) -> list[Row]:
    before, during, after = conditions.before, conditions.during or {}, conditions.after
    rows = [
        Row("clock, fastest processor", _clock_now(before), _clock_range(during), _clock_now(after)),
        Row("hottest", _hottest(before), _hottest_during(during), _hottest(after)),
        Row("throttling", _throttling(before), _throttling(during), _throttling(after)),
        Row("held back by cooling", _list(before), _list(during), _list(after)),
        Row("other programs", _load(before), _others(during), _load(after)),
        Row("governor", *_same(before, after, "governor")),
        Row("power mode", *_same(before, after, "power_mode")),
        Row("supply", _supply(before), ABSENT, _supply(after)),
    ]
    return [row for row in rows if {row.before, row.during, row.after} != {ABSENT}]


def _same(before: Mapping[str, Any], after: Mapping[str, Any], key: str) -> tuple[str, str, str]:
    return str(before.get(key, ABSENT)), ABSENT, str(after.get(key, ABSENT))


def _clock_now(values: Mapping[str, Any]) -> str:
    clocks = values.get("clock_hz")
    if not isinstance(clocks, Mapping):
        return ABSENT
    now = [each["now"] for each in clocks.values() if isinstance(each, Mapping) and "now" in each]
    return format_clock_hz(max(now)) if now else ABSENT


def _clock_range(during: Mapping[str, Any]) -> str:
    clock = during.get("clock_hz")
    if not isinstance(clock, Mapping):
        return ABSENT
    low, high = format_clock_hz(clock["min"]), format_clock_hz(clock["max"])
    return f"{high}, steady" if low == high else f"{low} to {high}, mean {format_clock_hz(clock['mean'])}"


def _hottest(values: Mapping[str, Any]) -> str:
    zones = values.get("temperatures_c")
    if not isinstance(zones, Mapping) or not zones:
        return ABSENT
    zone = max(zones, key=lambda each: float(zones[each]))
    return f"{float(zones[zone]):.1f} °C ({zone})"


def _hottest_during(during: Mapping[str, Any]) -> str:
    if "hottest_c" not in during:
        return ABSENT
    return f"{during['hottest_c']:.1f} °C ({during.get('hottest_zone', '')})"


def _throttling(values: Mapping[str, Any]) -> str:
    """Raspberry Pi: bits 0-3 hold now, 16-19 have held since boot."""
    try:
        bits = int(str(values["throttled"]), 16)
    except (KeyError, ValueError):
        return ABSENT
    now = [name for bit, name in enumerate(_THROTTLE_BITS) if bits >> bit & 1]
    since = [name for bit, name in enumerate(_THROTTLE_BITS) if bits >> (16 + bit) & 1 and name not in now]
    words = ", ".join(now) if now else "none"
    return f"{words} (since boot: {', '.join(since)})" if since else words


def _list(values: Mapping[str, Any]) -> str:
    found = values.get("slowed_by")
    return ", ".join(map(str, found)) if isinstance(found, list) and found else ABSENT


def _load(values: Mapping[str, Any]) -> str:
    load = values.get("load_average")
    return f"load average {load[0]:.2f}" if isinstance(load, list) and load else ABSENT


def _others(during: Mapping[str, Any]) -> str:
    return f"{during['others_cpu']:.2f} processors" if "others_cpu" in during else ABSENT


def _supply(values: Mapping[str, Any]) -> str:
    supply = values.get("supply")
    if not isinstance(supply, Mapping):
        return ABSENT
    words = [str(supply["source"])] if "source" in supply else []
    if "under_voltage" in supply:
        words.append("voltage too low" if supply["under_voltage"] else "voltage fine")
    return ", ".join(words) or ABSENT


def _watch(during: Mapping[str, Any]) -> Pairs:
    if "num_samples" not in during:
        return []
    pairs = [("samples within the runs", str(during["num_samples"]))]
    if "sampling_hz" in during:
        pairs.append(("sampling rate", f"{during['sampling_hz']:.2g} Hz"))
    if "watcher_cpu" in during:
        pairs.append(
            ("the watcher itself took", f"{format_ratio(during['watcher_cpu'], 2)} of one processor")
        )
    if "own_cpu" in during:
        pairs.append(("the runs took", f"{during['own_cpu']:.2f} processors"))
    return pairs


def _flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat.update(_flatten(value, f"{prefix}{key}."))
        elif isinstance(value, list):
            flat[prefix + key] = ", ".join(str(each) for each in value)
        else:
            flat[prefix + key] = _scalar(value, prefix + key)
    return flat


def _scalar(value: Any, key: str) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if "clock_hz" in key:
        return format_clock_hz(value)
    if key.endswith("_bytes"):
        return format_bytes(int(value))
    return f"{value:.1f} °C" if "temperatures_c" in key else f"{value:g}"
