"""The bodies of all messages, in both directions. See SPEC.md, sections Messages and Status.

Every `unpack` checks the length to the byte and raises MessageError.
"""

from __future__ import annotations

import enum
import json
import struct
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

PROTOCOL = 1
REPLY = 0x80
NOWHERE = 0xFFFF
ALL_OPERATORS = 0xFFFF
MAX_HELLO_REQUEST_BODY = 64
MAX_HELLO_REPLY_BODY = 512
MIN_MAX_BODY = 64
MAX_MAX_BODY = 65536


class MessageError(ValueError):
    """A body that does not fit its message."""


class Kind(enum.IntEnum):
    HELLO = 0x01
    LOAD_BEGIN = 0x02
    LOAD_DATA = 0x03
    LOAD_END = 0x04
    WRITE_INPUT = 0x05
    INVOKE = 0x06
    READ = 0x07
    STATS = 0x08
    CONFIGURE = 0x09
    CONDITIONS = 0x0A
    BYE = 0x0B
    BAD_FRAME = 0xFF


class Status(enum.IntEnum):
    OK = 0
    BAD_FRAME = 1
    BAD_REQUEST = 2
    UNKNOWN_KIND = 3
    BAD_STATE = 4
    TOO_LARGE = 5
    HASH_MISMATCH = 6
    BAD_MODEL = 7
    UNSUPPORTED = 8
    NO_MEMORY = 9
    BAD_RANGE = 10
    RUNTIME_FAILED = 11
    NO_RUNTIME = 12


class Space(enum.IntEnum):
    INPUT = 0
    OUTPUT = 1
    TENSOR = 2


class Capability(enum.IntFlag):
    NONE = 0
    STEP = 1
    TENSORS = 2
    HOST_OS = 4
    RESIDENT = 8


STAT_KEYS = {1: "arena_bytes", 2: "firmware_bytes", 3: "stack_bytes", 4: "rss_bytes", 5: "setup_ticks"}


def _unpack(layout: struct.Struct, body: bytes, name: str) -> Tuple[Any, ...]:
    if len(body) != layout.size:
        raise MessageError(f"{name} has {len(body)} bytes, expected {layout.size}")
    return layout.unpack(body)


def _unpack_head(layout: struct.Struct, body: bytes, name: str) -> Tuple[Tuple[Any, ...], bytes]:
    if len(body) < layout.size:
        raise MessageError(f"{name} has {len(body)} bytes, expected at least {layout.size}")
    return layout.unpack_from(body), body[layout.size :]


def _pack_string(text: str, max_bytes: int = 255) -> bytes:
    """Cuts what is longer, between characters."""
    encoded = text.encode("utf-8", "replace")[:max_bytes].decode("utf-8", "ignore").encode("utf-8")
    return bytes([len(encoded)]) + encoded


def _unpack_string(body: bytes, name: str) -> Tuple[str, bytes]:
    if not body or len(body) < 1 + body[0]:
        raise MessageError(f"{name} ends inside a string")
    try:
        return body[1 : 1 + body[0]].decode("utf-8"), body[1 + body[0] :]
    except UnicodeDecodeError:
        raise MessageError(f"{name} has a string that is not UTF-8") from None


def expect_empty(body: bytes, name: str) -> None:
    if body:
        raise MessageError(f"{name} has {len(body)} bytes, expected none")


@dataclass(frozen=True)
class HelloRequest:
    protocol: int = PROTOCOL
    _LAYOUT = struct.Struct("<H")

    def pack(self) -> bytes:
        return self._LAYOUT.pack(self.protocol)

    @classmethod
    def unpack(cls, body: bytes) -> HelloRequest:
        return cls(*_unpack(cls._LAYOUT, body, "HELLO"))


@dataclass(frozen=True)
class Hello:
    """What a device says of itself."""

    protocol: int
    capabilities: Capability
    max_body: int
    model_capacity: int
    arena_capacity: int
    timer_hz: int
    board: str
    runtime: str
    version: str
    build: str
    identity: str
    _LAYOUT = struct.Struct("<HHIIII")

    def pack(self) -> bytes:
        head = self._LAYOUT.pack(
            self.protocol,
            int(self.capabilities),
            self.max_body,
            self.model_capacity,
            self.arena_capacity,
            self.timer_hz,
        )
        strings = (self.board, self.runtime, self.version, self.build, self.identity)
        # Five strings of at most 96 bytes keep the reply within the 512 bytes that every host takes.
        return head + b"".join(_pack_string(each, 96) for each in strings)

    @classmethod
    def unpack(cls, body: bytes) -> Hello:
        (protocol, capabilities, *numbers), rest = _unpack_head(cls._LAYOUT, body, "HELLO reply")
        if not MIN_MAX_BODY <= numbers[0] <= MAX_MAX_BODY:
            raise MessageError(f"HELLO reply states max_body {numbers[0]}")
        strings = []
        for _ in range(5):
            text, rest = _unpack_string(rest, "HELLO reply")
            strings.append(text)
        expect_empty(rest, "the end of HELLO reply")
        # Bits from the future are dropped: what a host does not know it cannot use.
        known = Capability(capabilities & sum(int(each) for each in Capability))
        return cls(protocol, known, *numbers, *strings)


@dataclass(frozen=True)
class LoadBegin:
    num_bytes: int
    sha256: bytes
    _LAYOUT = struct.Struct("<I32s")

    def pack(self) -> bytes:
        return self._LAYOUT.pack(self.num_bytes, self.sha256)

    @classmethod
    def unpack(cls, body: bytes) -> LoadBegin:
        return cls(*_unpack(cls._LAYOUT, body, "LOAD_BEGIN"))


@dataclass(frozen=True)
class LoadData:
    offset: int
    data: bytes
    _LAYOUT = struct.Struct("<I")
    OVERHEAD = _LAYOUT.size

    def pack(self) -> bytes:
        return self._LAYOUT.pack(self.offset) + self.data

    @classmethod
    def unpack(cls, body: bytes) -> LoadData:
        (offset,), data = _unpack_head(cls._LAYOUT, body, "LOAD_DATA")
        return cls(offset, data)


@dataclass(frozen=True)
class LoadEnd:
    """The reply; the request is empty."""

    sha256: bytes
    arena_bytes: int
    num_operators: int
    num_inputs: int
    num_outputs: int
    _LAYOUT = struct.Struct("<32sIHHH")

    def pack(self) -> bytes:
        counts = (self.num_operators, self.num_inputs, self.num_outputs)
        return self._LAYOUT.pack(self.sha256, self.arena_bytes, *counts)

    @classmethod
    def unpack(cls, body: bytes) -> LoadEnd:
        return cls(*_unpack(cls._LAYOUT, body, "LOAD_END reply"))


@dataclass(frozen=True)
class WriteInput:
    index: int
    offset: int
    data: bytes
    _LAYOUT = struct.Struct("<HI")
    OVERHEAD = _LAYOUT.size

    def pack(self) -> bytes:
        return self._LAYOUT.pack(self.index, self.offset) + self.data

    @classmethod
    def unpack(cls, body: bytes) -> WriteInput:
        (index, offset), data = _unpack_head(cls._LAYOUT, body, "WRITE_INPUT")
        return cls(index, offset, data)


@dataclass(frozen=True)
class Invoke:
    first_operator: int = 0
    num_operators: int = ALL_OPERATORS
    warmup: int = 0
    runs: int = 1
    _LAYOUT = struct.Struct("<HHII")

    def pack(self) -> bytes:
        return self._LAYOUT.pack(self.first_operator, self.num_operators, self.warmup, self.runs)

    @classmethod
    def unpack(cls, body: bytes) -> Invoke:
        return cls(*_unpack(cls._LAYOUT, body, "INVOKE"))


@dataclass(frozen=True)
class Read:
    space: int
    index: int
    offset: int
    num_bytes: int
    _LAYOUT = struct.Struct("<BHII")

    def pack(self) -> bytes:
        return self._LAYOUT.pack(self.space, self.index, self.offset, self.num_bytes)

    @classmethod
    def unpack(cls, body: bytes) -> Read:
        return cls(*_unpack(cls._LAYOUT, body, "READ"))


@dataclass(frozen=True)
class ErrorBody:
    """The body of every reply whose status is not OK."""

    message: str
    operator: Optional[int] = None
    tensor: Optional[int] = None
    _LAYOUT = struct.Struct("<HH")

    def pack(self) -> bytes:
        places = [NOWHERE if each is None else each for each in (self.operator, self.tensor)]
        return self._LAYOUT.pack(*places) + _pack_string(self.message)

    @classmethod
    def unpack(cls, body: bytes) -> ErrorBody:
        places, rest = _unpack_head(cls._LAYOUT, body, "error reply")
        message, rest = _unpack_string(rest, "error reply")
        expect_empty(rest, "the end of an error reply")
        operator, tensor = (None if each == NOWHERE else each for each in places)
        return cls(message, operator, tensor)


def pack_ticks(ticks: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(ticks)}Q", *ticks)


def unpack_ticks(body: bytes, runs: int) -> List[int]:
    return list(_unpack(struct.Struct(f"<{runs}Q"), body, "INVOKE reply"))


_STAT = struct.Struct("<BQ")


def pack_stats(stats: Dict[str, int]) -> bytes:
    return b"".join(_STAT.pack(key, stats[name]) for key, name in STAT_KEYS.items() if name in stats)


def unpack_stats(body: bytes) -> Dict[str, int]:
    """By name; keys that this version does not know are skipped."""
    if len(body) % _STAT.size:
        raise MessageError(f"STATS reply has {len(body)} bytes, no multiple of {_STAT.size}")
    return {STAT_KEYS[key]: value for key, value in _STAT.iter_unpack(body) if key in STAT_KEYS}


def pack_json(value: Dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode("utf-8")


def unpack_json(body: bytes, name: str) -> Dict[str, Any]:
    try:
        value = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise MessageError(f"{name} is not JSON") from None
    if not isinstance(value, dict):
        raise MessageError(f"{name} is not a JSON object")
    return value
