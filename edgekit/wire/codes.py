"""The numbers of the protocol: kinds of messages, statuses, spaces, capabilities and limits. See SPEC.md."""

from __future__ import annotations

import enum

PROTOCOL = 1
REPLY = 0x80
NOWHERE = 0xFFFF
ALL_OPERATORS = 0xFFFF
MAX_HELLO_REQUEST_BODY = 64
MAX_HELLO_REPLY_BODY = 512
MIN_MAX_BODY = 64
MAX_MAX_BODY = 65536


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
    RESET_STATE = 0x0C
    WATCH = 0x0D
    GOVERNOR = 0x0E
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
    WATCH = 16


STAT_KEYS = {
    1: "arena_bytes",
    2: "firmware_bytes",
    3: "stack_bytes",
    4: "rss_bytes",
    5: "setup_ticks",
    6: "harness_ns",
}
