from __future__ import annotations

import numpy as np
import pytest

from edgekit.artifact import EvaluationSet
from edgekit.bench.inference import Inference
from edgekit.bench.latency import (
    TimedRuns,
    choose_num_runs,
    has_settled,
    instructions,
    latency_us,
    measure_runs,
)
from edgekit.deadline import Deadline
from edgekit.errors import RemoteError
from edgekit.tflite_model import read_model
from tests.fake_session import FakeSession
from tests.tiny_model import build_dense

MODEL = read_model(build_dense())


def inference(session: FakeSession) -> Inference:
    session.load(MODEL.data, Deadline(10))
    evaluation = EvaluationSet((np.zeros((2, 4), np.int8),), None, "00")
    return Inference(session, MODEL, evaluation, Deadline(60))


def test_ticks_become_microseconds_on_a_real_device() -> None:
    found = latency_us(TimedRuns((200, 400), 3, True), timer_hz=2_000_000)
    assert (found.median, found.resolution, found.warmup) == (150, 0.5, 3)


def test_ticks_become_instructions_on_an_emulated_one() -> None:
    found = instructions(TimedRuns((66_419,) * 3, 1, True), 40)
    assert (found.median, found.resolution, found.min, found.max) == (2_656_760, 40, 2_656_760, 2_656_760)


@pytest.mark.parametrize(
    ("one_run_s", "runs"), [(None, 1000), (0.0, 1000), (1e-6, 1000), (0.05, 100), (2.0, 10), (60.0, 10)]
)
def test_runs_fill_a_few_seconds(one_run_s: float | None, runs: int) -> None:
    assert choose_num_runs(one_run_s) == runs


def test_times_have_settled_within_five_percent_or_a_tick() -> None:
    assert has_settled([100, 101, 99], [104, 105, 104])
    assert not has_settled([100, 101, 99], [106, 107, 106])
    assert has_settled([1, 1, 1], [2, 2, 2])


def test_warm_up_lasts_until_the_times_settle() -> None:
    session = FakeSession(ticks=lambda run: max(1000, 3000 - 50 * run))
    timed = measure_runs(inference(session), timer_hz=1_000_000, emulated=False, runs=12, warmup=None)
    assert timed.settled
    assert timed.warmup == 60
    assert timed.ticks == (1000,) * 12


def test_warm_up_that_never_settles_says_so() -> None:
    session = FakeSession(ticks=lambda run: 1000 * (run + 1))
    timed = measure_runs(inference(session), timer_hz=1_000_000, emulated=False, runs=5, warmup=None)
    assert not timed.settled


def test_given_numbers_are_kept_and_warm_up_is_not_counted() -> None:
    session = FakeSession(ticks=lambda run: run)
    timed = measure_runs(inference(session), timer_hz=1_000_000, emulated=False, runs=20, warmup=30)
    assert timed.ticks == tuple(range(30, 50))
    assert timed.warmup == 30


def test_no_warm_up_at_all_can_be_asked_for() -> None:
    session = FakeSession(ticks=lambda run: run + 1)
    timed = measure_runs(inference(session), timer_hz=1_000_000, emulated=False, runs=2, warmup=0)
    assert timed.ticks == (1, 2)


def test_no_request_asks_for_more_runs_than_fit_into_a_reply() -> None:
    # The fake answers BAD_REQUEST to more than 64 // 8 runs.
    timed = measure_runs(inference(FakeSession()), timer_hz=1_000_000, emulated=False, runs=50, warmup=9)
    assert len(timed.ticks) == 50


def test_a_device_that_cannot_keep_its_inputs_gets_them_before_each_run() -> None:
    session = FakeSession(keeps_inputs=False)
    prepared = inference(session)
    session.calls.clear()
    timed = measure_runs(prepared, timer_hz=1_000_000, emulated=False, runs=5, warmup=0)
    assert len(timed.ticks) == 5
    assert session.calls == ["write_input", "invoke"] + ["write_input", "invoke"] * 5


def test_another_refusal_is_not_taken_for_missing_memory() -> None:
    session = FakeSession(max_body=64)
    prepared = inference(session)
    prepared.max_runs = 9
    with pytest.raises(RemoteError, match="too many runs"):
        measure_runs(prepared, timer_hz=1_000_000, emulated=False, runs=9, warmup=0)
