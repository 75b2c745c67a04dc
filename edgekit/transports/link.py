"""A Link moves bytes to and from one device; a transport is the module that opens one.

A transport is a module of this package, found by its name, with

- `SETTINGS: dict[str, type]`: the keys that it takes from farm.toml,
- `REQUIRED: tuple[str, ...]`: those of them that must be there,
- `open_link(name, board, settings, deadline) -> Link`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import edgekit.transports
from edgekit.board import Board
from edgekit.cycle_counter import ModelledRuns
from edgekit.deadline import Deadline
from edgekit.errors import UnknownNameError


class Link(Protocol):
    @property
    def description(self) -> str:
        """Where the other end is, as part of a message: "/dev/ttyACM0 at 115200 baud"."""

    def read(self, max_bytes: int, deadline: Deadline) -> bytes:
        """Waits for the first byte and returns what has arrived by then; b"" when the deadline passes first.

        Raises:
            LinkError: the other end is gone.
        """

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Returns when all of `data` is on its way.

        Raises:
            LinkError: the other end is gone.
            DeadlineError: it does not take the bytes.
        """

    def close(self) -> None:
        """Ends what was opened or started; safe to call twice; raises nothing."""


@runtime_checkable
class SeesMachine(Protocol):
    """A link to a program that cannot tell under which conditions it runs, where this side can see for itself."""

    def conditions(self, deadline: Deadline) -> dict[str, Any]:
        """As a device's reply to CONDITIONS; {} if nothing can be seen."""


@runtime_checkable
class ModelsCycles(Protocol):
    """A link to an emulator beside which a model of the core's timings may run."""

    def modelled_runs(self) -> ModelledRuns:
        """What was counted since the last call, or why nothing is."""


class Transport(Protocol):
    SETTINGS: dict[str, type]
    REQUIRED: tuple[str, ...]

    def open_link(self, name: str, board: Board, settings: Mapping[str, Any], deadline: Deadline) -> Link:
        """Opens the way to device `name`.

        Raises:
            ConnectError: it cannot be reached; the message says why and what to do.
        """


def list_transports() -> list[str]:
    """Names of the modules here that open links."""
    names = sorted(each.name for each in pkgutil.iter_modules(edgekit.transports.__path__))
    return [each for each in names if hasattr(_import(each), "open_link")]


def find_transport(name: str) -> Transport:
    """Raises UnknownNameError if there is no such module."""
    known = {each.name for each in pkgutil.iter_modules(edgekit.transports.__path__)}
    if name not in known or not hasattr(_import(name), "open_link"):
        raise UnknownNameError("transport", name, list_transports())
    transport: Transport = _import(name)
    return transport


def _import(name: str) -> Any:
    return importlib.import_module(f"edgekit.transports.{name}")
