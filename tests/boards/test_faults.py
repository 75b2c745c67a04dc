"""What goes wrong on the way to a board and on it: nothing hangs, the next run works, nothing is left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tflite

from edgekit import ssh_folder
from edgekit.artifact import Artifact
from edgekit.bench.request import BenchmarkOptions
from edgekit.bench.result import BenchmarkResult
from edgekit.bench.runner import benchmark
from edgekit.bench.samples import random_evaluation_set
from edgekit.board import load_board
from edgekit.deadline import Deadline
from edgekit.errors import DeviceError, EdgekitError
from edgekit.farm import Device, connect
from edgekit.ssh_connection import open_ssh
from edgekit.tflite_model import read_model
from edgekit.transports import ssh
from tests.boards.bad_network import FAULTS, SILENCE, BadNetwork
from tests.tiny_model import Operator, Tensor, build_file


def build_wide(num_outputs: int = 50_000) -> bytes:
    """A FULLY_CONNECTED of 200 KB, which takes more than one frame to send."""
    weights = np.arange(num_outputs * 4).astype(np.int8)
    return build_file(
        [
            Tensor("input", (1, 4), scale=0.5, zero_point=-1),
            Tensor("weights", (num_outputs, 4), scale=0.25, content=weights.tobytes()),
            Tensor("bias", (num_outputs,), "int32", 0.125, content=bytes(4 * num_outputs)),
            Tensor("logits", (1, num_outputs), scale=1.0, zero_point=3),
        ],
        [Operator(tflite.BuiltinOperator.FULLY_CONNECTED, (0, 1, 2), (3,))],
        [0],
        [3],
    )


ARTIFACT = Artifact("wide", read_model(build_wide()), {}, None)
PATIENCE_S = 6.0
SLACK_S = 6.0
"""For closing what cannot be closed politely any more."""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


class Server:
    """The loopback server, reached directly or through a bad network."""

    def __init__(self, ssh_server: Any) -> None:
        self._server = ssh_server
        ssh_server.trust()
        self.port, self.folder = ssh_server.port, ssh_server.folder

    def device(self, port: int | None = None, **settings: Any) -> Device:
        port = self.port if port is None else port
        with (self.folder / "known_hosts").open("a") as file:
            file.write(f"[127.0.0.1]:{port} {self._server.host_key}\n")
        settings = {**self._server.settings, "port": port, **settings}
        return Device("pi", load_board("generic_x86_64"), "ssh", settings)

    def left(self) -> list[str]:
        """Files in the board's temporary folder and agents that still run."""
        scratch = self.folder / "scratch"
        found = [str(each) for each in scratch.iterdir()]
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if f"{scratch}/edgekit.".encode() in path.read_bytes():
                    found.append(path.parent.name)
        return found

    def agent(self) -> int:
        """The agent itself, not what it started."""
        numbers = {int(each) for each in self.left() if each.isdigit()}
        (number,) = (each for each in numbers if parent_of(each) not in numbers)
        return number


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.fixture
def server(ssh_server: Any, add_model: bytes) -> Server:
    return Server(ssh_server)


def bench(
    device: Device, progress: Any = None, timeout_s: float = 60.0, runs: int = 5, num_samples: int = 16
) -> BenchmarkResult:
    options = BenchmarkOptions(runs=runs, warmup=1, timeout_s=timeout_s)
    extra = {} if progress is None else {"progress": progress}
    evaluation = random_evaluation_set(ARTIFACT.model, num_samples)
    return benchmark(ARTIFACT, device, options, evaluation=evaluation, **extra)


def patience_s(server: Server) -> float:
    """Long enough on this machine, as busy as it is now, for a run to come to its evaluation."""
    began = time.monotonic()
    bench(server.device())
    return max(PATIENCE_S, 4 * (time.monotonic() - began))


def assert_as_new(server: Server) -> None:
    """The next run works, and then nothing is left of either."""
    assert bench(server.device(), num_samples=1).complete
    assert_soon_clean(server)


def assert_soon_clean(server: Server) -> None:
    give_up = time.monotonic() + 10
    while server.left():
        assert time.monotonic() < give_up, server.left()
        time.sleep(0.05)


@contextlib.contextmanager
def within(limit_s: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < limit_s


def failing_in(step: str, fail: Callable[[], None]) -> Any:
    """A progress display that strikes in the middle of a step of the benchmark."""

    @contextlib.contextmanager
    def progress(description: str, total: int | None) -> Iterator[Callable[[int], None]]:
        if description == step and total is None:
            # A step that does not count: soon after it began.
            threading.Timer(0.2, fail).start()
        num_done = 0

        def advance(num: int) -> None:
            nonlocal num_done
            num_done += num
            if description == step and total is not None and num_done >= total // 2:
                fail()

        yield advance

    return progress


# Bytes that the client has sent by then; the greeting, the key exchange, logging in, half of the agent.
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("num_bytes", [0, 10, 1_000, 2_500, 30_000])
def test_a_connection_that_breaks_before_the_agent_runs_is_an_error_in_time(
    server: Server, num_bytes: int, fault: str
) -> None:
    with BadNetwork(server.port, fault=fault, fail_after=num_bytes) as network:
        device = server.device(network.port)
        with within(PATIENCE_S + SLACK_S), pytest.raises(EdgekitError) as raised:
            bench(device, timeout_s=PATIENCE_S)
        assert network.failed.is_set(), raised.value
    assert isinstance(raised.value, DeviceError)
    assert "pi" in str(raised.value)
    assert_as_new(server)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", ["sending the model", "timing"])
def test_a_connection_that_breaks_before_a_number_is_there_is_an_error_in_time(
    server: Server, step: str, fault: str
) -> None:
    limit_s = patience_s(server)
    with BadNetwork(server.port, fault=fault) as network:
        device = server.device(network.port)
        with within(limit_s + SLACK_S), pytest.raises(DeviceError):
            bench(device, failing_in(step, network.fail), limit_s, runs=100_000)
        assert network.failed.is_set()
    assert_as_new(server)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_connection_that_breaks_in_the_evaluation_keeps_what_was_measured(
    server: Server, fault: str
) -> None:
    limit_s = patience_s(server)
    with BadNetwork(server.port, fault=fault) as network:
        device = server.device(network.port)
        with within(limit_s + SLACK_S):
            measured = bench(device, failing_in("running the evaluation set", network.fail), limit_s)
        assert network.failed.is_set()
    assert measured.latency_us is not None
    assert not measured.complete
    assert [each.code for each in measured.warnings if each.code == "incomplete"]
    assert_as_new(server)


def test_a_board_whose_network_fell_silent_for_good_comes_clean_by_itself(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh, "SILENCE_LIMIT_S", 3)
    monkeypatch.setattr(ssh, "SIGN_OF_LIFE_S", 0.5)
    deadline = Deadline(60.0)
    with BadNetwork(server.port, fault=SILENCE) as network:
        with contextlib.ExitStack() as stack:
            session = stack.enter_context(connect(server.device(network.port), deadline, kernels="reference"))
            time.sleep(6)  # a host may take longer than the limit between two requests
            session.load(ARTIFACT.model.data, deadline)
            network.fail()
            assert_soon_clean(server)
            stack.pop_all()  # nothing is said to the board any more
        assert_soon_clean(server)
    assert_as_new(server)


def test_a_folder_on_a_board_whose_network_fell_silent_goes_by_itself(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh_folder, "_LIMIT_S", 2)
    device = server.device()
    with contextlib.closing(open_ssh("pi", device.settings, Deadline(30.0))) as client:
        folder = ssh_folder.TemporaryFolder("pi", client, Deadline(30.0))
        assert server.left() == [folder.path]
        assert_soon_clean(server)


def test_a_slow_way_to_the_board_costs_time_and_nothing_else(server: Server) -> None:
    near = bench(server.device(), num_samples=2)
    with BadNetwork(server.port, delay_s=0.15) as network:
        far = bench(server.device(network.port), timeout_s=120, num_samples=2)
    assert far.complete
    assert far.bit_exact == near.bit_exact
    assert near.latency_us is not None
    assert far.latency_us is not None
    # Timed on the board: a round trip of 300 ms is no part of it.
    assert far.latency_us.median < 150_000
    assert_as_new(server)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_killed_agent_is_an_error_at_once(server: Server, number: signal.Signals) -> None:
    killed = failing_in("timing", lambda: os.kill(server.agent(), number))
    with within(SLACK_S + 10), pytest.raises(DeviceError, match=r"the agent on pi (was killed|ended)"):
        bench(server.device(), killed, timeout_s=60, runs=100_000)
    assert_as_new(server)


def test_an_agent_that_is_stopped_is_given_up_in_time(server: Server) -> None:
    stopped: list[int] = []
    limit_s = patience_s(server)

    def stop() -> None:
        stopped.append(server.agent())
        os.kill(stopped[0], signal.SIGSTOP)

    try:
        with within(limit_s + SLACK_S), pytest.raises(DeviceError):
            bench(server.device(), failing_in("timing", stop), limit_s, runs=100_000)
    finally:
        for each in stopped:
            os.kill(each, signal.SIGCONT)
    assert_as_new(server)


def test_the_boards_clock_may_jump_at_any_time(server: Server) -> None:
    """Boards without a battery set theirs when the network is up, by years."""
    script = server.folder / "python-with-jumping-clock"
    script.write_text(
        f"#!{sys.executable} -I\n"
        "import itertools, os, runpy, sys, time\n"
        "if sys.argv[1:3] == ['-I', '-c']:\n"
        "    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])\n"
        "years = itertools.cycle((0, 10, -10))\n"
        "time.time_ns = lambda: (1_700_000_000 + next(years) * 31_557_600) * 10**9\n"
        "time.time = lambda: time.time_ns() / 1e9\n"
        "del sys.argv[:2]\n"
        "sys.path.insert(0, sys.argv[0])\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    script.chmod(0o755)
    measured = bench(server.device(python=str(script)))
    assert measured.complete
    assert measured.latency_us is not None
    assert 0 < measured.latency_us.min <= measured.latency_us.max < 10e6
    assert_as_new(server)
