"""The device's half of the wire protocol on a Linux board. See wire/SPEC.md."""

from __future__ import annotations

import os
import select
from typing import Any, List, Optional, Tuple

from edgekit.agent.errors import HostSilentError
from edgekit.agent.handlers import MAX_BODY, Handlers
from edgekit.wire.codes import REPLY, Kind, Status
from edgekit.wire.frame import CorruptFrame, Frame, FrameDecoder, encode_frame
from edgekit.wire.messages import ErrorBody

MAX_SKIPPED = 16
"""Numbers that a host may pass over: of requests that it gave up."""


class Server:
    """Answers requests from one stream on another, each exactly once."""

    def __init__(
        self, read_from: int, write_to: int, handlers: Handlers, silence_limit_s: Optional[float] = None
    ) -> None:
        """`silence_limit_s`: how long to wait for a host that says nothing or takes nothing; None: for ever."""
        self._read_from = read_from
        self._write_to = write_to
        self._handlers = handlers
        self._silence_limit_s = silence_limit_s
        self._decoder = FrameDecoder(MAX_BODY)
        self._hello_sequence: Optional[int] = None
        self._last_sequence: Optional[int] = None
        self._last: Optional[Tuple[int, int]] = None
        self._last_answer = b""

    def serve(self) -> None:
        """Returns after BYE or at the end of input.

        Raises:
            HostSilentError: the host has said nothing, or taken nothing, for the time that it may.
        """
        while not self._handlers.ended:
            self._wait([self._read_from], [])
            data = os.read(self._read_from, 65536)
            if not data:
                return
            for frame in self._decoder.feed(data):
                self._send(self._answer_once(frame))
                if self._handlers.ended:
                    return

    def _send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            self._wait([], [self._write_to])
            # A pipe that is ready takes so much without waiting.
            view = view[os.write(self._write_to, view[: select.PIPE_BUF]) :]

    def _wait(self, read_from: List[int], write_to: List[int]) -> None:
        if self._silence_limit_s is None:
            return
        if not any(select.select(read_from, write_to, [], self._silence_limit_s)):
            raise HostSilentError(f"nothing from the host for {self._silence_limit_s:g} s")

    def _answer_once(self, frame: Any) -> bytes:
        if isinstance(frame, CorruptFrame):
            body = ErrorBody("dropped a frame that " + frame.reason).pack()
            return encode_frame(Frame(Kind.BAD_FRAME, Status.BAD_FRAME, 0, body))
        key = (frame.kind, frame.sequence)
        if frame.kind != Kind.HELLO and key == self._last:
            return self._last_answer
        if self._is_stale(frame):
            message = "not the next request of the conversation that the last HELLO began"
            body = ErrorBody(message).pack()
            return encode_frame(Frame(frame.kind | REPLY, Status.BAD_STATE, frame.sequence, body))
        status, body = self._handlers.answer(frame.kind, frame.body)
        answer = encode_frame(Frame(frame.kind | REPLY, status, frame.sequence, body))
        self._last, self._last_answer = (None, b"") if frame.kind == Kind.HELLO else (key, answer)
        self._last_sequence = frame.sequence
        if frame.kind == Kind.HELLO:
            self._hello_sequence = frame.sequence
        return answer

    def _is_stale(self, frame: Frame) -> bool:
        """A copy that was long under way, or a request of a host that another one has replaced."""
        if frame.kind == Kind.HELLO:
            return self._last is not None and frame.sequence == self._hello_sequence
        if self._last_sequence is None:
            return False
        return not 1 <= (frame.sequence - self._last_sequence) & 0xFFFF <= MAX_SKIPPED
