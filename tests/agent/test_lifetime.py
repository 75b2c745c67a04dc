"""How the agent ends, what it leaves behind, and what reaches the line beside frames."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgekit.wire import codes
from edgekit.wire import messages as m
from edgekit.wire.frame import Frame, FrameDecoder, encode_frame
from tests.agent.conftest import Agent


def test_bye_is_answered_and_ends_the_agent(greeted: Agent) -> None:
    assert greeted.ask(codes.Kind.BYE).status == codes.Status.OK
    assert greeted.process.wait(10) == 0


def test_the_end_of_input_ends_the_agent(agent: Agent) -> None:
    agent.stdin.close()
    assert agent.process.wait(10) in (0, 1)


def test_what_a_library_prints_does_not_get_between_frames(bundle: Path) -> None:
    code = (
        f"import sys, os; sys.path.insert(0, {str(bundle)!r}); sys.argv = ['agent']\n"
        "import edgekit.agent.handlers as handlers\n"
        "def noisy(wanted):\n"
        "    print('INFO: created delegate', flush=True); os.write(1, b'\\0raw\\0'); os.system('echo child')\n"
        "    assert sys.stdin.read() == ''\n"
        "    return handlers.Runtime('litert', None, 'noisy 1.0')\n"
        "handlers.find_runtime = noisy\n"
        "from edgekit.agent.__main__ import main\n"
        "main()\n"
    )
    hello = encode_frame(Frame(codes.Kind.HELLO, 0, 1, m.HelloRequest().pack()))
    bye = encode_frame(Frame(codes.Kind.BYE, 0, 2))
    done = subprocess.run(
        [sys.executable, "-c", code], input=hello + bye, capture_output=True, timeout=60, check=True
    )
    text: list[bytes] = []
    frames = FrameDecoder(codes.MAX_MAX_BODY, text.append).feed(done.stdout)
    assert [each.kind for each in frames if isinstance(each, Frame)] == [0x81, 0x8B]
    assert text == []
    assert b"created delegate" in done.stderr
    assert b"child" in done.stderr


def test_the_agent_deletes_itself_when_told_and_still_works(bundle: Path, add_model: bytes) -> None:
    command = [sys.executable, "-I", str(bundle), "--self-destruct"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0) as process:
        agent = Agent(process)
        assert agent.ask(codes.Kind.HELLO, m.HelloRequest().pack()).status == codes.Status.OK
        assert not bundle.parent.exists()
        assert agent.load(add_model).status == codes.Status.OK
        assert agent.ask(codes.Kind.CONDITIONS).status == codes.Status.OK
        assert agent.ask(codes.Kind.BYE).status == codes.Status.OK


@pytest.mark.parametrize("value", ["0", "-1", "soon", "1e9"])
def test_a_silence_limit_that_is_no_time_is_refused(bundle: Path, value: str) -> None:
    command = [sys.executable, "-I", str(bundle), "--silence-limit", value]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    assert done.returncode == 1
    assert f"takes seconds up to 86400, not '{value}'" in done.stderr.decode()


def test_a_host_that_falls_silent_ends_the_agent_although_the_line_stays_open(bundle: Path) -> None:
    with limited(bundle, "1") as agent:
        assert agent.refused(0x42)[0] == codes.Status.UNKNOWN_KIND
        assert agent.process.wait(10) == 0
        assert agent.process.stderr is not None
        assert b"nothing from the host for 1 s" in agent.process.stderr.read()


def test_signs_of_life_keep_the_agent(bundle: Path) -> None:
    with limited(bundle, "2") as agent:
        for _ in range(8):
            time.sleep(0.5)
            agent.stdin.write(b"\0")
        assert agent.refused(0x42)[0] == codes.Status.UNKNOWN_KIND


def test_a_host_that_takes_no_answer_ends_the_agent(bundle: Path) -> None:
    with limited(bundle, "1") as agent:
        # Nobody reads: the answers fill the pipe.
        for sequence in range(1, 3001):
            request = encode_frame(Frame(0x42, 0, sequence % 65536))
            try:
                agent.stdin.write(request)
            except BrokenPipeError:
                break
        assert agent.process.wait(10) == 0


@contextlib.contextmanager
def limited(bundle: Path, seconds: str) -> Iterator[Agent]:
    command = [sys.executable, "-I", str(bundle), "--silence-limit", seconds]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0) as process:
        yield Agent(process)
        process.kill()


def test_the_agent_stays_without_the_option(agent: Agent, bundle: Path) -> None:
    assert agent.refused(0x42)[0] == codes.Status.UNKNOWN_KIND
    assert bundle.exists()


def test_a_host_that_hangs_up_ends_the_agent_in_the_middle_of_a_long_inference(
    greeted: Agent, add_model: bytes
) -> None:
    greeted.load(add_model)
    # A million runs and more than what is sent before the host goes away.
    for sequence in range(greeted.sequence + 1, greeted.sequence + 11):
        greeted.stdin.write(
            encode_frame(Frame(codes.Kind.INVOKE, 0, sequence, m.Invoke(warmup=1_000_000).pack()))
        )
    greeted.stdin.close()
    assert greeted.process.wait(10) == 1
