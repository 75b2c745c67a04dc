from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edgekit.process import Tail, describe_end, spawn, stop


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_process_that_ignores_requests_to_end_is_killed_with_its_children(tmp_path: Path) -> None:
    code = (
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    process = spawn(python(code))
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    began = time.monotonic()
    stop(process)
    assert time.monotonic() - began < 5
    assert process.returncode == -9
    child = Path(f"/proc/{(tmp_path / 'pid').read_text()}")
    for _ in range(100):
        if not child.exists() or "\nState:\tZ" in (child / "status").read_text():
            return
        time.sleep(0.05)
    pytest.fail("the child is still there")


def test_a_process_that_ends_in_its_grace_is_not_signalled() -> None:
    process = spawn(python("import sys; sys.stdin.read(); sys.exit(7)"), stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.close()
    stop(process, grace_s=10)
    assert process.returncode == 7
    stop(process)


def test_a_process_has_a_session_of_its_own() -> None:
    process = spawn(python("import os; print(os.getsid(0) == os.getpid())"))
    assert process.stdout is not None
    assert process.stdout.readline() == b"True\n"
    stop(process, grace_s=5)
    assert os.getsid(0) != process.pid


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("raise SystemExit(3)", "ended with status 3"),
        ("import os; os.kill(os.getpid(), 11)", "was killed by SIGSEGV"),
        ("import os; os.kill(os.getpid(), 40)", "was killed by signal 40"),
        ("import time; time.sleep(60)", "closed its output"),
    ],
)
def test_how_a_process_ended_is_told_in_words(code: str, expected: str) -> None:
    process = spawn(python(code))
    assert describe_end(process, wait_s=5 if "sleep" not in code else 0.2) == expected
    stop(process)


def test_the_tail_of_a_stream_is_its_last_lines_and_bounded() -> None:
    process = spawn(python("for i in range(100000): print('line', i)\nprint('')"), stderr=subprocess.STDOUT)
    assert process.stdout is not None
    tail = Tail(process.stdout, max_bytes=1000)
    process.wait(30)
    assert tail.text(max_lines=2, wait_s=5) == "line 99998 | line 99999"
    stop(process)
