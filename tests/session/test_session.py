"""What a session does with a device that answers: loads, runs, reads, passes on refusals."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from edgekit.deadline import Deadline
from edgekit.errors import LinkError, RemoteError
from edgekit.session import DeviceSession
from edgekit.wire.codes import REPLY, Kind, Status
from edgekit.wire.frame import Frame, FrameDecoder, encode_frame
from edgekit.wire.messages import Hello
from tests.session.conftest import MODEL, CountingInterpreter, Script, SocketLink, hello_reply, run_once


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


def test_options_and_conditions_are_asked_only_of_devices_that_have_them(agent: SocketLink) -> None:
    with DeviceSession.open(agent, Deadline(10)) as session:
        found = session.configure({"threads": 2}, Deadline(10))
        assert (found["kernels"], found["threads"], found["name"]) == ("fast", 2, "counting 1.0")
        assert session.conditions(Deadline(10))["runtime"] == "counting 1.0"
        with pytest.raises(
            RemoteError,
            match=r"unknown option 'thread', known: cores, delegate, kernels, runtime, threads \(BAD_REQUEST\)",
        ):
            session.configure({"thread": 2}, Deadline(10))
