"""Devices for the tests of the session: an agent whose runtime only counts, and one that follows a script."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from edgekit import exchange
from edgekit.agent import handlers
from edgekit.agent.runtime import Runtime
from edgekit.agent.server import Server
from edgekit.deadline import Deadline
from edgekit.errors import LinkError
from edgekit.session import DeviceSession
from edgekit.wire.codes import Capability
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
    monkeypatch.setattr(handlers, "find_runtime", lambda wanted: Runtime("litert", module, "counting 1.0"))
    monkeypatch.setattr(CountingInterpreter, "invocations", 0)
    ours, theirs = socket.socketpair()
    served = Server(theirs.fileno(), theirs.fileno(), handlers.Handlers())

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
