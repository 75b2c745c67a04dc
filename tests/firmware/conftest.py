"""Emulated boards for the firmware's tests: one emulator a board, kept for all tests of a run."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator

import pytest

from edgekit import farm
from edgekit.deadline import Deadline
from edgekit.firmware import firmware_boards
from edgekit.host_runtime import HostRuntime
from edgekit.session import DeviceSession

BOARDS = firmware_boards()
SESSION_S = 1800.0


@pytest.fixture(scope="session")
def open_board() -> Iterator[Callable[[str], DeviceSession]]:
    """Returns a session with the firmware on an emulated board; starts it when it is asked for first."""
    with contextlib.ExitStack() as stack:
        sessions: dict[str, DeviceSession] = {}

        def open_(name: str) -> DeviceSession:
            for program in ("qemu-system-arm", "arm-none-eabi-gcc"):
                if shutil.which(program) is None:
                    pytest.skip(f"{program} is not installed")
            if name not in sessions:
                device = farm.find_device(name)
                sessions[name] = stack.enter_context(farm.connect(device, Deadline(SESSION_S)))
            return sessions[name]

        yield open_


def require_room(board: DeviceSession, model: bytes) -> None:
    """Skips the test if the board says that it has no room for the model."""
    arena_bytes = HostRuntime(model).report.arena_bytes
    if len(model) > board.hello.model_capacity:
        pytest.skip(f"{board.name} has {board.hello.model_capacity} bytes for a model of {len(model)}")
    if arena_bytes > board.hello.arena_capacity:
        pytest.skip(f"{board.name} has {board.hello.arena_capacity} bytes for an arena of {arena_bytes}")


@pytest.fixture(params=BOARDS)
def board(request: pytest.FixtureRequest, open_board: Callable[[str], DeviceSession]) -> DeviceSession:
    return open_board(request.param)
