"""The agent's way to refuse a request."""

from __future__ import annotations

from typing import Optional

from edgekit.wire.codes import Status


class AgentError(Exception):
    """Becomes the reply to the request that was being served."""

    def __init__(
        self, status: Status, message: str, operator: Optional[int] = None, tensor: Optional[int] = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.operator = operator
        self.tensor = tensor


class HostSilentError(Exception):
    """The other end of the line has given no sign of life for as long as it may."""


def first_line(error: BaseException) -> str:
    """What went wrong in one line, never empty."""
    lines = [each.strip() for each in str(error).splitlines() if each.strip()]
    return lines[0] if lines else type(error).__name__
