"""The watcher beside the real agent: what it sees, what it costs, and what is left when one of them is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edgekit.wire import codes
from edgekit.wire import messages as m
from tests.agent.boards import ORIN_HWMON, ORIN_NANO, cpufreq, pid_stat, proc_stat, tree
from tests.agent.conftest import Agent

START = (
    "import sys; sys.path.insert(0, sys.argv[1]); root = sys.argv[2]; sys.argv = ['agent']\n"
    "from edgekit.agent.__main__ import main\n"
    "main(root)\n"
)
CLOCK = "sys/devices/system/cpu/cpu{}/cpufreq/scaling_cur_freq"


@pytest.fixture
def root(tmp_path: Path) -> str:
    num_cpus = max(os.sched_getaffinity(0)) + 1
    return tree(tmp_path / "root", {**cpufreq(num_cpus), "proc/sys/kernel/random/boot_id": "boot-1\n"})


@pytest.fixture
def start(bundle: Path, root: str, tmp_path: Path) -> Iterator[Callable[[], Agent]]:
    """Starts agents that see `root` for the machine, and have a home of their own."""
    pytest.importorskip("ai_edge_litert", reason="needs a TFLite runtime: pip install ai-edge-litert")
    processes = []

    def start_one() -> Agent:
        command = [sys.executable, "-c", START, str(bundle), root]
        environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data")}
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, env=environment)
        processes.append(process)
        agent = Agent(process)
        assert agent.ask(codes.Kind.HELLO, m.HelloRequest().pack()).status == codes.Status.OK
        return agent

    yield start_one
    for each in processes:
        each.kill()
        each.wait()
        for stream in (each.stdin, each.stdout, each.stderr):
            assert stream is not None
            stream.close()


def ask(agent: Agent, kind: codes.Kind, **request: Any) -> dict[str, Any]:
    reply = agent.ask(kind, m.pack_json(request))
    assert reply.status == codes.Status.OK, m.ErrorBody.unpack(reply.body).message
    return m.unpack_json(reply.body, "reply")


def watch(agent: Agent, do: str, **more: Any) -> dict[str, Any]:
    return ask(agent, codes.Kind.WATCH, do=do, **more)


def watcher_of(agent: Agent) -> int:
    (child,) = Path(f"/proc/{agent.process.pid}/task/{agent.process.pid}/children").read_text().split()
    return int(child)


def governors(root: str) -> set[str]:
    return {
        each.read_text().strip()
        for each in Path(root).glob("sys/devices/system/cpu/*/cpufreq/scaling_governor")
    }


def wait_until(condition: Callable[[], bool]) -> None:
    give_up_s = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < give_up_s
        time.sleep(0.02)


def run_for(agent: Agent, seconds: float) -> int:
    """Timed runs, a reply's worth at a time; how many."""
    num_runs, give_up_s = 0, time.monotonic() + seconds
    while time.monotonic() < give_up_s:
        assert agent.ask(codes.Kind.INVOKE, m.Invoke(runs=8192).pack()).status == codes.Status.OK
        num_runs += 8192
    return num_runs


@pytest.fixture
def slow_runs(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of a few microseconds end too soon for a sample; these take as long as those of a real model."""
    monkeypatch.setitem(
        globals(),
        "START",
        START.replace(
            "main(root)",
            "import time, edgekit.agent.litert as litert\n"
            "real = litert.LoadedModel.invoke\n"
            "def invoke(self, warmup, runs):\n"
            "    time.sleep(0.02 * (warmup + runs))\n"
            "    return real(self, warmup, runs)\n"
            "litert.LoadedModel.invoke = invoke\n"
            "main(root)",
        ),
    )


@pytest.mark.usefixtures("slow_runs")
def test_only_what_happens_within_the_runs_is_judged(
    start: Callable[[], Agent], root: str, add_model: bytes
) -> None:
    agent = start()
    agent.load(add_model)
    slow = {CLOCK.format(cpu): "600000" for cpu in range(os.cpu_count() or 1)}
    fast = {CLOCK.format(cpu): "1500000" for cpu in range(os.cpu_count() or 1)}
    hot = {"sys/class/thermal/thermal_zone0/type": "cpu", "sys/class/thermal/thermal_zone0/temp": "61000"}
    tree(Path(root), slow)
    assert "no_energy" in watch(agent, "start")
    agent.ask(codes.Kind.INVOKE, m.Invoke(runs=60).pack())  # the warm-up: 1.2 s at the low clock
    tree(Path(root), {**fast, **hot})
    watch(agent, "begin")
    agent.ask(codes.Kind.INVOKE, m.Invoke(runs=150).pack())
    tree(Path(root), slow)
    time.sleep(1.2)  # the board rests, and its clock with it
    found = watch(agent, "stop")
    assert found["num_samples"] >= 3
    assert found["clock_hz"] == {"min": 1_500_000_000, "mean": 1_500_000_000, "max": 1_500_000_000}
    assert found["hottest_c"] == 61
    assert found["num_runs"] == 150
    assert 3.0e6 <= found["timed_us"] < 10e6
    assert "throttled" not in found
    assert "others_cpu" not in found  # this machine of files has no /proc/stat


@pytest.mark.usefixtures("slow_runs")
def test_a_clock_that_falls_under_load_is_seen(
    start: Callable[[], Agent], root: str, add_model: bytes
) -> None:
    agent = start()
    agent.load(add_model)
    watch(agent, "start")
    watch(agent, "begin")
    falling = threading.Timer(
        1.4, lambda: tree(Path(root), {CLOCK.format(cpu): "600000" for cpu in range(os.cpu_count() or 1)})
    )
    falling.start()
    agent.ask(codes.Kind.INVOKE, m.Invoke(runs=150).pack())
    falling.join()
    found = watch(agent, "stop")
    assert (found["clock_hz"]["min"], found["clock_hz"]["max"]) == (600_000_000, 1_500_000_000)


@pytest.mark.usefixtures("slow_runs")
def test_power_at_rest_and_under_load_are_told_apart(
    start: Callable[[], Agent], root: str, add_model: bytes
) -> None:
    agent = start()
    agent.load(add_model)
    tree(Path(root), ORIN_NANO)
    found = watch(agent, "start")
    assert (found["sensor"], found["rate_hz"]) == ("ina3221_hwmon", 5.0)
    watch(agent, "idle", seconds=1.5)
    watch(agent, "begin")
    tree(Path(root), {f"{ORIN_HWMON}/curr1_input": "1650"})
    agent.ask(codes.Kind.INVOKE, m.Invoke(runs=100).pack())
    tree(Path(root), {f"{ORIN_HWMON}/curr1_input": "1050"})
    power = watch(agent, "stop")["power"]
    assert power["idle"]["mean_mw"] == 5250
    assert power["timed"]["mean_mw"] == 8250
    assert power["idle"]["n"] >= 5
    assert power["timed"]["n"] >= 5
    assert (power["scope"], power["counted"]) == ("board", ["VDD_IN"])
    assert power["step_is"] == "stated"


@pytest.mark.usefixtures("slow_runs")
def test_a_board_that_tells_its_work_has_others_told_from_ours(
    start: Callable[[], Agent], root: str, add_model: bytes
) -> None:
    agent = start()
    agent.load(add_model)
    ticks = os.sysconf("SC_CLK_TCK")
    watcher = watcher_of(agent)

    def at(seconds: int) -> dict[str, str]:
        return {
            "proc/stat": proc_stat(3 * seconds * ticks, 0),
            f"proc/{agent.process.pid}/stat": pid_stat(agent.process.pid, seconds * ticks),
            f"proc/{watcher}/stat": pid_stat(watcher, 0),
        }

    tree(Path(root), at(0))
    watch(agent, "start")
    watch(agent, "begin")
    later = threading.Timer(1.0, lambda: tree(Path(root), at(10)))
    later.start()
    agent.ask(codes.Kind.INVOKE, m.Invoke(runs=100).pack())
    later.join()
    found = watch(agent, "stop")
    # However long it took: two thirds of the work were not ours.
    assert found["others_cpu"] == pytest.approx(2 * found["own_cpu"], rel=1e-6)
    assert found["own_cpu"] > 1


def test_the_watcher_costs_next_to_nothing(greeted: Agent, add_model: bytes) -> None:
    greeted.load(add_model)
    watch(greeted, "start")
    watch(greeted, "begin")
    num_runs = run_for(greeted, 2.5)
    found = watch(greeted, "stop")
    assert found["num_runs"] == num_runs
    assert 0 < found["watcher_cpu"] < 0.05
    assert found["num_samples"] >= 1


@pytest.mark.parametrize(
    ("kind", "request_"),
    [
        (codes.Kind.WATCH, {"do": "nothing"}),
        (codes.Kind.WATCH, {}),
        (codes.Kind.WATCH, {"do": "idle"}),
        (codes.Kind.WATCH, {"do": "idle", "seconds": 1e9}),
        (codes.Kind.WATCH, {"do": "idle", "seconds": True}),
        (codes.Kind.GOVERNOR, {}),
        (codes.Kind.GOVERNOR, {"set": 5}),
        (codes.Kind.GOVERNOR, {"set": "performance", "restore": True}),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    greeted: Agent, kind: codes.Kind, request_: dict[str, Any]
) -> None:
    assert greeted.refused(kind, m.pack_json(request_))[0] == codes.Status.BAD_REQUEST


def test_stopping_what_was_not_started_is_refused(greeted: Agent) -> None:
    assert greeted.refused(codes.Kind.WATCH, m.pack_json({"do": "stop"})) == (
        codes.Status.RUNTIME_FAILED,
        "nothing is being watched",
    )


@pytest.mark.usefixtures("slow_runs")
def test_a_watcher_that_dies_is_told_and_the_agent_goes_on(
    start: Callable[[], Agent], add_model: bytes
) -> None:
    agent = start()
    agent.load(add_model)
    watch(agent, "start")
    watch(agent, "begin")
    os.kill(watcher_of(agent), signal.SIGKILL)
    assert agent.ask(codes.Kind.INVOKE, m.Invoke(runs=3).pack()).status == codes.Status.OK
    assert watch(agent, "stop") == {"lost": "the watcher has ended by signal 9"}
    assert watch(agent, "start") == {"lost": "the watcher had ended before"}
    assert agent.ask(codes.Kind.BYE).status == codes.Status.OK


def test_the_governor_is_put_back_when_the_host_asks_and_when_it_says_bye(
    start: Callable[[], Agent], root: str
) -> None:
    agent = start()
    assert ask(agent, codes.Kind.GOVERNOR, set="performance") == {"before": "ondemand"}
    assert governors(root) == {"performance"}
    ask(agent, codes.Kind.GOVERNOR, restore=True)
    assert governors(root) == {"ondemand"}
    ask(agent, codes.Kind.GOVERNOR, set="performance")
    agent.ask(codes.Kind.BYE)
    assert agent.process.wait(10) == 0
    assert governors(root) == {"ondemand"}


def test_a_governor_that_cannot_be_set_is_an_error_that_says_what_to_do(start: Callable[[], Agent]) -> None:
    status, message = start().refused(codes.Kind.GOVERNOR, m.pack_json({"set": "warp"}))
    assert status == codes.Status.RUNTIME_FAILED
    assert "warp is not offered; expected one of: ondemand powersave performance" in message


@pytest.mark.parametrize("how", ["hang up", "kill the agent", "terminate the watcher"])
def test_the_governor_is_put_back_however_it_ends(start: Callable[[], Agent], root: str, how: str) -> None:
    agent = start()
    watcher = watcher_of(agent)
    ask(agent, codes.Kind.GOVERNOR, set="performance")
    if how == "hang up":
        agent.stdin.close()
    elif how == "kill the agent":
        agent.process.kill()
    else:
        os.kill(watcher, signal.SIGTERM)
    wait_until(lambda: governors(root) == {"ondemand"})
    if how != "terminate the watcher":
        wait_until(lambda: not Path(f"/proc/{watcher}").exists())


def test_the_agent_puts_back_what_a_killed_watcher_could_not(start: Callable[[], Agent], root: str) -> None:
    agent = start()
    ask(agent, codes.Kind.GOVERNOR, set="performance")
    os.kill(watcher_of(agent), signal.SIGKILL)
    agent.ask(codes.Kind.BYE)
    agent.process.wait(10)
    assert governors(root) == {"ondemand"}


def test_the_next_agent_puts_back_what_a_power_cut_left(
    start: Callable[[], Agent], root: str, tmp_path: Path
) -> None:
    agent = start()
    watcher = watcher_of(agent)
    ask(agent, codes.Kind.GOVERNOR, set="performance")
    os.kill(agent.process.pid, signal.SIGSTOP)
    os.kill(watcher, signal.SIGKILL)
    agent.process.kill()
    agent.process.wait(10)
    assert governors(root) == {"performance"}
    start()
    wait_until(lambda: governors(root) == {"ondemand"})
    wait_until(lambda: not (tmp_path / "data" / "edgekit").exists())
