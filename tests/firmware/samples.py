"""Generated models with inputs and what the reference makes of them, drawn once a run for all boards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgekit.deadline import Deadline
from edgekit.host_runtime import HostRuntime
from edgekit.session import DeviceSession
from edgekit.tflite_model import read_model
from tests.firmware.reference import expect, random_input
from tests.generators.catalogue import CASES
from tests.generators.joined import join_models


@dataclass(frozen=True)
class Sample:
    model: bytes
    inputs: tuple[np.ndarray, ...]
    expected: tuple[np.ndarray, ...]


@cache
def samples(kernel: str, count: int) -> tuple[Sample, ...]:
    """`count` different ones, always the same."""
    found: dict[tuple[bytes, int], Sample] = {}

    @settings(
        max_examples=2 * count, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(model=CASES[kernel], seed=st.integers(0, 2**32 - 1))
    def draw(model: bytes, seed: int) -> None:
        if len(found) == count or (model, seed) in found:
            return
        rng = np.random.default_rng(seed)
        inputs = [random_input(each, rng) for each in read_model(model).inputs]
        found[model, seed] = Sample(model, tuple(inputs), tuple(expect(kernel, model, inputs)))

    draw()
    return tuple(found.values())


def fits(board: DeviceSession, model: bytes) -> bool:
    hello = board.hello
    return (
        len(model) <= hello.model_capacity and HostRuntime(model).report.arena_bytes <= hello.arena_capacity
    )


def batches(board: DeviceSession, given: Sequence[Sample]) -> Iterator[tuple[bytes, Sequence[Sample]]]:
    """Joined models, as few as the board has room for, each with the samples that are in it."""
    joined = join_models([each.model for each in given])
    if fits(board, joined):
        yield joined, given
        return
    middle = len(given) // 2
    if middle == 0:
        raise AssertionError(f"{board.name} has no room for one of its samples")
    yield from batches(board, given[:middle])
    yield from batches(board, given[middle:])


def run_on(
    board: DeviceSession, model: bytes, given: Sequence[Sample], deadline: Deadline
) -> list[list[np.ndarray]]:
    """The outputs of each sample, in the shapes and types of what is expected."""
    board.load(model, deadline)
    for position, value in enumerate(value for each in given for value in each.inputs):
        board.write_input(position, value.tobytes(), deadline)
    board.invoke(deadline)
    results, position = [], 0
    for each in given:
        outputs = []
        for expected in each.expected:
            data = board.read_output(position, expected.nbytes, deadline)
            outputs.append(np.frombuffer(data, expected.dtype).reshape(expected.shape))
            position += 1
        results.append(outputs)
    return results
