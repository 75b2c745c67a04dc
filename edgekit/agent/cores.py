"""Which cores the agent runs on, with all threads that a runtime has started or will."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Iterable, List

from edgekit.agent.errors import AgentError
from edgekit.wire.codes import Status


def allowed_cores() -> List[int]:
    return sorted(os.sched_getaffinity(0))


def pin(cores: Iterable[int], allowed: Iterable[int]) -> None:
    """Moves every thread of this process to `cores`; threads made later inherit that from their maker.

    Raises:
        AgentError: BAD_REQUEST if one of them is not in `allowed`, which the kernel would silently leave out.
    """
    wanted, known = sorted(set(cores)), sorted(set(allowed))
    missing = [each for each in wanted if each not in known]
    if missing or not wanted:
        message = "cores {}, expected some of {}".format(_text(wanted), _text(known))
        raise AgentError(Status.BAD_REQUEST, message)
    os.sched_setaffinity(0, wanted)
    for task in Path("/proc/self/task").iterdir():
        # A thread may end between being listed and being moved.
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(int(task.name), wanted)


def _text(cores: List[int]) -> str:
    return ", ".join(map(str, cores)) or "none"
