"""State that is kept from one inference to the next, and what control flow must not do."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgekit.deadline import Deadline
from edgekit.errors import ModelError, RemoteError
from edgekit.host_device import HostDeviceLink
from edgekit.host_runtime import HostRuntime
from edgekit.session import DeviceSession
from edgekit.tflite_model import read_model
from edgekit.wire.codes import Status
from tests.firmware.reference import random_input, require_oracle
from tests.generators.single_operator import CASES
from tests.generators.state import build_accumulator, build_counting_loop
from tests.generators.tflite_builder import TfliteBuilder

STATEFUL = (
    "ek_svdf_int8",
    "ek_unidirectional_sequence_lstm_int8",
    "ek_read_variable_any",
    "ek_call_once_any",
)
MODELS = ("trained_lstm_int8", "dtln_noise_suppression", "micro_speech_lstm")


@pytest.mark.parametrize("kernel", STATEFUL)
def test_state_goes_on_as_in_tflite_micro_and_a_reset_starts_anew(kernel: str) -> None:
    pytest.importorskip(
        "tflite_micro", reason="the tflite-micro wheel is the oracle; it exists for x86-64 only"
    )

    @settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(model=CASES[kernel], seed=st.integers(0, 2**32 - 1))
    def check(model: bytes, seed: int) -> None:
        description, oracle = read_model(model), require_oracle(model)
        assert description.has_state
        rng = np.random.default_rng(seed)
        samples = [[random_input(each, rng) for each in description.inputs] for _ in range(10)]
        runtime = HostRuntime(model)
        runtime.require_loaded()
        first = []
        for number, inputs in enumerate(samples):
            (expected,) = oracle.invoke(inputs, fresh=number == 0)
            runtime.invoke(inputs)
            assert runtime.tensor(1, 0).tobytes() == expected.tobytes()
            first.append(expected.tobytes())
        runtime.reset()
        for inputs, expected_bytes in zip(samples, first, strict=True):
            runtime.invoke(inputs)
            assert runtime.tensor(1, 0).tobytes() == expected_bytes

    check()


@pytest.mark.parametrize("name", MODELS)
def test_recurrent_models_equal_tflite_micro_over_many_inferences(name: str) -> None:
    path = Path(os.environ.get("EDGEKIT_DATA_DIR", "/nonexistent")) / "tflm" / "examples" / f"{name}.tflite"
    if not path.is_file():
        pytest.skip(f"{path.name} is not in EDGEKIT_DATA_DIR")
    pytest.importorskip(
        "tflite_micro", reason="the tflite-micro wheel is the oracle; it exists for x86-64 only"
    )
    model = path.read_bytes()
    oracle, runtime, rng = require_oracle(model), HostRuntime(model), np.random.default_rng(3)
    runtime.require_loaded()
    for number in range(12):
        inputs = [random_input(each, rng) for each in read_model(model).inputs]
        (expected,) = oracle.invoke(inputs, fresh=number == 0)
        runtime.invoke(inputs)
        assert runtime.tensor(1, 0).tobytes() == expected.tobytes()


def test_the_device_resets_state_on_request() -> None:
    deadline = Deadline(20.0)
    session = DeviceSession.open(HostDeviceLink(), deadline)
    model = build_accumulator(lambda _: 4, initial=True)
    size = read_model(model).inputs[0].num_bytes
    session.load(model, deadline)
    outputs = []
    for number in range(4):
        if number == 2:
            session.reset_state(deadline)
        session.write_input(0, bytes([20] * size), deadline)
        session.invoke(deadline)
        outputs.append(session.read_output(0, size, deadline))
    assert outputs[:2] == outputs[2:]


def loop(condition: bool) -> bytes:
    """WHILE whose condition is constant."""
    builder = TfliteBuilder()
    state, after = builder.tensor((4,), "int8", [0.1], [0]), builder.tensor((4,), "int8", [0.1], [0])
    options = schema.WhileOptionsT()
    options.condSubgraphIndex, options.bodySubgraphIndex = 1, 2
    builder.operator("WHILE", [state], [after], options)
    builder.subgraph()
    inside = builder.tensor((4,), "int8", [0.1], [0])
    answer = builder.tensor((1,), "bool", data=np.array([condition]))
    builder.ends([inside], [answer])
    builder.subgraph()
    inside = builder.tensor((4,), "int8", [0.1], [0])
    builder.ends([inside], [inside])
    return builder.build([state], [after])


@pytest.mark.parametrize(("limit", "depth", "rounds"), [(20_000, 1, 20_000), (20, 3, 20 + 400 + 8000)])
def test_a_loop_of_thousands_of_small_steps_runs(limit: int, depth: int, rounds: int) -> None:
    runtime = HostRuntime(build_counting_loop(limit, depth=depth))
    for _ in range(2):  # what one inference may take is not used up by the one before
        runtime.invoke([np.arange(4, dtype=np.int32), np.zeros(4, np.int32)])
        assert runtime.tensor(1, 0).view(np.int32).tolist() == [rounds * value for value in range(4)]


@pytest.mark.parametrize(("size", "depth"), [(1, 1), (100_000, 1), (1, 6)])
def test_what_a_loop_takes_is_bounded_whatever_its_body_takes(size: int, depth: int) -> None:
    runtime = HostRuntime(build_counting_loop(2**31 - 1, size=size, depth=depth), arena_bytes=8 << 20)
    runtime.require_loaded()
    began = time.monotonic()
    with pytest.raises(ModelError, match="its loops take longer than an inference may"):
        runtime.invoke([np.zeros(size, np.int32)] * 2)
    assert time.monotonic() - began < 60


def test_runs_of_a_model_that_loops_long_end_when_they_have_taken_long_enough() -> None:
    deadline = Deadline(120.0)
    session = DeviceSession.open(HostDeviceLink(), deadline)
    # Large tensors, because adding them up takes less time than the work that it counts as.
    session.load(build_counting_loop(1000, size=20_000), deadline)
    assert len(session.invoke(deadline, runs=2)) == 2
    began = time.monotonic()
    with pytest.raises(RemoteError, match="ask for fewer at a time") as caught:
        session.invoke(deadline, warmup=1000)
    assert caught.value.status == Status.BAD_RANGE
    assert time.monotonic() - began < 60
    assert len(session.invoke(deadline)) == 1  # the model is still there


def test_a_loop_without_end_fails_and_the_runtime_takes_the_next_inference() -> None:
    runtime = HostRuntime(loop(True))
    runtime.require_loaded()
    for _ in range(2):
        with pytest.raises(ModelError, match="its loops take longer than an inference may"):
            runtime.invoke([np.arange(4, dtype=np.int8)])
    finite = HostRuntime(loop(False))
    finite.invoke([np.arange(4, dtype=np.int8)])
    assert finite.tensor(1, 0).tolist() == [0, 1, 2, 3]


def test_subgraphs_that_call_themselves_are_refused() -> None:
    builder = TfliteBuilder()
    state = builder.tensor((4,), "int8", [0.1], [0])
    once = schema.CallOnceOptionsT()
    once.initSubgraphIndex = 1
    builder.operator("CALL_ONCE", [], [], once)
    builder.subgraph()
    builder.operator("CALL_ONCE", [], [], once)
    report = HostRuntime(builder.build([state], [state])).report
    assert report.status == 8
    assert "call themselves" in report.message
