from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.wire import codes, fields
from edgekit.wire import messages as m

HELLO = m.Hello(1, codes.Capability.STEP, 4096, 1 << 24, 1 << 22, 25_000_000, "b", "r", "v", "µ", "")

# Written by hand from SPEC.md, so that both directions cannot be wrong in the same way.
TABLE: list[tuple[str, Any, bytes]] = [
    ("HELLO", m.HelloRequest(1), b"\x01\x00"),
    (
        "HELLO reply",
        HELLO,
        b"\x01\x00\x01\x00\x00\x10\x00\x00\x00\x00\x00\x01\x00\x00\x40\x00\x40\x78\x7d\x01"
        b"\x01b\x01r\x01v\x02\xc2\xb5\x00",
    ),
    ("LOAD_BEGIN", m.LoadBegin(0x01020304, b"h" * 32), b"\x04\x03\x02\x01" + b"h" * 32),
    ("LOAD_DATA", m.LoadData(5, b"abc"), b"\x05\0\0\0abc"),
    ("LOAD_END reply", m.LoadEnd(b"h" * 32, 1, 2, 3, 4), b"h" * 32 + b"\x01\0\0\0\x02\0\x03\0\x04\0"),
    ("WRITE_INPUT", m.WriteInput(1, 2, b"x"), b"\x01\0\x02\0\0\0x"),
    ("INVOKE", m.Invoke(1, 0xFFFF, 2, 3), b"\x01\0\xff\xff\x02\0\0\0\x03\0\0\0"),
    ("READ", m.Read(codes.Space.TENSOR, 1, 2, 3), b"\x02\x01\0\x02\0\0\0\x03\0\0\0"),
    ("an error", m.ErrorBody("no", 3, None), b"\x03\0\xff\xff\x02no"),
]
IDS = [name for name, _, _ in TABLE]


@pytest.mark.parametrize(("name", "message", "body"), TABLE, ids=IDS)
def test_messages_are_packed_as_the_spec_says(name: str, message: Any, body: bytes) -> None:
    assert message.pack() == body
    assert type(message).unpack(body) == message


@pytest.mark.parametrize(("name", "message", "body"), TABLE, ids=IDS)
def test_a_body_cut_anywhere_is_refused_or_another_message(name: str, message: Any, body: bytes) -> None:
    for size in range(len(body)):
        try:
            assert type(message).unpack(body[:size]) != message
        except fields.MessageError as error:
            assert name in str(error) or "error reply" in str(error)  # noqa: PT017 - both outcomes are right


@pytest.mark.parametrize(
    ("name", "message", "body"), [row for row in TABLE if row[0] not in ("LOAD_DATA", "WRITE_INPUT")]
)
def test_a_body_that_is_too_long_is_refused(name: str, message: Any, body: bytes) -> None:
    with pytest.raises(fields.MessageError):
        type(message).unpack(body + b"\0")


UNPACKERS: list[Callable[[bytes], Any]] = [
    *(type(message).unpack for _, message, _ in TABLE),
    m.unpack_stats,
    lambda body: m.unpack_ticks(body, 2),
    lambda body: m.unpack_json(body, "CONDITIONS"),
]


@given(st.binary(max_size=120))
def test_no_bytes_raise_anything_but_message_error(body: bytes) -> None:
    for unpack in UNPACKERS:
        try:
            unpack(body)
        except fields.MessageError:
            continue


def test_a_hello_reply_fits_the_512_bytes_every_host_takes() -> None:
    longest = m.Hello(1, codes.Capability.NONE, 64, 0, 0, 1, *["é" * 500] * 5)
    packed = longest.pack()
    assert len(packed) <= codes.MAX_HELLO_REPLY_BODY
    assert m.Hello.unpack(packed).board == "é" * 48


@pytest.mark.parametrize("max_body", [0, 63, 65537])
def test_a_max_body_outside_the_spec_is_refused(max_body: int) -> None:
    body = HELLO.pack()
    broken = body[:4] + max_body.to_bytes(4, "little") + body[8:]
    with pytest.raises(fields.MessageError, match=f"max_body {max_body}"):
        m.Hello.unpack(broken)


def test_capabilities_from_the_future_are_dropped() -> None:
    body = HELLO.pack()
    assert m.Hello.unpack(body[:2] + b"\xff\xff" + body[4:]).capabilities == codes.Capability(31)


def test_stats_skip_unknown_keys_and_absent_ones() -> None:
    packed = m.pack_stats({"rss_bytes": 7, "arena_bytes": 1 << 40})
    assert m.pack_stats({"harness_ns": 141}) == b"\x06\x8d" + bytes(7)
    assert m.unpack_stats(b"\xc8" + bytes(8) + packed) == {"arena_bytes": 1 << 40, "rss_bytes": 7}
    with pytest.raises(fields.MessageError):
        m.unpack_stats(packed + b"\x01")


def test_ticks_must_be_as_many_as_runs() -> None:
    body = m.pack_ticks([1, 1 << 63])
    assert m.unpack_ticks(body, 2) == [1, 1 << 63]
    with pytest.raises(fields.MessageError):
        m.unpack_ticks(body, 3)


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"1", b"[" * 60000])
def test_json_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(fields.MessageError):
        m.unpack_json(body, "CONFIGURE")


def test_a_long_message_is_cut_between_characters() -> None:
    body = m.ErrorBody("x" + "é" * 200).pack()
    assert len(body) == 4 + 1 + 255
    assert m.ErrorBody.unpack(body).message == "x" + "é" * 127
