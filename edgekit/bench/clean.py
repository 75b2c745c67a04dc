"""Whether the timed runs had the board to themselves, at one speed: the verdict and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from edgekit.bench.result import Conditions, Warning

FEWEST_SAMPLES = 5
SLOWEST_CLOCK = 0.95  # of the fastest that was seen under load
BUSIEST_OTHERS = 0.1  # processors' worth of other programs' work

VOIDING = ("throttled", "slowed", "clock_changed", "others", "load", "temperature", "under_voltage")
"""Codes of warnings that make conditions unclean."""


def watch_warnings(during: Mapping[str, Any]) -> Iterator[Warning]:
    """What the watcher saw within the timed runs; what a board does while it rests is its own business."""
    if "lost" in during:
        yield Warning(
            "watcher_lost", f"nobody vouches for the conditions while the runs ran: {during['lost']}"
        )
        return
    slowed_by = during.get("slowed_by")
    if isinstance(slowed_by, list) and slowed_by:
        names = ", ".join(map(str, slowed_by))
        yield Warning("slowed", f"the kernel held the clock down against heat: {names}", unstable=True)
    clock = during.get("clock_hz")
    if isinstance(clock, Mapping) and clock["min"] < SLOWEST_CLOCK * clock["max"]:
        yield Warning(
            "clock_changed",
            f"the clock fell to {clock['min'] / 1e6:,.0f} MHz under load, from {clock['max'] / 1e6:,.0f} MHz",
            unstable=True,
        )
    others = during.get("others_cpu")
    if isinstance(others, (int, float)) and others > BUSIEST_OTHERS:
        yield Warning("others", f"other programs kept {others:.2f} processors busy while the runs ran")


def judge(conditions: Conditions, warnings: tuple[Warning, ...], *, emulated: bool) -> Conditions:
    """`conditions` with the verdict: false for any evidence against, true only with evidence for it."""
    against = tuple(each.message for each in warnings if each.code in VOIDING)
    if emulated:
        return replace(conditions, reasons=("an emulator's conditions are those of the machine it runs on",))
    if against:
        return replace(conditions, clean=False, reasons=against)
    unknown = tuple(_missing_evidence(conditions.during))
    if unknown:
        return replace(conditions, reasons=unknown)
    return replace(conditions, clean=True, reasons=tuple(_evidence(conditions.during or {})))


def _missing_evidence(during: Mapping[str, Any] | None) -> Iterator[str]:
    if during is None:
        yield "nobody watched the board while the runs ran"
    elif "lost" in during:
        yield f"the watcher was lost: {during['lost']}"
    else:
        num_samples = during.get("num_samples", 0)
        if num_samples < FEWEST_SAMPLES:
            yield f"only {num_samples} samples were taken within the runs, {FEWEST_SAMPLES} are the least; time longer"
        if "clock_hz" not in during:
            yield "the board does not tell its clock"
        if "others_cpu" not in during:
            yield "the board does not tell what else it works on"


def _evidence(during: Mapping[str, Any]) -> Iterator[str]:
    yield f"{during['num_samples']} samples within the runs show a steady clock and no other work"
    if "throttled" in during:
        yield "the firmware reports no throttling and no under-voltage"
