from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import edgekit
from edgekit.board import load_board
from edgekit.deadline import Deadline
from edgekit.errors import ConnectError, LinkError, MissingDependencyError
from edgekit.farm import connect, find_device
from edgekit.session import DeviceSession
from edgekit.transports import virtual
from edgekit.transports.virtual import emulator_command, open_link, start_emulator

BOARD = load_board("qemu_mps2_an386")
ROOT = str(Path(edgekit.__file__).parents[1])

# Names its pseudo-terminal as QEMU does and answers on it with the agent.
STAND_IN = textwrap.dedent(f"""
    import os, sys, tty
    sys.path.insert(0, {ROOT!r})
    from edgekit.agent.handlers import Handlers
    from edgekit.agent.server import Server
    board, other = os.openpty()
    tty.setraw(other)
    print(f"char device redirected to {{os.ttyname(other)}} (label serial0)", flush=True)
    Server(board, board, Handlers()).serve()
    print("guest said goodbye", flush=True)
""")


def stand_in(code: str = STAND_IN) -> list[str]:
    return [sys.executable, "-c", code]


def wait_until_gone(pid: int, within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while Path(f"/proc/{pid}").exists() and "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text():
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.02)


def test_the_emulator_is_asked_for_a_pty_and_exact_counting() -> None:
    assert BOARD.emulator is not None
    command = emulator_command("qemu", BOARD.emulator, Path("/fw.elf"))
    assert command == [
        "qemu",
        "-M",
        "mps2-an386",
        "-display",
        "none",
        "-monitor",
        "none",
        "-serial",
        "pty",
        "-semihosting-config",
        "enable=on,target=native",
        "-icount",
        "shift=0,sleep=off",
        "-kernel",
        "/fw.elf",
    ]


def test_what_answers_on_the_named_pty_is_the_device_and_is_ended_with_the_link() -> None:
    link = start_emulator("v", stand_in(), Deadline(10))
    assert link.description.startswith("QEMU on /dev/pts/")
    session = DeviceSession.open(link, Deadline(20), "v")
    assert session.stats(Deadline(5))["rss_bytes"] > 0
    session.close(polite=False)
    wait_until_gone(link.process.pid)
    assert link.process.returncode is not None


def test_an_emulator_that_fails_is_told_with_its_output() -> None:
    code = "import sys; print('qemu: could not load kernel', file=sys.stderr); sys.exit(1)"
    with pytest.raises(ConnectError, match=r"emulator of v ended with status 1: qemu: could not load kernel"):
        start_emulator("v", stand_in(code), Deadline(10))


def test_an_emulator_that_names_no_port_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(virtual, "_START_S", 1.0)
    code = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    with pytest.raises(ConnectError, match=r"named no serial port in 1 s"):
        start_emulator("v", stand_in(code), Deadline(10))
    wait_until_gone(int((tmp_path / "pid").read_text()))


def test_an_emulator_that_dies_is_told() -> None:
    link = start_emulator("v", stand_in(), Deadline(10))
    session = DeviceSession.open(link, Deadline(20), "v")
    link.process.kill()
    with pytest.raises(LinkError, match=r"the emulator was killed by SIGKILL; its last output: none"):
        session.stats(Deadline(5))
    session.close(polite=False)


def test_a_missing_emulator_names_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependencyError, match=r"`sudo apt install qemu-system-arm`"):
        open_link("v", BOARD, {}, Deadline(5))


def test_a_board_without_an_emulator_is_refused() -> None:
    with pytest.raises(ConnectError, match="which no emulator plays"):
        open_link("v", load_board("generic_x86_64"), {}, Deadline(5))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_host_that_is_ended_takes_its_emulator_along(number: int) -> None:
    if number == signal.SIGKILL and shutil.which("setpriv") is None:
        pytest.skip("needs setpriv: apt install util-linux")
    script = f"""
        import time
        from edgekit.deadline import Deadline
        from edgekit.signals import signals_unwind
        from edgekit.transports.virtual import start_emulator
        with signals_unwind():
            link = start_emulator("v", {stand_in()!r}, Deadline(10))
            try:
                print(link.process.pid, flush=True)
                time.sleep(60)
            finally:
                link.close()
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    environment = {**os.environ, "PYTHONPATH": ROOT}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as host:
        assert host.stdout is not None
        emulator = int(host.stdout.readline())
        host.send_signal(number)
        host.communicate(timeout=20)
    wait_until_gone(emulator)


@pytest.mark.skipif(
    shutil.which("qemu-system-arm") is None or shutil.which("arm-none-eabi-gcc") is None,
    reason="needs QEMU and the Arm compiler: apt install qemu-system-arm gcc-arm-none-eabi",
)
def test_the_real_board_answers_hello_and_leaves_no_process() -> None:
    with connect(find_device("qemu_mps2_an386"), Deadline(300)) as session:
        assert session.hello.board == "qemu_mps2_an386"
        assert session.hello.timer_hz == BOARD.clock_hz
        assert session.stats(Deadline(10))["firmware_bytes"] > 1000
        process = session._link.process  # type: ignore[attr-defined]
    assert process.poll() is not None
