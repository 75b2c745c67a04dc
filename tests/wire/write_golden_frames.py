"""Writes edgekit/wire/golden_frames.json; run by hand when a case is added, never by a test.

It shares no code with edgekit/wire/frame.py: the encoder below goes byte by byte, as in the paper.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parents[2] / "edgekit" / "wire" / "golden_frames.json"


def cobs(data: bytes) -> bytes:
    out, block = bytearray(), bytearray()
    open_block = True
    for byte in data:
        open_block = True
        if byte:
            block.append(byte)
            if len(block) == 254:
                out += bytes([255]) + block
                block.clear()
                open_block = False
        else:
            out += bytes([len(block) + 1]) + block
            block.clear()
    if open_block:
        out += bytes([len(block) + 1]) + block
    return bytes(out)


def content(kind: int, status: int, sequence: int, body: bytes) -> bytes:
    head = struct.pack("<BBH", kind, status, sequence) + body
    return head + struct.pack("<I", zlib.crc32(head))


def line(kind: int, status: int, sequence: int, body: bytes = b"") -> bytes:
    return b"\0" + cobs(content(kind, status, sequence, body)) + b"\0"


def case(
    title: str,
    stream: bytes,
    frames: Sequence[tuple[int, int, int, bytes]] = (),
    corrupt: int = 0,
    text: bytes = b"",
    max_body: int = 1024,
) -> dict[str, Any]:
    return {
        "title": title,
        "max_body": max_body,
        "stream": stream.hex(),
        "frames": [
            {"kind": kind, "status": status, "sequence": sequence, "body": body.hex()}
            for kind, status, sequence, body in frames
        ],
        "corrupt": corrupt,
        "text": text.hex(),
    }


def pattern(num_bytes: int) -> bytes:
    """Every byte value but zero, in a cycle."""
    return bytes(1 + i % 255 for i in range(num_bytes))


def mixed(num_bytes: int) -> bytes:
    """Every byte value, in an order that is no cycle of 256."""
    return bytes((i * 37 + (i >> 8) * 11 + 5) & 0xFF for i in range(num_bytes))


def flip(stream: bytes, position: int, bit: int) -> bytes:
    return stream[:position] + bytes([stream[position] ^ (1 << bit)]) + stream[position + 1 :]


def cases() -> list[dict[str, Any]]:
    hello = (0x01, 0, 0x1234, b"\x01\x00")
    bye = (0x0B, 0, 0x1235, b"")
    one = line(*hello)
    table = [
        case("nothing at all", b""),
        case("delimiters alone are nothing", b"\0" * 7),
        case("a request without a body", line(*bye), [bye]),
        case("HELLO", one, [hello]),
        case("sequence and status at their limits", line(0xFF, 0xFF, 0xFFFF), [(0xFF, 0xFF, 0xFFFF, b"")]),
        case("kind, status and sequence all zero", line(0, 0, 0), [(0, 0, 0, b"")]),
    ]
    for size in (1, 2, 245, 246, 247, 253, 254, 255, 508, 1000, 1024):
        frame = (0x03, 0, 7, pattern(size))
        table.append(case(f"a body of {size} bytes without a zero", line(*frame), [frame]))
    for size in (1, 253, 254, 255, 1000):
        frame = (0x83, 0, 0x0102, bytes(size))
        table.append(case(f"a body of {size} zeros", line(*frame), [frame]))
    for size in (253, 254, 255, 1000):
        frame = (0x05, 0, 0xBEEF, mixed(size))
        table.append(case(f"a mixed body of {size} bytes", line(*frame), [frame]))
    ends_in_zero = (0x06, 0, 9, pattern(249) + b"\0")
    table.append(case("a full block, then a zero", line(*ends_in_zero), [ends_in_zero]))

    # A content of exactly 254 bytes without a zero: kind, status, sequence, body and checksum, all non-zero.
    full = next(
        (0x03, 0x01, 0x0101, pattern(245) + bytes([last]))
        for last in range(1, 256)
        if b"\0" not in content(0x03, 0x01, 0x0101, pattern(245) + bytes([last]))
    )
    encoded = line(*full)
    assert len(content(*full)) == 254
    assert encoded[1:-1] == b"\xff" + content(*full)
    table += [
        case("one full block and nothing after it", encoded, [full]),
        case("a needless 01 after a full last block is taken too", encoded[:-1] + b"\x01\0", [full]),
    ]

    table += [
        case("two frames, each with both delimiters", one + line(*bye), [hello, bye]),
        case(
            "two frames that share a delimiter: the second is outside",
            one + line(*bye)[1:],
            [hello],
            text=line(*bye)[1:-1],
        ),
        case(
            "text before, between and after frames",
            b"boot\r\n" + one + b"ready\r\n" + line(*bye) + b"end",
            [hello, bye],
            text=b"boot\r\nready\r\nend",
        ),
        case("text alone", b"m-ready\r\n", text=b"m-ready\r\n"),
        case("a missing opening delimiter costs that frame", one[1:] + line(*bye), [bye], text=one[1:-1]),
        case(
            "a missing closing delimiter makes the next frame text",
            one[:-1] + line(*bye) + one,
            [hello, hello],
            text=line(*bye)[1:-1],
        ),
        case(
            "a frame cut short, then the same frame again twice",
            one[:5] + one + one,
            [hello],
            1,
            text=one[1:-1],
        ),
        case("a stray delimiter before a frame does no harm", b"\0" + one, [hello]),
        case("a frame cut off by the end of the stream", one[:-3]),
        case("an unfinished frame after a good one", one + line(*bye)[:-1], [hello]),
    ]
    for position, bit in ((1, 0), (2, 7), (4, 3), (6, 1), (len(one) - 2, 5)):
        broken = flip(one, position, bit)
        table.append(case(f"bit {bit} of byte {position} flipped", broken + one, [hello], 1))
    large = (0x03, 0, 3, mixed(1000))
    table += [
        case("a bit flipped in a long body", flip(line(*large), 500, 4) + line(*large), [large], 1),
        case("two bytes swapped", one[:3] + one[4:5] + one[3:4] + one[5:] + one, [hello], 1),
        case(
            "a byte lost in a long body", line(*large)[:300] + line(*large)[301:] + line(*large), [large], 1
        ),
        case(
            "a byte added in a long body", line(*large)[:300] + b"\x55" + line(*large)[300:] + one, [hello], 1
        ),
        case(
            "a byte in a long body became a delimiter",
            line(*large)[:300] + b"\0" + line(*large)[301:] + one,
            [hello],
            1,
            text=line(*large)[301:-1],
        ),
        case("a lone code byte", b"\0\x01\0" + one, [hello], 1),
        case("a code that points past the end", b"\0\xff\x01\x02\x03\0" + one, [hello], 1),
        case("shorter than header and checksum", b"\0" + cobs(b"\x01\x00\x00") + b"\0" + one, [hello], 1),
        case(
            "seven bytes, one less than the least",
            b"\0" + cobs(content(1, 0, 2, b"")[:7]) + b"\0" + one,
            [hello],
            1,
        ),
        case(
            "a checksum in the wrong byte order",
            b"\0" + cobs(content(*hello)[:-4] + content(*hello)[:-5:-1]) + b"\0" + one,
            [hello],
            1,
        ),
        case(
            "garbage between delimiters", b"\0" + pattern(99) + b"\0\0" + pattern(5) + b"\0" + one, [hello], 2
        ),
        case("garbage that holds no delimiter is text", pattern(600), text=pattern(600)),
    ]
    watch = (0x0D, 0, 0x1236, b'{"do":"idle","seconds":2.5}')
    governor = (0x0E, 0, 0x1237, b'{"set":"performance"}')
    refused = (0x8D, 3, 0x1236, b"\xff\xff\xff\xff\x18there is no request 0x0D")
    table += [
        case("WATCH and GOVERNOR", line(*watch) + line(*governor), [watch, governor]),
        case("a firmware that knows no WATCH", line(*refused), [refused]),
    ]
    at_limit, over = (0x03, 0, 1, mixed(64)), (0x03, 0, 1, mixed(65))
    huge = (0x03, 0, 1, mixed(5000))
    table += [
        case("a body of exactly max_body", line(*at_limit), [at_limit], max_body=64),
        case("a body one byte over max_body", line(*over) + line(*at_limit), [at_limit], 1, max_body=64),
        case("a body far over max_body", line(*huge) + line(*at_limit), [at_limit], 1, max_body=64),
        case("an endless frame is not reported before it ends", b"\0" + pattern(9000), max_body=64),
        case("zeros one over max_body", line(3, 0, 1, bytes(65)) + one, [hello], 1, max_body=64),
    ]
    return table


if __name__ == "__main__":
    text = ",\n".join("  " + json.dumps(each) for each in cases())
    TARGET.write_text("[\n" + text + "\n]\n")
