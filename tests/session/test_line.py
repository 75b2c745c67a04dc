"""A session on a line that is silent, noisy, slow, or answers something else."""

from __future__ import annotations

import hashlib
import socket
import time

import pytest

from edgekit import exchange
from edgekit.deadline import Deadline
from edgekit.errors import DeadlineError, LinkError
from edgekit.faulty_link import FaultyLink
from edgekit.session import DeviceSession
from edgekit.wire.codes import REPLY, Kind, Status
from edgekit.wire.frame import Frame, FrameDecoder, encode_frame
from edgekit.wire.messages import Hello
from tests.session.conftest import MODEL, CountingInterpreter, Script, SocketLink, hello_reply, run_once


@pytest.mark.parametrize("seed", range(6))
def test_every_request_is_executed_once_however_bad_the_line(agent: SocketLink, seed: int) -> None:
    faulty = FaultyLink(agent, lose=0.12, double=0.12, flip=0.12, seed=seed)
    with DeviceSession.open(faulty, Deadline(20)) as session:
        # Small bodies make many frames, and many frames meet many faults.
        session.hello = Hello(**{**vars(session.hello), "max_body": 256})
        assert session.load(MODEL, Deadline(30)).sha256 == hashlib.sha256(MODEL).hexdigest()
        for count in range(1, 11):
            assert list(run_once(session, count)) == [2 * count] * 100
        assert session.frames_resent > 0
    assert faulty.num_faults > 5
    assert CountingInterpreter.invocations == 10


def test_a_silent_board_is_told_from_one_that_talks_nonsense(scripted: Script) -> None:
    silent = scripted(lambda data: [])
    with pytest.raises(
        LinkError, match=r"^desk does not answer: not one byte from a socket in 0\.3 s; check that"
    ):
        DeviceSession.open(silent, Deadline(0.3), "desk")
    talking = scripted(lambda data: [b"\r\nU-Boot 2023.01 (Jan 01)\r\n"])
    with pytest.raises(LinkError, match=r"answers, but not as edgekit's firmware does: .*'U-Boot 2023\.01"):
        DeviceSession.open(talking, Deadline(0.3), "desk")


def test_garbage_with_delimiters_is_quoted_with_escapes(scripted: Script) -> None:
    link = scripted(lambda data: [b"\0\xff\xfe\x01garbage\0\x02"])
    with pytest.raises(LinkError, match=r"\\xff\\xfe\\x01garbage"):
        DeviceSession.open(link, Deadline(0.3), "desk")


def test_a_looped_back_line_is_recognized(scripted: Script) -> None:
    link = scripted(lambda data: [data])
    with pytest.raises(LinkError, match=r"returns what is sent to it; check RX and TX"):
        DeviceSession.open(link, Deadline(0.3), "desk")


def test_a_board_that_boots_late_and_logs_first_is_waited_for(scripted: Script) -> None:
    seen = []

    def answer(data: bytes) -> list[bytes]:
        seen.append(data)
        if len(seen) < 5:
            return [b"booting ", b"...\r\n"]
        frames = [each for each in FrameDecoder(64).feed(data) if isinstance(each, Frame)]
        return [encode_frame(Frame(0x81, 0, each.sequence, hello_reply())) for each in frames]

    link = scripted(answer)
    session = DeviceSession.open(link, Deadline(5))
    assert session.hello.board == "b"
    session.close(polite=False)


def test_replies_to_older_requests_are_dropped(scripted: Script) -> None:
    def answer(data: bytes) -> list[bytes]:
        out = []
        for frame in FrameDecoder(64).feed(data):
            assert isinstance(frame, Frame)
            body = hello_reply() if frame.kind == Kind.HELLO else b""
            stale = encode_frame(Frame(frame.kind | REPLY, 0, (frame.sequence - 1) & 0xFFFF, b"stale"))
            other = encode_frame(Frame(Kind.READ | REPLY, 0, frame.sequence, b"other"))
            out += [stale, other, encode_frame(Frame(frame.kind | REPLY, 0, frame.sequence, body))]
        return out

    link = scripted(answer)
    session = DeviceSession.open(link, Deadline(5))
    assert session.stats(Deadline(5)) == {}
    session.close(polite=False)


def test_a_bad_frame_answer_is_met_at_once_and_not_for_ever(
    scripted: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "FIRST_INTERVAL_S", 60.0)
    received: list[Frame] = []
    refused = encode_frame(Frame(Kind.BAD_FRAME, Status.BAD_FRAME, 0, b"\xff\xff\xff\xff\x00"))

    def answer(data: bytes) -> list[bytes]:
        out = []
        for frame in FrameDecoder(64).feed(data):
            assert isinstance(frame, Frame)
            received.append(frame)
            is_hello = frame.kind == Kind.HELLO
            out.append(encode_frame(Frame(0x81, 0, frame.sequence, hello_reply())) if is_hello else refused)
        return out

    link = scripted(answer)
    session = DeviceSession.open(link, Deadline(5))
    with pytest.raises(DeadlineError):
        session.stats(Deadline(0.5))
    sent = [each for each in received if each.kind == Kind.STATS]
    assert len(sent) == 1 + exchange.MAX_QUICK_RESENDS
    assert len(set(sent)) == 1
    session.close(polite=False)


def test_a_device_that_dies_in_the_middle_is_given_up_with_its_last_words(scripted: Script) -> None:
    def answer(data: bytes) -> list[bytes]:
        for frame in FrameDecoder(64).feed(data):
            assert isinstance(frame, Frame)
            if frame.kind == Kind.HELLO:
                return [encode_frame(Frame(0x81, 0, frame.sequence, hello_reply()))]
        return [b"HardFault at 0x1234\r\n"]

    link = scripted(answer)
    session = DeviceSession(link, "desk", silence_s=0.3)
    session.say_hello(Deadline(5))
    with pytest.raises(
        LinkError, match=r"desk stopped answering while reading statistics.*HardFault at 0x1234"
    ):
        session.stats(Deadline(30))
    began = time.monotonic()
    with pytest.raises(DeadlineError, match=r"deadline of 0\.2 s while running the model"):
        session.invoke(Deadline(0.2))
    assert time.monotonic() - began < 1
    session.close(polite=False)


def test_what_was_on_the_line_before_is_cleared() -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(b"old boot log" * 100)
    link = SocketLink(ours)
    DeviceSession(link).clear()
    assert link.read(10, Deadline(0)) == b""
    ours.close()
    theirs.close()
