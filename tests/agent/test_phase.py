from __future__ import annotations

import os

from edgekit.agent.phase import IDLE, NEITHER, TIMED, SharedPhase


def test_a_phase_that_ended_and_began_again_is_another() -> None:
    phase = SharedPhase()
    assert phase.read()[1] == NEITHER
    phase.enter(TIMED)
    before = phase.read()
    assert before[1] == TIMED
    phase.leave()
    phase.enter(TIMED)
    assert phase.read() != before


def test_a_forked_process_sees_what_is_written_after_the_fork() -> None:
    phase = SharedPhase()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(reading, 1)
        os._exit(42 if phase.read()[1] == IDLE else 1)
    phase.enter(IDLE)
    os.write(writing, b"x")
    _, status = os.waitpid(child, 0)
    os.close(reading)
    os.close(writing)
    assert os.WEXITSTATUS(status) == 42
