"""Programs of the board that tell something: found on PATH, given little time, silent when they fail."""

from __future__ import annotations

import os
import subprocess
from typing import Sequence

TIMEOUT_S = 2.0


def run_program(command: Sequence[str], timeout_s: float = TIMEOUT_S) -> str:
    """What it prints on stdout; "" if there is no such program, it fails, or it takes too long."""
    try:
        done = subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout_s,
            check=False,
            env=dict(os.environ, LC_ALL="C"),
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""
