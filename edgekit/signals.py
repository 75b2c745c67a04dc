"""Signals end a command the way an exception does, so that context managers stop what they started."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

# An impatient second Ctrl-C must not cut the clean-up short, but one that comes much later must work:
# the first may have been swallowed on its way.
_CLEANUP_S = 15.0


@contextlib.contextmanager
def signals_unwind() -> Iterator[None]:
    """Within it SIGINT raises KeyboardInterrupt, SIGTERM SystemExit(143), SIGHUP SystemExit(129).

    A signal that was ignored before (nohup, a background job) stays ignored.
    Does nothing outside the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    last_s = -_CLEANUP_S

    def unwind(number: int, _frame: FrameType | None) -> None:
        nonlocal last_s
        now_s = time.monotonic()
        if now_s - last_s < _CLEANUP_S:
            return
        last_s = now_s
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)

    usual = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_DFL,
    }
    before = {number: signal.getsignal(number) for number, handler in usual.items()}
    replaced = [number for number, handler in usual.items() if before[number] == handler]
    for number in replaced:
        signal.signal(number, unwind)
    try:
        yield
    finally:
        for number in replaced:
            signal.signal(number, before[number])
