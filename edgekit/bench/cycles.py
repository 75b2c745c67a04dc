"""Modelled cycles beside the instructions of an emulated core: what was counted, held against the core's own timer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgekit.bench.result import CycleModelRecord, Distribution
from edgekit.bench.statistics import summarize
from edgekit.cycle_counter import ModelledRuns
from edgekit.cycle_model import CoreTimings, ModelledRun
from edgekit.errors import EdgekitError

_TICKS_APART = 4
"""The timer's own readings and the phase of its tick are in one count and not in the other."""


def cycles_modelled(
    counted: ModelledRuns, instructions: Distribution, warmup: int
) -> tuple[Distribution, CycleModelRecord]:
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
    distribution = summarize(cycles, warmup=warmup, resolution=1, repeats=True)
    return distribution, model_record(counted.model.timings, counted.model.flash_wait_states)


def model_record(timings: CoreTimings, flash_wait_states: int | None) -> CycleModelRecord:
    return CycleModelRecord(timings.path.stem, timings.basis, timings.sha256, flash_wait_states)


def _check(runs: Sequence[ModelledRun], instructions: Distribution) -> None:
    for run, timed in zip(runs, instructions.samples, strict=True):
        if abs(run.instructions - timed) > _TICKS_APART * instructions.resolution:
            raise EdgekitError(
                f"the model saw {run.instructions:,} instructions where the core's timer counted {timed:,.0f}"
            )
