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
from edgekit.wire.frame import Frame, FrameDecoder, encode_frame
from edgekit.wire.messages import Kind, Status
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


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        (Kind.HELLO, b"", Status.BAD_REQUEST),
        (Kind.HELLO, b"\x02\x00", Status.BAD_REQUEST),
        (Kind.LOAD_BEGIN, bytes(35), Status.BAD_REQUEST),
        (Kind.LOAD_BEGIN, b"\xff\xff\xff\xff" + bytes(32), Status.TOO_LARGE),
        (Kind.LOAD_DATA, bytes(3), Status.BAD_REQUEST),
        (Kind.LOAD_DATA, bytes(8), Status.BAD_STATE),
        (Kind.LOAD_END, b"", Status.BAD_STATE),
        (Kind.LOAD_END, b"x", Status.BAD_REQUEST),
        (Kind.WRITE_INPUT, bytes(5), Status.BAD_REQUEST),
        (Kind.WRITE_INPUT, bytes(6), Status.BAD_STATE),
        (Kind.INVOKE, bytes(11), Status.BAD_REQUEST),
        (Kind.INVOKE, bytes(12), Status.BAD_STATE),
        (Kind.READ, bytes(10), Status.BAD_REQUEST),
        (Kind.READ, bytes(11), Status.BAD_STATE),
        (Kind.STATS, b"x", Status.BAD_REQUEST),
        (Kind.BYE, b"x", Status.BAD_REQUEST),
        (0x0A, b"", Status.UNKNOWN_KIND),
        (0x55, b"", Status.UNKNOWN_KIND),
    ],
)
def test_a_request_that_does_not_fit_gets_its_status(
    kind: int, body: bytes, status: Status, deadline: Deadline
) -> None:
    (reply,) = exchange(HostDeviceLink(), Frame(kind, 0, 9, body), deadline)
    assert (reply.kind, reply.status, reply.sequence) == (kind | 0x80, status, 9)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (Kind.WRITE_INPUT, (1).to_bytes(2, "little") + bytes(4)),
        (Kind.WRITE_INPUT, bytes(2) + (10**6).to_bytes(4, "little") + b"x"),
        (Kind.WRITE_INPUT, bytes(2) + b"\xff\xff\xff\xff" + b"x"),
        (Kind.READ, b"\x00" + (7).to_bytes(2, "little") + bytes(8)),
        (Kind.READ, b"\x01" + bytes(2) + bytes(4) + b"\xff\xff\xff\xff"),
        (Kind.READ, b"\x01" + bytes(2) + b"\xff\xff\xff\xff" + b"\x02\x00\x00\x00"),
        (Kind.READ, b"\x02" + b"\xff\xff" + bytes(8)),
        (Kind.INVOKE, b"\xf0\xff\x01\x00" + bytes(4) + b"\x01\x00\x00\x00"),
        (Kind.INVOKE, b"\x00\x00\xfe\xff" + bytes(4) + b"\x01\x00\x00\x00"),
        (Kind.INVOKE, b"\x00\x00\xff\xff" + bytes(8)),
        (Kind.INVOKE, b"\x00\x00\xff\xff" + bytes(4) + b"\xff\xff\xff\xff"),
    ],
)
def test_a_range_outside_the_model_is_refused(kind: Kind, body: bytes, deadline: Deadline) -> None:
    link = HostDeviceLink()
    session = DeviceSession.open(link, deadline)
    session.load(build_small_network(seed=1), deadline)
    greet(link, 0x7776, deadline)
    (reply,) = exchange(link, Frame(kind, 0, 0x7777, body), deadline)
    assert reply.status == Status.BAD_RANGE


def exchange(link: HostDeviceLink, frame: Frame, deadline: Deadline) -> list[Frame]:
    link.write(encode_frame(frame), deadline)
    return [each for each in FrameDecoder(5000).feed(link.read(1 << 20, deadline)) if isinstance(each, Frame)]


def greet(link: HostDeviceLink, sequence: int, deadline: Deadline) -> None:
    """Begins a conversation whose next request has `sequence` + 1."""
    (reply,) = exchange(link, Frame(Kind.HELLO, 0, sequence, b"\x01\x00"), deadline)
    assert (reply.kind, reply.status) == (0x81, Status.OK)


def test_the_same_request_twice_is_executed_once_and_answered_twice(deadline: Deadline) -> None:
    link = HostDeviceLink()
    session = DeviceSession.open(link, deadline)
    session.load(build_small_network(seed=1), deadline)
    greet(link, 0x4241, deadline)
    invoke = Frame(Kind.INVOKE, 0, 0x4242, b"\x00\x00\xff\xff" + bytes(4) + b"\x02\x00\x00\x00")
    first, second = (exchange(link, invoke, deadline) for _ in range(2))
    assert first == second  # equal to the microsecond: the second one was not run
    assert first[0].status == Status.OK


def test_a_damaged_frame_is_reported_and_the_answer_before_it_stays_available(deadline: Deadline) -> None:
    link = HostDeviceLink()
    greet(link, 4, deadline)
    stats = Frame(Kind.STATS, 0, 5, b"")
    (answer,) = exchange(link, stats, deadline)
    damaged = bytearray(encode_frame(Frame(Kind.STATS, 0, 6, b"")))
    damaged[3] ^= 0x10
    link.write(bytes(damaged), deadline)
    (complaint,) = FrameDecoder(5000).feed(link.read(1 << 20, deadline))
    assert isinstance(complaint, Frame)
    assert (complaint.kind, complaint.status, complaint.sequence) == (0xFF, Status.BAD_FRAME, 0)
    assert exchange(link, stats, deadline) == [answer]


def test_a_late_copy_of_a_request_is_refused_and_undoes_nothing(deadline: Deadline) -> None:
    link = HostDeviceLink()
    model = build_small_network(seed=1)
    DeviceSession.open(link, deadline).load(model, deadline)
    greet(link, 0xFFFE, deadline)
    write = Frame(Kind.WRITE_INPUT, 0, 0xFFFF, bytes(6) + b"\x11" * 64)
    invoke = Frame(Kind.INVOKE, 0, 0, b"\x00\x00\xff\xff" + bytes(4) + b"\x01\x00\x00\x00")
    read = Frame(Kind.READ, 0, 1, b"\x01" + bytes(6) + (10).to_bytes(4, "little"))
    replies = [exchange(link, each, deadline)[0] for each in (write, invoke, read)]
    assert [each.status for each in replies] == [Status.OK] * 3
    for late in (write, invoke, Frame(Kind.HELLO, 0, 0xFFFE, b"\x01\x00")):
        (refusal,) = exchange(link, late, deadline)
        assert (refusal.kind, refusal.status, refusal.sequence) == (
            late.kind | 0x80,
            Status.BAD_STATE,
            late.sequence,
        )
    # The last answer is still there, and the next request finds everything as it was.
    assert exchange(link, read, deadline) == [replies[2]]
    (again,) = exchange(link, Frame(Kind.READ, 0, 2, read.body), deadline)
    assert again.body == replies[2].body


def test_a_host_may_pass_over_the_numbers_of_requests_that_it_gave_up(deadline: Deadline) -> None:
    link = HostDeviceLink()
    greet(link, 100, deadline)
    assert exchange(link, Frame(Kind.STATS, 0, 116, b""), deadline)[0].status == Status.OK
    assert exchange(link, Frame(Kind.STATS, 0, 133, b""), deadline)[0].status == Status.BAD_STATE
    assert exchange(link, Frame(Kind.STATS, 0, 132, b""), deadline)[0].status == Status.OK


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
