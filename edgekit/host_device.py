"""The whole firmware in this process: the C device behind a Link, for tests and for trying a model without a board.

It is the code that boards run, message handling included, compiled for this machine; only the UART is a function call.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from edgekit.deadline import Deadline
from edgekit.host_runtime import load_library

_ALIGNMENT = 16
_WRITE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(ctypes.c_uint8), ctypes.c_uint32)


class HostDeviceLink:
    """A Link to a device that answers while it is written to.

    Args:
        model_capacity: bytes of memory for an uploaded model.
        arena_capacity: bytes of arena.
    """

    description = "the firmware in this process"

    def __init__(self, model_capacity: int = 1 << 24, arena_capacity: int = 1 << 22) -> None:
        self._library = load_library()
        self._answers = bytearray()
        # Kept alive here: the C side holds on to the callback and to all memory.
        self._write = _WRITE(self._take)
        self._model = np.empty(model_capacity + _ALIGNMENT, np.uint8)
        self._arena = np.empty(arena_capacity + _ALIGNMENT, np.uint8)
        self._device = ctypes.create_string_buffer(self._library.ek_host_device_bytes())
        self._library.ek_host_device_init(
            self._device,
            self._write,
            _aligned(self._model),
            ctypes.c_uint32(model_capacity),
            _aligned(self._arena),
            ctypes.c_uint32(arena_capacity),
        )

    def _take(self, _context: Any, data: Any, num_bytes: int) -> None:
        self._answers += ctypes.string_at(data, num_bytes)

    def read(self, max_bytes: int, deadline: Deadline) -> bytes:
        """What the device has answered so far; b"" at once if nothing, since nothing more can come."""
        data = bytes(self._answers[:max_bytes])
        del self._answers[:max_bytes]
        return data

    def write(self, data: bytes, deadline: Deadline) -> None:
        self._library.ek_host_device_feed(self._device, data, ctypes.c_uint32(len(data)))

    def close(self) -> None:
        """Nothing to end: memory goes with the object."""


def _aligned(memory: np.ndarray[Any, Any]) -> ctypes.c_void_p:
    address = memory.ctypes.data
    return ctypes.c_void_p(address + -address % _ALIGNMENT)
