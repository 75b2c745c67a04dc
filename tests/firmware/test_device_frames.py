"""The firmware's message handling, frame by frame: what does not fit, what comes twice, late or damaged."""

from __future__ import annotations

import pytest

from edgekit.deadline import Deadline
from edgekit.host_device import HostDeviceLink
from edgekit.session import DeviceSession
from edgekit.wire.codes import Kind, Status
from edgekit.wire.frame import Frame, FrameDecoder, encode_frame
from tests.generators.networks import build_small_network


@pytest.fixture
def deadline() -> Deadline:
    return Deadline(20.0)


def exchange(link: HostDeviceLink, frame: Frame, deadline: Deadline) -> list[Frame]:
    link.write(encode_frame(frame), deadline)
    return [each for each in FrameDecoder(5000).feed(link.read(1 << 20, deadline)) if isinstance(each, Frame)]


def greet(link: HostDeviceLink, sequence: int, deadline: Deadline) -> None:
    """Begins a conversation whose next request has `sequence` + 1."""
    (reply,) = exchange(link, Frame(Kind.HELLO, 0, sequence, b"\x01\x00"), deadline)
    assert (reply.kind, reply.status) == (0x81, Status.OK)


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
