"""The watcher of one benchmark, from the host: started before the runs, told when they begin, asked when they end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from edgekit.bench.codec import drop_unknown
from edgekit.deadline import Deadline
from edgekit.errors import RemoteError
from edgekit.session import DeviceSession
from edgekit.wire.codes import Capability

IDLE_S = 2.0
_LONGEST_IDLE_S = 10.0


class Watching:
    """Does nothing on a device that has no watcher; what goes wrong with one is part of what it tells."""

    def __init__(self, session: DeviceSession, talk_deadline: Callable[[], Deadline]) -> None:
        self._session = session
        self._deadline = talk_deadline
        self.possible = Capability.WATCH in session.hello.capabilities
        self._lost = ""

    def start(self, idle_s: float) -> None:
        """Rests for `idle_s` if the board has a power sensor, so that there is something to subtract."""
        found = self._ask("start")
        if "sensor" in found:
            self._ask("idle", min(max(idle_s, IDLE_S), _LONGEST_IDLE_S))

    def begin(self) -> None:
        self._ask("begin")

    def stop(self) -> Mapping[str, Any] | None:
        """What was seen of the runs; None where nobody could look."""
        if not self.possible:
            return None
        found = self._ask("stop")
        return {"lost": self._lost} if self._lost else drop_unknown(found)

    def _ask(self, action: str, seconds: float | None = None) -> dict[str, Any]:
        if not self.possible or self._lost:
            return {}
        try:
            found = self._session.watch(action, self._deadline(), seconds)
        except RemoteError as error:
            found = {"lost": str(error)}
        self._lost = str(found.get("lost", ""))
        return found
