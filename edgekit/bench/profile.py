"""Where the time goes: each operator run alone, in order, on the tensors that the one before it left."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import replace

from edgekit.bench.inference import Inference
from edgekit.bench.result import OperatorCost, Profile
from edgekit.cycle_model import ModelledRun
from edgekit.tflite_nouns import OperatorInfo

_REAL_RUNS = 10
# Counted instructions repeat themselves.
_EMULATED_RUNS = 1


def profile_operators(
    inference: Inference, *, scale: float, emulated: bool, advance: Callable[[int], None]
) -> Profile:
    """Needs a device with the STEP capability; `scale` turns one tick into microseconds or instructions."""
    runs = _EMULATED_RUNS if emulated else _REAL_RUNS
    inputs = inference.sample(0)
    ticks: list[list[int]] = [[] for _ in inference.model.operators]
    modelled: dict[int, ModelledRun] = {}
    inference.session.modelled_runs()
    for _ in range(runs):
        inference.write(inputs)
        for operator in inference.model.operators:
            ticks[operator.index] += inference.invoke(first_operator=operator.index, num_operators=1)
            counted = inference.session.modelled_runs()
            if counted is not None and counted.runs:
                modelled[operator.index] = counted.runs[-1]
            advance(1)
    return Profile(
        quantity="instructions" if emulated else "latency_us",
        runs=runs,
        resolution=round(scale, 6),
        operators=tuple(
            _cost(each, round(statistics.median(ticks[each.index]) * scale, 6), modelled.get(each.index))
            for each in inference.model.operators
        ),
    )


def _cost(operator: OperatorInfo, median: float, run: ModelledRun | None) -> OperatorCost:
    cost = OperatorCost(operator.index, operator.name, operator.macs, median)
    return cost if run is None else replace(cost, cycles_modelled=run.cycles, instruction_classes=run.classes)


def num_profile_steps(num_operators: int, emulated: bool) -> int:
    return num_operators * (_EMULATED_RUNS if emulated else _REAL_RUNS)
