"""The firmware's message handling, run in this process and spoken to by the host's own session."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.deadline import Deadline
from edgekit.errors import RemoteError
from edgekit.host_device import HostDeviceLink
from edgekit.host_runtime import HostRuntime
from edgekit.oracle import find_oracle
from edgekit.session import DeviceSession
from edgekit.tflite_model import read_model
from edgekit.wire.codes import Status
from tests.generators.networks import build_small_network
from tests.generators.tflite_builder import TfliteBuilder


@pytest.fixture
def deadline() -> Deadline:
    return Deadline(20.0)


@pytest.fixture
def session(deadline: Deadline) -> DeviceSession:
    return DeviceSession.open(HostDeviceLink(), deadline)


def test_a_model_runs_and_equals_the_oracle(session: DeviceSession, deadline: Deadline) -> None:
    model = build_small_network(seed=1)
    description = read_model(model)
    loaded = session.load(model, deadline)
    assert loaded.sha256 == hashlib.sha256(model).hexdigest()
    assert loaded.num_operators == len(description.operators)
    oracle = find_oracle(model)
    assert oracle is not None
    rng = np.random.default_rng(1)
    for _ in range(5):
        value = rng.integers(-128, 128, description.inputs[0].shape).astype(np.int8)
        session.write_input(0, value.tobytes(), deadline)
        session.invoke(deadline)
        (expected,) = oracle.invoke([value])
        assert session.read_output(0, expected.nbytes, deadline) == expected.tobytes()


def test_operators_run_one_by_one_leave_every_tensor_to_be_read(
    session: DeviceSession, deadline: Deadline
) -> None:
    model = build_small_network(seed=2)
    description = read_model(model)
    session.load(model, deadline)
    value = (
        np.arange(np.prod(description.inputs[0].shape)).astype(np.int8).reshape(description.inputs[0].shape)
    )
    oracle = find_oracle(model)
    assert oracle is not None
    tensors = oracle.tensors([value])
    session.write_input(0, value.tobytes(), deadline)
    for operator in description.operators:
        assert len(session.invoke(deadline, operator.index, 1)) == 1
        for index in operator.outputs:
            assert session.read_tensor(index, tensors[index].nbytes, deadline) == tensors[index].tobytes()


def test_repeated_runs_start_from_the_same_inputs(session: DeviceSession, deadline: Deadline) -> None:
    model = build_small_network(seed=3)
    description = read_model(model)
    session.load(model, deadline)
    value = np.full(description.inputs[0].shape, 17, np.int8)
    session.write_input(0, value.tobytes(), deadline)
    session.invoke(deadline)
    once = session.read_output(0, description.outputs[0].num_bytes, deadline)
    session.write_input(0, value.tobytes(), deadline)
    ticks = session.invoke(deadline, warmup=3, runs=700)
    assert len(ticks) == 700
    assert session.read_output(0, description.outputs[0].num_bytes, deadline) == once


def test_an_arena_without_room_for_the_inputs_refuses_repetition_but_not_single_runs(
    deadline: Deadline,
) -> None:
    model = build_small_network(seed=3)
    needed = HostRuntime(model).report.arena_bytes
    session = DeviceSession.open(HostDeviceLink(arena_capacity=needed), deadline)
    session.load(model, deadline)
    size = read_model(model).inputs[0].num_bytes
    session.write_input(0, bytes(size), deadline)
    assert len(session.invoke(deadline)) == 1
    with pytest.raises(RemoteError, match="no room to keep the inputs") as caught:
        session.invoke(deadline, runs=2)
    assert caught.value.status == Status.NO_MEMORY


def test_an_arena_one_step_too_small_is_refused_and_the_device_takes_the_next_model(
    deadline: Deadline,
) -> None:
    model = build_small_network(seed=3)
    needed = HostRuntime(model).report.arena_bytes
    session = DeviceSession.open(HostDeviceLink(arena_capacity=needed - 16), deadline)
    with pytest.raises(RemoteError, match="larger arena"):
        session.load(model, deadline)
    with pytest.raises(RemoteError, match="no model is loaded"):
        session.invoke(deadline)
    session.load(build_small_network(seed=4, channels=2), deadline)
    assert session.stats(deadline)["arena_bytes"] <= needed - 16


def test_a_model_larger_than_its_memory_is_refused_before_it_is_sent(deadline: Deadline) -> None:
    link = HostDeviceLink(model_capacity=1024)
    session = DeviceSession.open(link, deadline)
    sent = session.bytes_sent
    with pytest.raises(RemoteError, match="larger than the board's memory") as caught:
        session.load(build_small_network(seed=1), deadline)
    assert caught.value.status == Status.TOO_LARGE
    assert session.bytes_sent - sent < 200


def test_a_file_that_is_no_model_is_refused_and_a_model_after_it_taken(
    session: DeviceSession, deadline: Deadline
) -> None:
    for junk in (b"", b"TFL3", bytes(64), b"\x10\0\0\0TFL3" + bytes(40)):
        with pytest.raises(RemoteError) as caught:
            session.load(junk, deadline)
        assert caught.value.status == Status.BAD_MODEL
    session.load(build_small_network(seed=1), deadline)


def test_a_model_that_would_run_for_days_is_refused(deadline: Deadline) -> None:
    builder = TfliteBuilder()
    source = builder.tensor((1, 1000, 1000, 1), "int8", [0.1], [0])
    result = builder.tensor((1, 1000, 1000, 1), "int8", [0.1], [0])
    options = schema.Pool2DOptionsT(padding=0, strideH=1, strideW=1, filterHeight=1000, filterWidth=1000)
    builder.operator("MAX_POOL_2D", [source], [result], options, 2)
    session = DeviceSession.open(HostDeviceLink(), deadline)
    with pytest.raises(RemoteError, match="would take too long") as caught:
        session.load(builder.build([source], [result]), deadline)
    assert (caught.value.status, caught.value.operator) == (Status.UNSUPPORTED, 0)


def test_runs_that_would_take_days_are_refused(session: DeviceSession, deadline: Deadline) -> None:
    session.load(build_small_network(seed=1), deadline)
    with pytest.raises(RemoteError, match="warm-up at most 65535"):
        session.invoke(deadline, warmup=65_536)
    session.load(build_small_network(seed=1, size=256, channels=8), deadline)
    with pytest.raises(RemoteError, match="ask for fewer at a time"):
        session.invoke(deadline, warmup=65_535)
