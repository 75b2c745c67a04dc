"""The C frame reader and writer against the golden table that the Python ones are held to."""

from __future__ import annotations

import ctypes
import json
from pathlib import Path
from typing import Any

import pytest

import edgekit.wire
from edgekit.host_runtime import load_library

GOLDEN = json.loads((Path(edgekit.wire.__file__).parent / "golden_frames.json").read_text())
TEXT, READY, CORRUPT = 1, 2, 3
OVERHEAD = 8
_REPORT = ctypes.CFUNCTYPE(None, ctypes.c_uint32, ctypes.POINTER(ctypes.c_uint8), ctypes.c_uint32)
_WRITE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(ctypes.c_uint8), ctypes.c_uint32)


def read_frames(stream: bytes, max_body: int) -> list[tuple[int, bytes]]:
    events: list[tuple[int, bytes]] = []
    report = _REPORT(lambda event, data, size: events.append((event, ctypes.string_at(data, size))))
    capacity = max_body + OVERHEAD
    buffer = ctypes.create_string_buffer(capacity)
    load_library().ek_host_read_frames(stream, len(stream), buffer, capacity, report)
    return events


@pytest.mark.parametrize("case", GOLDEN, ids=[each["title"] for each in GOLDEN])
def test_the_reader_agrees_with_the_golden_table(case: dict[str, Any]) -> None:
    events = read_frames(bytes.fromhex(case["stream"]), case["max_body"])
    frames = [
        {"kind": data[0], "status": data[1], "sequence": data[2] | data[3] << 8, "body": data[4:].hex()}
        for event, data in events
        if event == READY
    ]
    assert frames == case["frames"]
    assert sum(event == CORRUPT for event, _ in events) == case["corrupt"]
    assert b"".join(data for event, data in events if event == TEXT).hex() == case["text"]


@pytest.mark.parametrize("case", GOLDEN, ids=[each["title"] for each in GOLDEN])
def test_the_writer_writes_the_bytes_of_the_golden_table(case: dict[str, Any]) -> None:
    if case["title"].startswith("a needless 01"):
        return  # the one stream that readers take and no writer makes
    for each in case["frames"]:
        content = bytes([each["kind"], each["status"]]) + each["sequence"].to_bytes(2, "little")
        content += bytes.fromhex(each["body"])
        written = bytearray()
        write = _WRITE(lambda _, data, size, into=written: into.extend(ctypes.string_at(data, size)))
        buffer = ctypes.create_string_buffer(content, len(content) + 4)
        load_library().ek_host_write_frame(buffer, len(content), write)
        assert written[:1] == b"\0"
        assert written[-1:] == b"\0"
        assert written[1:-1].hex() in case["stream"]
        assert b"\0" not in written[1:-1]
