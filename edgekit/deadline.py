"""One deadline, handed down through every blocking call instead of a time-out that each call resets."""

from __future__ import annotations

import time

from edgekit.errors import DeadlineError


class Deadline:
    """A point on the monotonic clock, `timeout_s` seconds after it was made."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self._end_s = time.monotonic() + timeout_s

    def remaining_s(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._end_s - time.monotonic())

    def expired(self) -> bool:
        return self.remaining_s() == 0.0

    def check(self, doing: str) -> None:
        """Raises DeadlineError if the time is up; `doing` completes "gave up after … s while …"."""
        if self.expired():
            raise DeadlineError(f"gave up after {self.timeout_s:g} s while {doing}")
