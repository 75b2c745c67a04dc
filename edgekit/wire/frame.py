"""Frames: COBS between zero bytes, with a checksum. See SPEC.md, section Frame."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Callable, List, Optional, Union

_HEADER = struct.Struct("<BBH")
_CRC = struct.Struct("<I")
OVERHEAD = _HEADER.size + _CRC.size
"""Bytes that a frame adds to its body before COBS: header and checksum."""

_EXCERPT_BYTES = 64


@dataclass(frozen=True)
class Frame:
    kind: int
    status: int
    sequence: int
    body: bytes = b""


@dataclass(frozen=True)
class CorruptFrame:
    """What stood between two delimiters and is no frame: `reason` completes "dropped a frame that …"."""

    reason: str
    excerpt: bytes
    status: int = 1  # BAD_FRAME in SPEC.md


def cobs_encode(data: bytes) -> bytes:
    """Removes every zero byte at a cost of one byte in 254.

    Source: Cheshire & Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM ToN 7(2), 1999.
    """
    encoded = bytearray()
    segments = data.split(b"\0")
    for number, segment in enumerate(segments):
        start = 0
        while len(segment) - start >= 254:
            encoded.append(0xFF)
            encoded += segment[start : start + 254]
            start += 254
        # A full last block already ends the data: an 01 after it would only be a longer way to say the same.
        is_last = number == len(segments) - 1
        if not (is_last and start and start == len(segment)):
            encoded.append(len(segment) - start + 1)
            encoded += segment[start:]
    return bytes(encoded)


def cobs_decode(encoded: bytes) -> Optional[bytes]:
    """Returns what `cobs_encode` was given, or None if `encoded` has a zero or ends inside a block."""
    decoded = bytearray()
    position, end = 0, len(encoded)
    if end == 0 or b"\0" in encoded:
        return None
    while position < end:
        code = encoded[position]
        stop = position + code
        if stop > end:
            return None
        decoded += encoded[position + 1 : stop]
        position = stop
        if code != 0xFF and position < end:
            decoded.append(0)
    return bytes(decoded)


def encode_frame(frame: Frame) -> bytes:
    """The bytes that go on the line, both delimiters included."""
    content = _HEADER.pack(frame.kind, frame.status, frame.sequence) + frame.body
    return b"\0" + cobs_encode(content + _CRC.pack(zlib.crc32(content))) + b"\0"


def max_encoded_bytes(max_body: int) -> int:
    """The longest run of bytes between two delimiters that can be a frame with such a body."""
    content = max_body + OVERHEAD
    return content + content // 254 + 1


class FrameDecoder:
    """Finds frames in a stream that arrives in chunks of any size; keeps at most one frame in memory.

    `max_body` may be changed between frames. `on_text` gets the bytes outside frames, as they come.
    """

    def __init__(self, max_body: int, on_text: Optional[Callable[[bytes], None]] = None) -> None:
        self.max_body = max_body
        self._on_text = on_text
        self._inside = False
        self._too_long = False
        self._buffer = bytearray()

    @property
    def pending_bytes(self) -> int:
        """How much of a frame that is not finished yet has arrived."""
        return len(self._buffer)

    def feed(self, data: bytes) -> List[Union[Frame, CorruptFrame]]:
        """Takes the next bytes of the stream and returns the frames that end in them, corrupt ones too."""
        found: List[Union[Frame, CorruptFrame]] = []
        position = 0
        while position < len(data):
            delimiter = data.find(b"\0", position)
            end = len(data) if delimiter < 0 else delimiter
            chunk = data[position:end]
            position = end + 1
            if not self._inside:
                if chunk and self._on_text is not None:
                    self._on_text(chunk)
                self._inside = delimiter >= 0
                continue
            self._append(chunk)
            if delimiter >= 0 and self._buffer:
                found.append(self._finish())
        return found

    def _append(self, chunk: bytes) -> None:
        room = max_encoded_bytes(self.max_body) - len(self._buffer)
        if len(chunk) > room:
            self._too_long = True
        self._buffer += chunk[: max(0, room)]

    def _finish(self) -> Union[Frame, CorruptFrame]:
        encoded, too_long = bytes(self._buffer), self._too_long
        self._buffer.clear()
        self._too_long = self._inside = False
        excerpt = encoded[:_EXCERPT_BYTES]
        if too_long:
            return CorruptFrame("is longer than a frame may be", excerpt)
        content = cobs_decode(encoded)
        if content is None:
            return CorruptFrame("is not COBS", excerpt)
        if len(content) < OVERHEAD:
            return CorruptFrame("is shorter than a frame can be", excerpt)
        if len(content) > OVERHEAD + self.max_body:
            return CorruptFrame("is longer than a frame may be", excerpt)
        (crc,) = _CRC.unpack_from(content, len(content) - _CRC.size)
        if zlib.crc32(content[: -_CRC.size]) != crc:
            return CorruptFrame("fails its checksum", excerpt)
        kind, status, sequence = _HEADER.unpack_from(content)
        return Frame(kind, status, sequence, content[_HEADER.size : -_CRC.size])
