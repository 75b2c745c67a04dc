from __future__ import annotations

import contextlib
import hashlib
import select
import socket
import threading
import time
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from edgekit import exchange
from edgekit.agent import server as agent_server
from edgekit.deadline import Deadline
from edgekit.errors import DeadlineError, LinkError, RemoteError
from edgekit.faulty_link import FaultyLink
from edgekit.session import DeviceSession
from edgekit.wire.codes import REPLY, Capability, Kind, Status
from edgekit.wire.frame import Frame, FrameDecoder, encode_frame
from edgekit.wire.messages import Hello

MODEL = b"\x1c\0\0\0TFL3" + bytes(range(256)) * 20


class CountingInterpreter:
    """Stands for a TFLite interpreter; its output is its input plus the number of invocations so far."""

    invocations = 0

    def __init__(self, **options: Any) -> None:
        self._input = np.zeros(100, np.int8)

    def allocate_tensors(self) -> None:
        pass

    def get_input_details(self) -> list[dict[str, Any]]:
        return [{"index": 0, "name": "x", "shape": np.array([100]), "dtype": np.int8}]

    def get_output_details(self) -> list[dict[str, Any]]:
        return [{"index": 1, "name": "y", "shape": np.array([100]), "dtype": np.int8}]

    def set_tensor(self, index: int, array: Any) -> None:
        self._input = array

    def invoke(self) -> None:
        type(self).invocations += 1

    def get_tensor(self, index: int) -> Any:
        return self._input + np.int8(type(self).invocations)


class SocketLink:
    """The host's end of a socket pair."""

    description = "a socket"

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def read(self, max_bytes: int, deadline: Deadline) -> bytes:
        if not select.select([self._end], [], [], deadline.remaining_s())[0]:
            return b""
        with contextlib.suppress(OSError):
            data = self._end.recv(max_bytes)
            if data:
                return data
        raise LinkError("the socket was closed")

    def write(self, data: bytes, deadline: Deadline) -> None:
        try:
            self._end.sendall(data)
        except OSError as error:
            raise LinkError("the socket was closed") from error

    def close(self) -> None:
        self._end.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "FIRST_INTERVAL_S", 0.02)
    monkeypatch.setattr(exchange, "LAST_INTERVAL_S", 0.1)
    monkeypatch.setattr(exchange, "HELLO_INTERVAL_S", 0.02)


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Iterator[SocketLink]:
    """An agent in a thread, whose runtime only counts."""
    module = types.SimpleNamespace(Interpreter=CountingInterpreter, OpResolverType=types.SimpleNamespace)
    monkeypatch.setattr(agent_server, "find_runtime", lambda: (module, "counting 1.0"))
    monkeypatch.setattr(CountingInterpreter, "invocations", 0)
    ours, theirs = socket.socketpair()
    served = agent_server.Server(theirs.fileno(), theirs.fileno())

    def serve() -> None:
        with contextlib.suppress(OSError):
            served.serve()
        theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield SocketLink(ours)
    with contextlib.suppress(OSError):
        ours.shutdown(socket.SHUT_RDWR)
    ours.close()
    thread.join(10)
    assert not thread.is_alive()


Answer = Callable[[bytes], list[bytes]]
Script = Callable[[Answer], SocketLink]


@pytest.fixture
def scripted() -> Iterator[Script]:
    """Makes a device that calls `answer` with what it reads and writes what that returns."""
    made: list[tuple[socket.socket, threading.Thread]] = []

    def make(answer: Answer) -> SocketLink:
        ours, theirs = socket.socketpair()

        def serve() -> None:
            with theirs, contextlib.suppress(OSError):
                while data := theirs.recv(65536):
                    for each in answer(data):
                        theirs.sendall(each)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        made.append((ours, thread))
        return SocketLink(ours)

    yield make
    for ours, thread in made:
        with contextlib.suppress(OSError):
            ours.shutdown(socket.SHUT_RDWR)
        ours.close()
        thread.join(10)
        assert not thread.is_alive()


def hello_reply(**changes: Any) -> bytes:
    fields: dict[str, Any] = {
        "protocol": 1,
        "capabilities": Capability.NONE,
        "max_body": 64,
        "model_capacity": 1,
        "arena_capacity": 1,
        "timer_hz": 1,
        "board": "b",
        "runtime": "r",
        "version": "v",
        "build": "",
        "identity": "",
    }
    return Hello(**{**fields, **changes}).pack()


def run_once(session: DeviceSession, value: int) -> np.ndarray[Any, Any]:
    deadline = Deadline(20)
    session.write_input(0, np.full(100, value, np.int8).tobytes(), deadline)
    session.invoke(deadline)
    return np.frombuffer(session.read_output(0, 100, deadline), np.int8)


def test_a_model_is_loaded_run_and_read_back(agent: SocketLink) -> None:
    progress: list[int] = []
    with DeviceSession.open(agent, Deadline(10), "bench") as session:
        loaded = session.load(MODEL, Deadline(10), progress.append)
        assert loaded.sha256 == hashlib.sha256(MODEL).hexdigest()
        assert (loaded.num_inputs, loaded.num_outputs) == (1, 1)
        assert sum(progress) == len(MODEL)
        assert list(run_once(session, 3)) == [4] * 100
        assert len(session.invoke(Deadline(10), warmup=2, runs=5)) == 5
        assert CountingInterpreter.invocations == 8
        assert session.payload_bytes == len(MODEL) + 100 + 8 + 100 + 40
        assert session.bytes_sent + session.bytes_received > session.payload_bytes
        assert session.frames_resent == session.frames_corrupt == 0


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


def test_more_runs_than_a_reply_holds_are_split_and_keep_their_inputs(agent: SocketLink) -> None:
    with DeviceSession.open(agent, Deadline(10)) as session:
        session.load(MODEL, Deadline(10))
        session.write_input(0, bytes([7]) * 100, Deadline(10))
        session.hello = Hello(**{**vars(session.hello), "max_body": 64})
        assert len(session.invoke(Deadline(10), warmup=3, runs=20)) == 20
        assert CountingInterpreter.invocations == 23
        session.hello = Hello(**{**vars(session.hello), "max_body": 65536})
        assert list(np.frombuffer(session.read_output(0, 100, Deadline(10)), np.int8)) == [30] * 100


def test_a_refusal_says_what_where_and_why(agent: SocketLink) -> None:
    with DeviceSession.open(agent, Deadline(10), "desk") as session:
        with pytest.raises(
            RemoteError, match=r"^desk failed while loading the model: not a \.tflite file"
        ) as caught:
            session.load(b"garbage" * 10, Deadline(10))
        assert caught.value.status == Status.BAD_MODEL
        with pytest.raises(RemoteError, match=r"no model is loaded \(BAD_STATE\)"):
            session.invoke(Deadline(10))
        session.load(MODEL, Deadline(10))
        with pytest.raises(RemoteError, match=r"input 0 has 100 bytes, not 101 \(BAD_RANGE\)"):
            session.write_input(0, bytes(101), Deadline(10))
        with pytest.raises(RemoteError, match=r"no input 4"):
            session.write_input(4, bytes(1), Deadline(10))


def test_operator_and_tensor_of_a_refusal_are_kept(scripted: Script) -> None:
    def answer(data: bytes) -> list[bytes]:
        replies = []
        for frame in FrameDecoder(1024).feed(data):
            assert isinstance(frame, Frame)
            body = hello_reply() if frame.kind == Kind.HELLO else b"\x03\0\x07\0\x05no op"
            status = 0 if frame.kind == Kind.HELLO else Status.UNSUPPORTED
            replies.append(encode_frame(Frame(frame.kind | REPLY, status, frame.sequence, body)))
        return replies

    link = scripted(answer)
    session = DeviceSession.open(link, Deadline(5), "desk")
    with pytest.raises(RemoteError, match=r"no op \(UNSUPPORTED, operator 3, tensor 7\)") as caught:
        session.load(b"x", Deadline(5))
    assert (caught.value.operator, caught.value.tensor) == (3, 7)
    session.close(polite=False)


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


def test_a_device_that_holds_other_bytes_than_were_sent_is_faulty(scripted: Script) -> None:
    def answer(data: bytes) -> list[bytes]:
        out = []
        for frame in FrameDecoder(64).feed(data):
            assert isinstance(frame, Frame)
            body = {Kind.HELLO: hello_reply(), Kind.LOAD_END: b"\x11" * 32 + bytes(10)}.get(
                Kind(frame.kind), b""
            )
            out.append(encode_frame(Frame(frame.kind | REPLY, 0, frame.sequence, body)))
        return out

    link = scripted(answer)
    session = DeviceSession.open(link, Deadline(5), "desk")
    with pytest.raises(
        LinkError, match=r"desk holds a model with sha256 1111.* its memory or its link is faulty"
    ):
        session.load(b"model", Deadline(5))
    session.close(polite=False)


@pytest.mark.parametrize("body", [b"", hello_reply()[:-1], hello_reply() + b"x", hello_reply(max_body=63)])
def test_a_hello_that_does_not_fit_is_no_traceback(scripted: Script, body: bytes) -> None:
    def answer(data: bytes) -> list[bytes]:
        frames = [each for each in FrameDecoder(64).feed(data) if isinstance(each, Frame)]
        return [encode_frame(Frame(0x81, 0, each.sequence, body)) for each in frames]

    link = scripted(answer)
    with pytest.raises(LinkError, match=r"does not understand: HELLO reply|does not understand: the end"):
        DeviceSession.open(link, Deadline(5))


def test_another_version_of_the_protocol_is_refused(scripted: Script) -> None:
    def answer(data: bytes) -> list[bytes]:
        frames = [each for each in FrameDecoder(64).feed(data) if isinstance(each, Frame)]
        return [encode_frame(Frame(0x81, 0, each.sequence, hello_reply(protocol=9))) for each in frames]

    link = scripted(answer)
    with pytest.raises(LinkError, match="speaks version 9 of the protocol"):
        DeviceSession.open(link, Deadline(5))


def test_what_was_on_the_line_before_is_cleared() -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(b"old boot log" * 100)
    link = SocketLink(ours)
    DeviceSession(link).clear()
    assert link.read(10, Deadline(0)) == b""
    ours.close()
    theirs.close()


def test_options_and_conditions_are_asked_only_of_devices_that_have_them(agent: SocketLink) -> None:
    with DeviceSession.open(agent, Deadline(10)) as session:
        assert session.configure({"threads": 2}, Deadline(10)) == {"kernels": "fast", "threads": 2}
        assert session.conditions(Deadline(10))["runtime"] == "counting 1.0"
        with pytest.raises(
            RemoteError, match=r"unknown option 'thread', known: kernels, threads \(BAD_REQUEST\)"
        ):
            session.configure({"thread": 2}, Deadline(10))
