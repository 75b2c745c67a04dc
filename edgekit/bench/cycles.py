"""Modelled cycles beside the instructions of an emulated core: what was counted, held against the core's own timer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from edgekit.bench.result import CycleModelRecord, Distribution
from edgekit.bench.statistics import summarize
from edgekit.cycle_counter import ModelledRuns
from edgekit.cycle_model import ModelledRun
from edgekit.errors import EdgekitError
from edgekit.session import DeviceSession

_TICKS_APART = 4
"""The timer's own readings and the phase of its tick are in one count and not in the other."""


@dataclass(frozen=True)
class Cycles:
    """Both, or neither."""

    modelled: Distribution | None = None
    model: CycleModelRecord | None = None


def cycles_of(
    session: DeviceSession, instructions: Distribution | None, warn: Callable[[str, str], object]
) -> Cycles:
    """Of the runs that have just been made; where they should be there and are not, `warn` hears why."""
    counted = session.modelled_runs()
    if counted is None or instructions is None:
        return Cycles()
    try:
        return cycles_modelled(counted, instructions)
    except EdgekitError as error:
        warn("no_modelled_cycles", f"cycles were not modelled: {error}")
        return Cycles()


def cycles_modelled(counted: ModelledRuns, instructions: Distribution) -> Cycles:
    """Of the timed runs, which are the last of those that were counted.

    Raises:
        EdgekitError: there are none, or the model saw other instructions than the timer did.
    """
    if counted.model is None:
        raise EdgekitError(counted.why_absent)
    if len(counted.runs) < instructions.n:
        raise EdgekitError(f"{len(counted.runs)} runs were counted where {instructions.n} were made")
    runs = counted.runs[-instructions.n :]
    _check(runs, instructions)
    cycles = np.array([each.cycles for each in runs], dtype=np.float64)
    distribution = summarize(cycles, warmup=instructions.warmup, resolution=1, repeats=True)
    timings = counted.model.timings
    model = CycleModelRecord(
        timings.path.stem, timings.basis, timings.sha256, counted.model.flash_wait_states
    )
    return Cycles(distribution, model)


def _check(runs: Sequence[ModelledRun], instructions: Distribution) -> None:
    for run, timed in zip(runs, instructions.samples, strict=True):
        if abs(run.instructions - timed) > _TICKS_APART * instructions.resolution:
            raise EdgekitError(
                f"the model saw {run.instructions:,} instructions where the core's timer counted {timed:,.0f}"
            )
