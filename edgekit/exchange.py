"""One request and its reply: frames out, frames in, executed exactly once. See wire/SPEC.md, Exactly once."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import TypeVar

from edgekit.deadline import Deadline
from edgekit.errors import DeadlineError, DeviceError, LinkError, RemoteError
from edgekit.transports.link import Link
from edgekit.wire.codes import MAX_HELLO_REPLY_BODY, REPLY, Kind, Status
from edgekit.wire.fields import MessageError
from edgekit.wire.frame import CorruptFrame, Frame, FrameDecoder, encode_frame
from edgekit.wire.messages import ErrorBody

_T = TypeVar("_T")

HELLO_INTERVAL_S = 0.3
"""QEMU notices an opened pseudo-terminal at a poll once a second, a board may still be booting: ask often."""
FIRST_INTERVAL_S = 0.5
LAST_INTERVAL_S = 1.5
"""A line that works again is tried within this time."""
LONG_INTERVAL_S = 8.0
"""For frames that keep a slow line busy, and for devices that compute: copies queue up and are all answered."""
SHORT_FRAME_BYTES = 5000
MAX_QUICK_RESENDS = 16
_KEPT_TEXT_BYTES = 400


class Exchange:
    """Sequence numbers, retries and counters of one conversation; used by one thread.

    `silence_s` bounds the wait for requests that a device answers at once; the others (`patient`) are bounded
    by the deadline alone.
    """

    def __init__(self, link: Link, name: str, silence_s: float) -> None:
        self.name = name
        self.bytes_sent = 0
        self.bytes_received = 0
        self.frames_resent = 0
        self.frames_corrupt = 0
        self._link = link
        self._silence_s = silence_s
        self._sequence = 0
        self._text = bytearray()
        self._decoder = FrameDecoder(MAX_HELLO_REPLY_BODY, self._keep_text)

    def set_max_body(self, max_body: int) -> None:
        self._decoder.max_body = max_body

    def clear(self) -> None:
        """Drops what has arrived so far: the tail of another conversation, or a boot log."""
        give_up = Deadline(0.2)  # a board that never stops talking must not hold us here
        while not give_up.expired() and self._link.read(65536, Deadline(0)):
            pass

    def request(
        self, kind: Kind, body: bytes, deadline: Deadline, doing: str, patient: bool = False
    ) -> bytes:
        """Returns the body of the reply; `doing` completes "failed while …".

        Raises:
            RemoteError: the device answered with a failure.
            DeadlineError, LinkError: it did not answer; the message says what to check.
        """
        following = (self._sequence + 1) & 0xFFFF
        self._sequence = secrets.randbelow(0x10000) if kind == Kind.HELLO else following
        reply = self._exchange(Frame(kind, 0, self._sequence, body), deadline, doing, patient)
        if reply.status == Status.OK:
            return reply.body
        error = self.unpack(ErrorBody.unpack, reply.body)
        where = "".join(
            f", {what} {index}"
            for what, index in (("operator", error.operator), ("tensor", error.tensor))
            if index is not None
        )
        message = f"{self.name} failed while {doing}: {error.message} ({_status_name(reply.status)}{where})"
        raise RemoteError(message, reply.status, error.operator, error.tensor)

    def _exchange(self, request: Frame, deadline: Deadline, doing: str, patient: bool) -> Frame:
        """Sends `request` until its reply comes; the device executes it once however often it arrives."""
        is_hello = request.kind == Kind.HELLO
        # The extra delimiter brings a device in step that is in the middle of a broken frame.
        data = (b"\0" if is_hello else b"") + encode_frame(request)
        interval = HELLO_INTERVAL_S if is_hello else FIRST_INTERVAL_S
        received = bytearray()
        quick_resends, broken = 0, False
        began = time.monotonic()
        self._send(data, deadline)
        heard = time.monotonic()
        resend_at = heard + interval
        while True:
            now = time.monotonic()
            if deadline.expired():
                raise self._no_answer(request, deadline, doing, now - began, bytes(received), data)
            if not (patient or is_hello) and now - heard > self._silence_s:
                raise self._no_answer(request, None, doing, now - began, bytes(received), data)
            if now >= resend_at or broken:
                self._send(data, deadline)
                self.frames_resent += 1
                if not (is_hello or broken):
                    interval = min(2 * interval, _last_interval(len(data), patient, now - began))
                broken = False
                resend_at = time.monotonic() + interval
            wait_s = min(resend_at - time.monotonic(), deadline.remaining_s(), 1.0)
            chunk = self._link.read(65536, Deadline(max(0.0, wait_s)))
            if not chunk:
                continue
            self.bytes_received += len(chunk)
            received += chunk[: max(0, 4096 - len(received))]
            pending = self._decoder.pending_bytes
            reply, broken = self._take(chunk, request)
            if reply is not None:
                return reply
            if self._decoder.pending_bytes > pending:
                # A long reply is on its way: asking again would only make the line busier.
                heard = time.monotonic()
                resend_at = max(resend_at, heard + min(interval, FIRST_INTERVAL_S))
            if broken:
                # The other end waits as we do: ask again at once, but not for ever on a hopeless line.
                quick_resends += 1
                broken = quick_resends <= MAX_QUICK_RESENDS

    def _take(self, chunk: bytes, request: Frame) -> tuple[Frame | None, bool]:
        """Returns the reply to `request` if it is there, and whether a frame broke on the way."""
        reply, broken = None, False
        for each in self._decoder.feed(chunk):
            # Broken on the way here, or (the device says so) on the way there.
            if isinstance(each, CorruptFrame) or each.kind == Kind.BAD_FRAME:
                self.frames_corrupt += 1
                broken = True
            elif each.kind == request.kind | REPLY and each.sequence == request.sequence:
                reply = reply or each
            # Anything else answers a request that was answered before: a duplicate.
        return reply, broken

    def _send(self, data: bytes, deadline: Deadline) -> None:
        self._link.write(data, deadline)
        self.bytes_sent += len(data)

    def _no_answer(
        self,
        request: Frame,
        deadline: Deadline | None,
        doing: str,
        waited_s: float,
        received: bytes,
        sent: bytes,
    ) -> DeviceError:
        where = self._link.description
        if request.kind == Kind.HELLO:
            waited = f"in {waited_s:.1f} s"
            if not received:
                return LinkError(
                    f"{self.name} does not answer: not one byte from {where} {waited}; check that it is "
                    "powered and connected, and that the edgekit firmware is on it"
                )
            if sent in received:
                return LinkError(f"{self.name}: {where} returns what is sent to it; check RX and TX")
            return LinkError(
                f"{self.name} answers, but not as edgekit's firmware does: {where} sent {_quote(received)}; "
                "check the baud rate and that the edgekit firmware is on it"
            )
        said = f"; it wrote {_quote(bytes(self._text))}" if self._text else ""
        if received and not self._text:
            said = f"; it sent {_quote(received)}"
        if deadline is not None:
            limit = f"the deadline of {deadline.timeout_s:g} s"
            return DeadlineError(f"{self.name} did not answer within {limit} while {doing}{said}")
        return LinkError(
            f"{self.name} stopped answering while {doing}: {waited_s:.0f} s of silence from {where}{said}; "
            "reset the board and check its power and cable"
        )

    def unpack(self, unpack: Callable[[bytes], _T], body: bytes) -> _T:
        """Applies a message's `unpack`; what does not fit becomes a LinkError."""
        try:
            return unpack(body)
        except MessageError as error:
            raise LinkError(
                f"{self.name} sent a reply that this edgekit does not understand: {error}; "
                "are its firmware and edgekit of the same version?"
            ) from error

    def _keep_text(self, text: bytes) -> None:
        self._text += text
        del self._text[:-_KEPT_TEXT_BYTES]


def _last_interval(num_bytes: int, patient: bool, waited_s: float) -> float:
    """The longest pause between two copies of a request."""
    if num_bytes > SHORT_FRAME_BYTES:
        return LONG_INTERVAL_S
    return min(max(LAST_INTERVAL_S, waited_s / 8), LONG_INTERVAL_S) if patient else LAST_INTERVAL_S


def _status_name(status: int) -> str:
    try:
        return Status(status).name
    except ValueError:
        return f"status {status}"


def _quote(data: bytes, max_bytes: int = 60) -> str:
    """Bytes as text between quotes, what is not printable escaped."""
    text = data[:max_bytes].decode("ascii", "backslashreplace")
    escaped = "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text.strip())
    return f"'{escaped}{'…' if len(data) > max_bytes else ''}'"
