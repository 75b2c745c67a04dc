"""How a long step tells how far it is; `edgekit.console.progress` is one that draws it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

Advance = Callable[[int], None]


class Progress(Protocol):
    """Opens one step of `total` units (None if nobody knows) and yields what counts them."""

    def __call__(self, description: str, total: int | None) -> AbstractContextManager[Advance]: ...


@contextlib.contextmanager
def silent_progress(description: str, total: int | None) -> Iterator[Advance]:
    del description, total
    yield lambda num_done: None
