"""The agent as it is on a board, for the tests of this folder."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from edgekit.agent_bundle import BUNDLE_NAME, build_agent
from edgekit.wire import codes
from edgekit.wire import messages as m
from edgekit.wire.frame import Frame, FrameDecoder, encode_frame


class Agent:
    """The real agent in a process of its own, spoken to frame by frame."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.sequence = 0
        self.decoder = FrameDecoder(codes.MAX_MAX_BODY)

    @property
    def stdin(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin

    def send(self, data: bytes) -> Frame:
        self.stdin.write(data)
        assert self.process.stdout is not None
        while True:
            received = os.read(self.process.stdout.fileno(), 65536)
            assert received, "the agent ended"
            for frame in self.decoder.feed(received):
                assert isinstance(frame, Frame)
                return frame

    def ask(self, kind: int, body: bytes = b"") -> Frame:
        self.sequence += 1
        reply = self.send(encode_frame(Frame(kind, 0, self.sequence, body)))
        assert (reply.kind, reply.sequence) == (kind | codes.REPLY, self.sequence)
        return reply

    def refused(self, kind: int, body: bytes = b"") -> tuple[int, str]:
        reply = self.ask(kind, body)
        return reply.status, m.ErrorBody.unpack(reply.body).message

    def load(self, model: bytes) -> Frame:
        self.ask(codes.Kind.LOAD_BEGIN, m.LoadBegin(len(model), hashlib.sha256(model).digest()).pack())
        self.ask(codes.Kind.LOAD_DATA, m.LoadData(0, model).pack())
        return self.ask(codes.Kind.LOAD_END)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "edgekit.x"
    folder.mkdir()
    path = folder / BUNDLE_NAME
    path.write_bytes(build_agent())
    return path


@pytest.fixture
def agent(bundle: Path) -> Iterator[Agent]:
    command = [sys.executable, "-I", str(bundle)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0) as process:
        yield Agent(process)
        process.kill()


@pytest.fixture
def greeted(agent: Agent) -> Agent:
    pytest.importorskip("ai_edge_litert", reason="needs a TFLite runtime: pip install ai-edge-litert")
    assert agent.ask(codes.Kind.HELLO, m.HelloRequest().pack()).status == codes.Status.OK
    return agent
