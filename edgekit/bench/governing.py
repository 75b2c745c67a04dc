"""The frequency governor of a board for the length of one benchmark."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from edgekit.deadline import Deadline
from edgekit.errors import EdgekitError
from edgekit.session import DeviceSession
from edgekit.wire.codes import Capability

_RESTORE_S = 5.0


class Governing:
    """Does nothing if no governor is asked for."""

    def __init__(
        self, session: DeviceSession, name: str | None, talk_deadline: Callable[[], Deadline]
    ) -> None:
        self._session = session
        self._name = name
        self._deadline = talk_deadline
        self._is_set = False

    def set(self) -> bool | None:
        """False if the device has none, None if none is asked for.

        Raises:
            RemoteError: it has one that cannot be set; the message says what to do.
        """
        if self._name is None:
            return None
        if Capability.WATCH not in self._session.hello.capabilities:
            return False
        self._session.set_governor(self._name, self._deadline())
        self._is_set = True
        return True

    def restore(self) -> None:
        """Raises DeviceError if the device does not answer; then it puts the old one back by itself."""
        if self._is_set:
            self._is_set = False
            self._session.set_governor(None, self._deadline())

    def restore_in_passing(self) -> None:
        """While another error is on its way: a session that is not ours stays open after it."""
        if self._is_set:
            self._is_set = False
            with contextlib.suppress(EdgekitError):
                self._session.set_governor(None, Deadline(_RESTORE_S))
