"""The bodies of all messages, in both directions. See SPEC.md, sections Messages and Status.

Every `unpack` checks the length to the byte and raises MessageError.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence

from edgekit.wire.codes import (
    ALL_OPERATORS,
    MAX_MAX_BODY,
    MIN_MAX_BODY,
    NOWHERE,
    PROTOCOL,
    STAT_KEYS,
    Capability,
)
from edgekit.wire.fields import MessageError, expect_empty, pack_string, unpack, unpack_head, unpack_string


@dataclass(frozen=True)
class HelloRequest:
    protocol: int = PROTOCOL
    _LAYOUT = struct.Struct("<H")

    def pack(self) -> bytes:
        return self._LAYOUT.pack(self.protocol)

    @classmethod
    def unpack(cls, body: bytes) -> HelloRequest:
        return cls(*unpack(cls._LAYOUT, body, "HELLO"))


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
        return head + b"".join(pack_string(each, 96) for each in strings)

    @classmethod
    def unpack(cls, body: bytes) -> Hello:
        (protocol, capabilities, *numbers), rest = unpack_head(cls._LAYOUT, body, "HELLO reply")
        if not MIN_MAX_BODY <= numbers[0] <= MAX_MAX_BODY:
            raise MessageError(f"HELLO reply states max_body {numbers[0]}")
        strings = []
        for _ in range(5):
            text, rest = unpack_string(rest, "HELLO reply")
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
        return cls(*unpack(cls._LAYOUT, body, "LOAD_BEGIN"))


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
        (offset,), data = unpack_head(cls._LAYOUT, body, "LOAD_DATA")
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
        return cls(*unpack(cls._LAYOUT, body, "LOAD_END reply"))


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
        (index, offset), data = unpack_head(cls._LAYOUT, body, "WRITE_INPUT")
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
        return cls(*unpack(cls._LAYOUT, body, "INVOKE"))


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
        return cls(*unpack(cls._LAYOUT, body, "READ"))


@dataclass(frozen=True)
class ErrorBody:
    """The body of every reply whose status is not OK."""

    message: str
    operator: Optional[int] = None
    tensor: Optional[int] = None
    _LAYOUT = struct.Struct("<HH")

    def pack(self) -> bytes:
        places = [NOWHERE if each is None else each for each in (self.operator, self.tensor)]
        return self._LAYOUT.pack(*places) + pack_string(self.message)

    @classmethod
    def unpack(cls, body: bytes) -> ErrorBody:
        places, rest = unpack_head(cls._LAYOUT, body, "error reply")
        message, rest = unpack_string(rest, "error reply")
        expect_empty(rest, "the end of an error reply")
        operator, tensor = (None if each == NOWHERE else each for each in places)
        return cls(message, operator, tensor)


def pack_ticks(ticks: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(ticks)}Q", *ticks)


def unpack_ticks(body: bytes, runs: int) -> List[int]:
    return list(unpack(struct.Struct(f"<{runs}Q"), body, "INVOKE reply"))


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
