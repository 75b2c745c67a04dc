from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgekit.wire
from edgekit.wire.frame import (
    CorruptFrame,
    Frame,
    FrameDecoder,
    cobs_decode,
    cobs_encode,
    encode_frame,
    max_encoded_bytes,
)

GOLDEN = json.loads((Path(edgekit.wire.__file__).parent / "golden_frames.json").read_text())

_CHUNKINGS: dict[str, Callable[[bytes], list[bytes]]] = {
    "whole": lambda stream: [stream],
    "byte by byte": lambda stream: [stream[i : i + 1] for i in range(len(stream))],
    "by sevens": lambda stream: [stream[i : i + 7] for i in range(0, len(stream), 7)],
}


@pytest.mark.parametrize("chunking", _CHUNKINGS)
@pytest.mark.parametrize("case", GOLDEN, ids=[each["title"] for each in GOLDEN])
def test_the_decoder_agrees_with_the_golden_table(case: dict[str, Any], chunking: str) -> None:
    text: list[bytes] = []
    decoder = FrameDecoder(case["max_body"], text.append)
    found = [
        each for chunk in _CHUNKINGS[chunking](bytes.fromhex(case["stream"])) for each in decoder.feed(chunk)
    ]
    assert [each for each in found if isinstance(each, Frame)] == [
        Frame(each["kind"], each["status"], each["sequence"], bytes.fromhex(each["body"]))
        for each in case["frames"]
    ]
    assert sum(isinstance(each, CorruptFrame) for each in found) == case["corrupt"]
    assert b"".join(text).hex() == case["text"]


@pytest.mark.parametrize("case", GOLDEN, ids=[each["title"] for each in GOLDEN])
def test_every_golden_frame_encodes_to_bytes_of_its_stream(case: dict[str, Any]) -> None:
    # The one stream that a reader takes and no writer makes.
    if case["title"].startswith("a needless 01"):
        return
    for each in case["frames"]:
        frame = Frame(each["kind"], each["status"], each["sequence"], bytes.fromhex(each["body"]))
        content = encode_frame(frame)[1:-1].hex()
        assert content in case["stream"]


def test_the_golden_table_covers_good_corrupt_and_text() -> None:
    titles = [each["title"] for each in GOLDEN]
    assert len(titles) == len(set(titles)) > 40
    assert sum(len(each["frames"]) for each in GOLDEN) > 30
    assert sum(each["corrupt"] for each in GOLDEN) > 10
    assert sum(bool(each["text"]) for each in GOLDEN) > 3


@given(
    st.binary(max_size=1200)
    | st.integers(0, 1200).map(bytes)
    | st.integers(1, 1200).map(lambda n: b"\x07" * n)
)
def test_cobs_round_trips_without_a_zero_and_within_its_bound(data: bytes) -> None:
    encoded = cobs_encode(data)
    assert b"\0" not in encoded
    assert len(encoded) <= len(data) + len(data) // 254 + 1
    assert cobs_decode(encoded) == data


@given(st.binary(max_size=400))
def test_cobs_decode_never_raises(data: bytes) -> None:
    decoded = cobs_decode(data)
    assert decoded is None or len(decoded) < len(data)


@given(st.lists(st.binary(max_size=40), max_size=8), st.binary(max_size=300))
def test_a_frame_is_found_after_any_garbage_and_two_delimiters(chunks: list[bytes], body: bytes) -> None:
    decoder = FrameDecoder(1024)
    for chunk in chunks:
        decoder.feed(chunk)
    frame = Frame(3, 0, 5, body)
    assert frame in decoder.feed(b"\0" + encode_frame(frame))


def test_memory_stays_bounded_by_one_frame() -> None:
    decoder = FrameDecoder(64)
    decoder.feed(b"\0")
    for _ in range(1000):
        decoder.feed(b"\x11" * 1000)
    assert decoder.pending_bytes <= max_encoded_bytes(64)


def test_a_corrupt_frame_is_a_value_that_quotes_its_first_bytes() -> None:
    (found,) = FrameDecoder(64).feed(b"\0U-Boot 2023.01\0")
    assert isinstance(found, CorruptFrame)
    assert found.status == 1
    assert found.excerpt == b"U-Boot 2023.01"
