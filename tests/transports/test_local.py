from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgekit
from edgekit.board import load_board
from edgekit.deadline import Deadline
from edgekit.errors import ConnectError, LinkError, RemoteError, UsageError
from edgekit.farm import Device, connect
from edgekit.oracle import find_oracle
from edgekit.runtime_options import RuntimeOptions
from edgekit.transports.local import open_link
from tests.tiny_model import build_dense

LOCAL = Device("local", load_board("generic_x86_64"), "local")


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def wait_until_gone(pid: int, within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while Path(f"/proc/{pid}").exists() and "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text():
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.02)


def test_a_model_runs_and_nothing_is_left(add_model: bytes, own_temporary_folder: Path) -> None:
    deadline = Deadline(30)
    with connect(LOCAL, deadline, kernels="reference") as session:
        session.load(add_model, deadline)
        session.write_input(0, np.array([1, 2, 3, 4], np.float32).tobytes(), deadline)
        session.write_input(1, np.array([5, 5, 5, 5], np.float32).tobytes(), deadline)
        session.invoke(deadline)
        assert list(np.frombuffer(session.read_output(0, 16, deadline), np.float32)) == [11, 12, 13, 14]
        assert list(np.frombuffer(session.read_tensor(2, 16, deadline), np.float32)) == [6, 7, 8, 9]
    assert list(own_temporary_folder.iterdir()) == []


def test_the_memory_of_the_agent_is_not_that_of_its_parent() -> None:
    ballast = np.ones(300_000_000, np.uint8)
    with connect(LOCAL, Deadline(30)) as session:
        assert 10_000_000 < session.stats(Deadline(5))["rss_bytes"] < ballast.nbytes


def test_threads_of_farm_toml_reach_the_runtime(add_model: bytes) -> None:
    device = Device("local", LOCAL.board, "local", {"threads": 2})
    with connect(device, Deadline(30)) as session:
        assert session.configure({}, Deadline(5))["threads"] == 2
    with (
        pytest.raises(UsageError, match=r"threads is 0; expected 1 to 256"),
        connect(device, Deadline(30), threads=0),
    ):
        pass


def test_a_missing_interpreter_is_one_clear_sentence(own_temporary_folder: Path) -> None:
    with pytest.raises(ConnectError, match=r"there is no Python at /no-such-python"):
        open_link("local", LOCAL.board, {"python": "/no-such-python"}, Deadline(5))
    assert list(own_temporary_folder.iterdir()) == []


def test_a_runtime_that_crashes_is_told_with_signal_and_last_words() -> None:
    link = open_link("local", LOCAL.board, {}, Deadline(5))
    with connect_to(link) as session:
        link.process.send_signal(signal.SIGSEGV)
        with pytest.raises(
            LinkError, match=r"the agent on local was killed by SIGSEGV; .*(Segmentation fault|<module>)"
        ):
            session.stats(Deadline(5))


def connect_to(link: Any) -> Any:
    from edgekit.session import DeviceSession

    return DeviceSession.open(link, Deadline(20), "local")


def test_an_agent_in_the_middle_of_its_work_is_ended_with_the_link(add_model: bytes) -> None:
    link = open_link("local", LOCAL.board, {}, Deadline(5))
    session = connect_to(link)
    session.load(add_model, Deadline(5))
    pid = link.process.pid
    with pytest.raises(Exception, match="deadline"):
        # Far more runs than fit into the deadline.
        session.invoke(Deadline(0.3), warmup=1_000_000, runs=1)
    began = time.monotonic()
    session.close(polite=False)
    wait_until_gone(pid)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_host_that_is_ended_takes_its_agent_along(number: int, own_temporary_folder: Path) -> None:
    script = (
        "import sys, time\n"
        "from edgekit import farm\n"
        "from edgekit.deadline import Deadline\n"
        "from edgekit.signals import signals_unwind\n"
        "with signals_unwind(), farm.connect(farm.find_device('local'), Deadline(30)) as session:\n"
        "    print(session._link.process.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(edgekit.__file__).parents[1])}
    environment["TMPDIR"] = str(own_temporary_folder)
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as host:
        assert host.stdout is not None
        agent = int(host.stdout.readline())
        host.send_signal(number)
        host.communicate(timeout=20)
    wait_until_gone(agent)
    if number != signal.SIGKILL:
        assert list(own_temporary_folder.iterdir()) == []


@pytest.fixture
def needs_compiler() -> None:
    if shutil.which("make") is None or shutil.which(f"{platform.machine()}-linux-gnu-gcc") is None:
        pytest.skip("needs make and gcc")


def test_our_own_runtime_runs_on_this_machine_as_a_program(needs_compiler: None) -> None:
    model = build_dense()
    values = np.array([[-100, 5, 100, 1]], np.int8)
    oracle = find_oracle(model)
    if oracle is None:
        pytest.skip("no reference runtime is installed")
    with connect(LOCAL, Deadline(120), RuntimeOptions(runtime="edgekit", threads=1)) as session:
        assert session.hello.runtime == "edgekit-runtime"
        pid = session._link.process.pid  # type: ignore[attr-defined]
        session.load(model, Deadline(10))
        session.write_input(0, values.tobytes(), Deadline(10))
        session.invoke(Deadline(10))
        expected = oracle.invoke([values])[0]
        assert session.read_output(0, expected.nbytes, Deadline(10)) == expected.tobytes()
    wait_until_gone(pid)


def test_a_machine_that_our_runtime_is_not_built_for_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with (
        pytest.raises(ConnectError, match=r"is built for aarch64, .*, and this machine is riscv64"),
        connect(LOCAL, Deadline(5), RuntimeOptions(runtime="edgekit")),
    ):
        pass


def test_the_runtime_that_is_asked_for_is_the_one_that_is_started() -> None:
    with connect(LOCAL, Deadline(30), RuntimeOptions(runtime="litert")) as session:
        assert session.hello.runtime.startswith("ai-edge-litert ")
    if importlib.util.find_spec("tflite_runtime") is None:
        with (
            pytest.raises(RemoteError, match=r"has no tflite_runtime; run .* pip install tflite-runtime"),
            connect(LOCAL, Deadline(30), RuntimeOptions(runtime="tflite_runtime")),
        ):
            pass
