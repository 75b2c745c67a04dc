"""The C runtime on this machine, through ctypes: what a board would say of a model, without the board.

The shared library is compiled from the very sources of the firmware, and its bookkeeping has the same size
everywhere, so its arena figure and its refusals are those of the boards.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import ModelError, UnsupportedModelError
from edgekit.firmware import build_host_library

_NOWHERE = 0xFFFF
_ALL_OPERATORS = 0xFFFF
_ALIGNMENT = 16
_NO_MEMORY = 9
_UNSUPPORTED = 8
_ROOMY_ARENA_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class LoadReport:
    """What the runtime found: `status` as in wire/SPEC.md, where, why, and the arena that the model needs."""

    status: int
    message: str
    operator: int | None
    tensor: int | None
    arena_bytes: int


@dataclass(frozen=True)
class ResidentLoad:
    """What a load found, for a firmware that carries the model and need not load it."""

    fields: dict[str, int]
    """Of the runtime, in the order of firmware/include/ek_resident_fields.h."""
    tables: bytes
    """The start of the arena, up to its persistent part."""


@cache
def load_library() -> ctypes.CDLL:
    """The shared library, built if it is not there yet. For edgekit's own wrappers."""
    library = ctypes.CDLL(str(build_host_library()))
    library.ek_host_tensor.restype = ctypes.POINTER(ctypes.c_uint8)
    library.ek_host_message.restype = ctypes.c_char_p
    library.ek_host_kernel_name.restype = ctypes.c_char_p
    library.ek_host_kernel_file.restype = ctypes.c_char_p
    library.ek_host_sources.restype = ctypes.c_char_p
    library.ek_host_resident_field.restype = ctypes.c_char_p
    return library


class HostRuntime:
    """One loaded model. Memory is allocated here and handed to the C side, which allocates nothing."""

    def __init__(self, model: bytes, arena_bytes: int = _ROOMY_ARENA_BYTES) -> None:
        self._library = load_library()
        # np.empty leaves the pages untouched: a roomy arena costs nothing until it is used.
        self._memory: NDArray[np.uint8] = np.empty(arena_bytes + _ALIGNMENT, np.uint8)
        start = -self._memory.ctypes.data % _ALIGNMENT
        self._arena = self._memory[start : start + arena_bytes]
        self._model = np.frombuffer(model, np.uint8)
        self._runtime = ctypes.create_string_buffer(self._library.ek_host_runtime_bytes())
        report = (ctypes.c_uint32 * 3)()
        status = self._library.ek_host_load(
            self._runtime, _pointer(self._model), len(model), _pointer(self._arena), arena_bytes, report
        )
        message = self._library.ek_host_message(self._runtime).decode()
        self.report = LoadReport(
            status,
            message,
            None if report[0] == _NOWHERE else int(report[0]),
            None if report[1] == _NOWHERE else int(report[1]),
            int(report[2]),
        )

    def require_loaded(self) -> None:
        """Raises ModelError or UnsupportedModelError if the load failed."""
        report = self.report
        if report.status == 0:
            return
        where = "".join(
            f", {kind} {index}"
            for kind, index in (("operator", report.operator), ("tensor", report.tensor))
            if index is not None
        )
        kind = UnsupportedModelError if report.status in (_UNSUPPORTED, _NO_MEMORY) else ModelError
        raise kind(f"the runtime refuses the model{where}: {report.message}")

    def invoke(self, inputs: Sequence[NDArray[Any]], first: int = 0, count: int = _ALL_OPERATORS) -> None:
        """Writes the inputs as they are, byte by byte, and runs operators [first, first + count)."""
        for index, value in enumerate(inputs):
            place = self.tensor(0, index)
            data = np.ascontiguousarray(value).view(np.uint8).ravel()
            if data.size != place.size:
                raise ModelError(f"input {index} has {place.size} bytes, not {data.size}")
            place[:] = data
        status = self._library.ek_host_run(self._runtime, first, count)
        if status != 0:
            message = self._library.ek_host_message(self._runtime).decode()
            raise ModelError(f"the runtime failed: {message}")

    def reset(self) -> None:
        """Gives variables and the memory of recurrent layers the values that they had after the load."""
        if self._library.ek_host_reset(self._runtime) != 0:
            raise ModelError("the runtime cannot reset the model's state")

    def tensor(self, space: int, index: int) -> NDArray[np.uint8]:
        """Bytes of a tensor, in place; `space` 0 input, 1 output, 2 by tensor index."""
        num_bytes = ctypes.c_uint32()
        pointer = self._library.ek_host_tensor(self._runtime, space, index, ctypes.byref(num_bytes))
        if not pointer:
            raise ModelError(f"the model has no tensor {index} in space {space}")
        return np.ctypeslib.as_array(pointer, (num_bytes.value,))

    def resident_load(self) -> ResidentLoad:
        """What the load of the model found."""
        count = self._library.ek_host_resident_fields(self._runtime, None, 0)
        values = (ctypes.c_uint64 * count)()
        self._library.ek_host_resident_fields(self._runtime, values, count)
        names = [self._library.ek_host_resident_field(index).decode() for index in range(count)]
        fields = dict(zip(names, map(int, values), strict=True))
        return ResidentLoad(fields, self._arena[: fields["persistent"]].tobytes())

    def needed_kernels(self) -> list[str]:
        """Files of the kernels that the loaded model runs, without their suffix."""
        files: list[str] = []
        while (name := self._library.ek_host_kernel_file(len(files))) is not None:
            files.append(name.decode())
        needed = (ctypes.c_uint8 * len(files))()
        if self._library.ek_host_needed_kernels(self._runtime, needed) != 0:
            raise ModelError("the runtime cannot tell which kernels the model needs")
        return [name for name, is_needed in zip(files, needed, strict=True) if is_needed]


def runtime_sources() -> str:
    """Names the sources of the runtime on this machine; a firmware's, where they are the same, has this name too."""
    return str(load_library().ek_host_sources().decode())


def check_operator(model: bytes, index: int) -> str | None:
    """Why the runtime refuses this operator, whatever it says of the others; None if it takes it."""
    library = load_library()
    runtime = ctypes.create_string_buffer(library.ek_host_runtime_bytes())
    data = np.frombuffer(model, np.uint8)
    if library.ek_host_check(runtime, _pointer(data), len(model), index) == 0:
        return None
    return str(library.ek_host_message(runtime).decode())


def kernel_names() -> list[str]:
    """Operators that this build of the runtime has a kernel for, in TFLite's names."""
    names: set[str] = set()
    index = 0
    while (name := load_library().ek_host_kernel_name(index)) is not None:
        names.add(name.decode())
        index += 1
    return sorted(names)


def _pointer(array: NDArray[np.uint8]) -> Any:
    return ctypes.c_void_p(array.ctypes.data)
