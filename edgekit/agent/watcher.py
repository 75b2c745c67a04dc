"""The watcher: a small process beside the agent that looks at the board while it works, and outlives a killed agent.

It is forked before anything large is loaded, holds none of the agent's streams, and lives until the agent's end of
their socket closes, however that happens. Then it puts the governor back and ends. Requests and answers are lines
of JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import socket
import time
from pathlib import Path
from typing import Any, Callable, Dict, Optional

from edgekit.agent.energy import find_power_sensor
from edgekit.agent.governor import Governor, GovernorError
from edgekit.agent.phase import IDLE, TIMED, SharedPhase
from edgekit.agent.sampling import Sampler
from edgekit.agent.watch_summary import WatchSummary

RATE_HZ = 2.0
PROCESS_NAME = "edgekit-watch"
"""In ps and top; its command line is the agent's."""


class Watcher:
    """What the process does between its first request and the end of `line`."""

    def __init__(
        self, line: socket.socket, phase: SharedPhase, agent: int, root: str, governor: Governor
    ) -> None:
        self._line = line
        self._phase = phase
        self._agent = agent
        self._root = root
        self._governor = governor
        self._sampler: Optional[Sampler] = None
        self._summary = WatchSummary()
        self._no_energy = ""
        self._next_s = 0.0
        self._period_s = 1.0 / RATE_HZ
        self._began_s = self._began_cpu_s = 0.0
        self._requests: Dict[str, Callable[[Dict[str, Any]], Dict[str, Any]]] = {
            "start": self._start,
            "begin": self._begin,
            "stop": self._stop,
            "set_governor": self._set_governor,
            "restore_governor": self._restore_governor,
        }

    def run(self) -> None:
        """Returns when the agent has gone."""
        received = b""
        while True:
            wait_s = None if self._sampler is None else max(0.0, self._next_s - time.monotonic())
            if select.select([self._line], [], [], wait_s)[0]:
                data = self._line.recv(65536)
                if not data:
                    return
                *lines, received = (received + data).split(b"\n")
                for each in lines:
                    self._line.sendall(json.dumps(self._answer(each)).encode() + b"\n")
            elif self._sampler is not None:
                self._look(self._sampler)

    def _answer(self, line: bytes) -> Dict[str, Any]:
        try:
            request = json.loads(line.decode())
            return self._requests[request["do"]](request)
        except GovernorError as error:
            return {"error": str(error)}
        except Exception as error:
            return {"error": f"the watcher failed: {type(error).__name__}: {error}"}

    def _look(self, sampler: Sampler) -> None:
        self._next_s = max(self._next_s + self._period_s, time.monotonic())
        before = self._phase.read()
        if before[1] == TIMED:
            sample = sampler.take()
            # A sample that was still being taken when the runs ended has seen something else too.
            if self._phase.read() == before:
                self._summary.add_timed(sample, sampler.sensor)
        elif before[1] == IDLE and sampler.sensor is not None:
            power = sampler.read_power()
            if power is not None and self._phase.read() == before:
                self._summary.idle.add(power, sampler.sensor)

    def _start(self, request: Dict[str, Any]) -> Dict[str, Any]:
        sensor, self._no_energy = find_power_sensor(self._root)
        self._sampler = Sampler(self._agent, {self._agent, os.getpid()}, self._root, sensor)
        self._summary = WatchSummary()
        self._period_s = 1.0 / (RATE_HZ if sensor is None else max(RATE_HZ, sensor.rate_hz))
        self._begin(request)
        found: Dict[str, Any] = {"rate_hz": 1.0 / self._period_s}
        return dict(found, **({"no_energy": self._no_energy} if sensor is None else {"sensor": sensor.name}))

    def _begin(self, request: Dict[str, Any]) -> Dict[str, Any]:
        self._summary.begin()
        self._began_s, self._began_cpu_s = time.monotonic(), _spent_s()
        self._next_s = self._began_s + self._period_s / 2
        return {}

    def _stop(self, request: Dict[str, Any]) -> Dict[str, Any]:
        if self._sampler is None:
            return {"error": "nothing is being watched"}
        found = self._summary.record()
        took_s = time.monotonic() - self._began_s
        if took_s > 0:
            found["watcher_cpu"] = (_spent_s() - self._began_cpu_s) / took_s
        if self._sampler.sensor is not None:
            found["power"] = self._summary.power_record(self._sampler.sensor)
        else:
            found["no_energy"] = self._no_energy
        self._sampler = None
        return found

    def _set_governor(self, request: Dict[str, Any]) -> Dict[str, Any]:
        before = self._governor.set(str(request["name"]))
        return {"before": ", ".join(sorted(set(before.values())))}

    def _restore_governor(self, request: Dict[str, Any]) -> Dict[str, Any]:
        failed = self._governor.restore()
        return {"error": f"could not restore {', '.join(failed)}"} if failed else {}


def run_watcher(line: socket.socket, phase: SharedPhase, agent: int, root: str) -> None:
    """Runs in the forked process and never returns."""
    code = 1
    try:
        os.setsid()  # what ends the agent's group or terminal must not end this
        _let_go(line.fileno())
        with contextlib.suppress(OSError), Path("/proc/self/comm").open("w") as file:
            file.write(PROCESS_NAME)
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, _unwind)
        governor = Governor(root)
        try:
            governor.restore_leftover()
            Watcher(line, phase, agent, root, governor).run()
        finally:
            governor.restore()
        code = 0
    finally:
        os._exit(code)


def _unwind(number: int, frame: Any) -> None:
    raise SystemExit(0)


def _let_go(keep: int) -> None:
    """Of every stream but `keep`: a pipe that this process held open would never end for its reader."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for each in (0, 1, 2):
        os.dup2(nothing, each)
    with contextlib.suppress(OSError, ValueError):
        limit = min(os.sysconf("SC_OPEN_MAX"), 4096)
        os.closerange(3, keep)
        os.closerange(keep + 1, limit)


def _spent_s() -> float:
    """Processor time of this process and of the programs that it ran."""
    spent = [resource.getrusage(each) for each in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)
