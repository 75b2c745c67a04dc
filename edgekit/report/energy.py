"""The energy of one inference in words, or why there is none."""

from __future__ import annotations

from edgekit.bench.energy import why_no_energy
from edgekit.bench.result import BenchmarkResult, Energy
from edgekit.report.tables import format_energy
from edgekit.units import format_power_mw

Pairs = list[tuple[str, str]]


def energy_pairs(result: BenchmarkResult) -> Pairs:
    """Empty where `why_unavailable` has the say."""
    energy = result.energy_uj
    if energy is None:
        return []
    title = "one inference" if energy.scope == "board" else "one inference, rails only"
    return [
        (title, f"{format_energy(energy)} (95 %)"),
        ("measured by", energy.method),
        (
            "power",
            f"{format_power_mw(energy.timed_mw)} running, {format_power_mw(energy.idle_mw)} at rest, subtracted",
        ),
        (
            "samples",
            f"{energy.num_samples} running, {energy.num_idle_samples} at rest, {energy.sampling_hz:.2g} a second",
        ),
        *(_rail(energy, index) for index in range(len(energy.rails)) if len(energy.rails) > 1),
    ]


def why_unavailable(result: BenchmarkResult) -> str:
    """Completes "unavailable: …"; empty if there is energy."""
    if result.energy_uj is not None:
        return ""
    if result.emulated:
        return "an emulator takes its host's energy, and says nothing about silicon"
    if result.conditions is None:
        return "this device has no power sensor that edgekit reads"
    return why_no_energy(result.conditions.during)


def _rail(energy: Energy, index: int) -> tuple[str, str]:
    rail = energy.rails[index]
    words = f"{format_power_mw(rail.timed_mw)} running, {format_power_mw(rail.idle_mw)} at rest"
    return f"rail {rail.name}", words if rail.counted else f"{words}; not counted"
