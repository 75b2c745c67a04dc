"""Pinning is tried in processes of their own: it would change the one that runs the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import edgekit
from edgekit.agent.cores import allowed_cores, pin
from edgekit.agent.errors import AgentError

SCRIPT = """
import os, sys, threading
from edgekit.agent.cores import allowed_cores, pin
started, ended = threading.Event(), threading.Event()
def run():
    seen.append(threading.get_native_id())
    started.set()
    ended.wait(30)
seen = []
before = threading.Thread(target=run, daemon=True)
before.start()
started.wait(30)
core = int(sys.argv[1])
pin([core], allowed_cores())
started.clear()
after = threading.Thread(target=run, daemon=True)
after.start()
started.wait(30)
assert len(seen) == 2
print([sorted(os.sched_getaffinity(each)) for each in (0, *seen)])
ended.set()
"""


def test_every_thread_is_pinned_also_those_made_before_and_later() -> None:
    core = allowed_cores()[-1]
    environment = {**os.environ, "PYTHONPATH": str(Path(edgekit.__file__).parents[1])}
    command = [sys.executable, "-c", SCRIPT, str(core)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=True)
    assert done.stdout.strip() == str([[core]] * 3)


@pytest.mark.parametrize("cores", [[], [1023], [0, 1023]])
def test_a_core_that_is_not_there_is_refused_and_nothing_changes(cores: list[int]) -> None:
    before = allowed_cores()
    with pytest.raises(AgentError, match="expected some of"):
        pin(cores, [0, 1])
    assert allowed_cores() == before
