"""Parts that the bodies of messages are made of."""

from __future__ import annotations

import struct
from typing import Any, Tuple


class MessageError(ValueError):
    """A body that does not fit its message."""


def unpack(layout: struct.Struct, body: bytes, name: str) -> Tuple[Any, ...]:
    if len(body) != layout.size:
        raise MessageError(f"{name} has {len(body)} bytes, expected {layout.size}")
    return layout.unpack(body)


def unpack_head(layout: struct.Struct, body: bytes, name: str) -> Tuple[Tuple[Any, ...], bytes]:
    if len(body) < layout.size:
        raise MessageError(f"{name} has {len(body)} bytes, expected at least {layout.size}")
    return layout.unpack_from(body), body[layout.size :]


def pack_string(text: str, max_bytes: int = 255) -> bytes:
    """Cuts what is longer, between characters."""
    encoded = text.encode("utf-8", "replace")[:max_bytes].decode("utf-8", "ignore").encode("utf-8")
    return bytes([len(encoded)]) + encoded


def unpack_string(body: bytes, name: str) -> Tuple[str, bytes]:
    if not body or len(body) < 1 + body[0]:
        raise MessageError(f"{name} ends inside a string")
    try:
        return body[1 : 1 + body[0]].decode("utf-8"), body[1 + body[0] :]
    except UnicodeDecodeError:
        raise MessageError(f"{name} has a string that is not UTF-8") from None


def expect_empty(body: bytes, name: str) -> None:
    if body:
        raise MessageError(f"{name} has {len(body)} bytes, expected none")
