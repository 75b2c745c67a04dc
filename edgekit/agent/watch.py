"""The agent's side of its watcher, and what SPEC.md says about WATCH and GOVERNOR."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from typing import Any, Dict, Optional

from edgekit.agent.errors import AgentError
from edgekit.agent.governor import Governor
from edgekit.agent.phase import IDLE, TIMED, SharedPhase
from edgekit.agent.watcher import run_watcher
from edgekit.wire.codes import Status

_ANSWER_S = 20.0  # more than looking for a sensor takes where every program has to time out
_LONGEST_IDLE_S = 60.0


class WatcherLostError(Exception):
    """The watcher does not answer; what it saw is not known, and nobody vouches for the conditions."""


class Watch:
    """Starts the watcher; to be made before any thread, and before anything large is imported."""

    def __init__(self, root: str = "/") -> None:
        self._phase = SharedPhase()
        self._judging = False
        self.timed_ns = 0
        self.num_runs = 0
        self._root = root
        ours, theirs = socket.socketpair()
        agent = os.getpid()
        self._process = os.fork()
        if self._process == 0:
            ours.close()
            run_watcher(theirs, self._phase, agent, root)
        theirs.close()
        ours.settimeout(_ANSWER_S)
        self._line: Optional[socket.socket] = ours

    def timed(self, num_runs: int) -> _Timed:
        """Around the runs of one INVOKE, so that only what is seen within is judged."""
        return _Timed(self, num_runs)

    def answer(self, request: Dict[str, Any]) -> Dict[str, Any]:
        """Raises AgentError for a request that makes no sense; a lost watcher is an answer: `lost`, with why."""
        action = request.get("do")
        try:
            if action == "start":
                self._judging, self.timed_ns, self.num_runs = False, 0, 0
                return self._ask({"do": "start"})
            if action == "idle":
                self._idle(request.get("seconds"))
                return {}
            if action == "begin":
                self._judging, self.timed_ns, self.num_runs = True, 0, 0
                return self._ask({"do": "begin"})
            if action == "stop":
                self._judging = False
                found = self._ask({"do": "stop"})
                found.update(timed_us=self.timed_ns / 1000, num_runs=self.num_runs)
                return found
        except WatcherLostError as error:
            return {"lost": str(error)}
        raise AgentError(Status.BAD_REQUEST, f"WATCH does start, idle, begin and stop, not {action!r}")

    def govern(self, request: Dict[str, Any]) -> Dict[str, Any]:
        """Raises AgentError if the governor cannot be set or put back."""
        name = request.get("set")
        if sorted(request) not in (["set"], ["restore"]) or not (name is None or isinstance(name, str)):
            raise AgentError(Status.BAD_REQUEST, "GOVERNOR takes `set` with a name, or `restore`")
        wanted = {"do": "restore_governor"} if name is None else {"do": "set_governor", "name": name}
        try:
            return self._ask(wanted)
        except WatcherLostError as error:
            raise AgentError(Status.RUNTIME_FAILED, str(error)) from error

    def close(self) -> None:
        """Ends the watcher and waits for it, a moment: it may have a governor to put back."""
        if self._line is not None:
            self._line.close()
            self._line = None
        give_up_s = time.monotonic() + 2.0
        with contextlib.suppress(OSError):
            while os.waitpid(self._process, os.WNOHANG) == (0, 0) and time.monotonic() < give_up_s:
                time.sleep(0.01)
        # One that was killed has left this to us.
        Governor(self._root).restore_leftover()

    def _idle(self, seconds: Any) -> None:
        if (
            isinstance(seconds, bool)
            or not isinstance(seconds, (int, float))
            or not 0 < seconds <= _LONGEST_IDLE_S
        ):
            message = f"idle takes `seconds` up to {_LONGEST_IDLE_S:g}, not {seconds!r}"
            raise AgentError(Status.BAD_REQUEST, message)
        self._phase.enter(IDLE)
        try:
            time.sleep(seconds)
        finally:
            self._phase.leave()

    def _ask(self, request: Dict[str, Any]) -> Dict[str, Any]:
        if self._line is None:
            raise WatcherLostError("the watcher had ended before")
        try:
            self._line.sendall(json.dumps(request).encode() + b"\n")
            received = b""
            while not received.endswith(b"\n"):
                data = self._line.recv(65536)
                if not data:
                    raise self._lost(f"the watcher has ended{self._how()}")
                received += data
        except socket.timeout as error:
            raise self._lost(f"the watcher did not answer within {_ANSWER_S:g} s") from error
        except OSError as error:
            raise self._lost(f"the watcher has ended{self._how()}") from error
        answer: Dict[str, Any] = json.loads(received.decode())
        if "error" in answer:
            raise AgentError(Status.RUNTIME_FAILED, str(answer["error"]))
        return answer

    def _lost(self, reason: str) -> WatcherLostError:
        if self._line is not None:
            self._line.close()
            self._line = None
        return WatcherLostError(reason)

    def _how(self) -> str:
        process, status = 0, 0
        with contextlib.suppress(OSError):
            process, status = os.waitpid(self._process, os.WNOHANG)
        return f" by signal {os.WTERMSIG(status)}" if process and os.WIFSIGNALED(status) else ""

    def enter(self) -> None:
        if self._judging:
            self._phase.enter(TIMED)

    def leave(self, took_ns: int, num_runs: int) -> None:
        if self._judging:
            self._phase.leave()
            self.timed_ns += took_ns
            self.num_runs += num_runs


class _Timed:
    def __init__(self, watch: Watch, num_runs: int) -> None:
        self._watch = watch
        self._num_runs = num_runs
        self._began_ns = 0

    def __enter__(self) -> None:
        self._watch.enter()
        self._began_ns = time.monotonic_ns()

    def __exit__(self, *_: Any) -> None:
        self._watch.leave(time.monotonic_ns() - self._began_ns, self._num_runs)
