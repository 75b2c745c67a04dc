from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgekit.artifact import EvaluationSet
from edgekit.bench.inference import Inference
from edgekit.bench.latency import (
    TimedRuns,
    TimedWindow,
    WindowPlan,
    choose_num_runs,
    has_settled,
    instructions,
    latency_us,
    measure_runs,
)
from edgekit.bench.result import Window
from edgekit.deadline import Deadline
from edgekit.errors import LinkError, RemoteError
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


class Clock:
    """The host's clock as it would go: each run takes what the device says, each request a little more."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 0.001
        return self.now_s


def in_windows(session: FakeSession, clock: Clock, plan: WindowPlan, run_s: float, **more: Any) -> TimedRuns:
    ticks = session.ticks

    def take_time(run: int) -> int:
        clock.now_s += run_s
        return ticks(run)

    session.ticks = take_time
    return measure_runs(
        inference(session),
        timer_hz=1_000_000,
        emulated=False,
        runs=None,
        warmup=5,
        plan=plan,
        clock=clock,
        **more,
    )


@pytest.mark.parametrize("run_s", [0.001, 0.05, 0.9, 3.0])
def test_each_window_has_its_seconds_and_at_least_ten_runs(run_s: float) -> None:
    session = FakeSession(ticks=lambda run: round(run_s * 1e6), max_body=4096)
    timed = in_windows(session, Clock(), WindowPlan(5, 10.0), run_s)
    assert len(timed.windows) == 5
    assert timed.interruption is None
    for window in timed.windows:
        assert window.duration_s >= 10.0
        assert len(window.ticks) >= 10
        # Nor much longer than that.
        assert window.duration_s < max(10.0, 10 * run_s) + max(run_s, 0.6)
    assert len(timed.ticks) == sum(len(window.ticks) for window in timed.windows)


def test_windows_are_told_one_by_one_and_begin_after_the_warm_up() -> None:
    session, told = FakeSession(), []
    session.calls.clear()
    timed = in_windows(
        session, Clock(), WindowPlan(3, 0.1), 0.001,
        warmed_up=lambda: told.append(session.num_runs), advance=lambda n: told.append(n),
    )  # fmt: skip
    assert told == [5, 1, 1, 1]
    assert timed.warmup == 5


def test_the_first_run_after_the_load_is_kept_apart() -> None:
    session = FakeSession(ticks=lambda run: 9000 if run == 0 else 1000)
    timed = measure_runs(inference(session), timer_hz=1_000_000, emulated=False, runs=5, warmup=3)
    assert (timed.first, set(timed.ticks)) == (9000, {1000})
    cold = FakeSession(ticks=lambda run: 9000 if run == 0 else 1000)
    assert measure_runs(inference(cold), timer_hz=1_000_000, emulated=False, runs=5, warmup=0).first == 9000


@pytest.mark.parametrize("error", [LinkError("cut"), KeyboardInterrupt(), SystemExit(143)])
def test_windows_that_are_whole_outlive_what_comes_after(error: BaseException) -> None:
    def ticks(run: int) -> int:
        if run > 35:
            raise error
        return 1000

    timed = in_windows(FakeSession(ticks=ticks), Clock(), WindowPlan(5, 0.01), 0.001)
    assert timed.interruption is error
    assert 1 <= len(timed.windows) < 5
    assert len(timed.ticks) == sum(len(window.ticks) for window in timed.windows)


@pytest.mark.parametrize("error", [LinkError("cut"), KeyboardInterrupt()])
def test_without_a_whole_window_there_is_nothing_to_keep(error: BaseException) -> None:
    def ticks(run: int) -> int:
        if run > 12:
            raise error
        return 1000

    with pytest.raises(type(error)):
        in_windows(FakeSession(ticks=ticks), Clock(), WindowPlan(5, 10.0), 0.001)


def test_windows_become_medians_in_microseconds() -> None:
    windows = (TimedWindow(np.array([10, 20, 30]), 1.0), TimedWindow(np.array([40, 60]), 2.0))
    timed = TimedRuns(np.array([10, 20, 30, 40, 60]), 3, True, 10, windows)
    found = latency_us(timed, timer_hz=2_000_000)
    assert found.windows == (Window(3, 10.0, 1.0), Window(2, 25.0, 2.0))
    assert found.median == 15


def test_counted_instructions_have_no_interval_because_they_repeat() -> None:
    assert instructions(TimedRuns((66_419,) * 30, 1, True), 40).median_interval is None
