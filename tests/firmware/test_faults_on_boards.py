"""Bad lines, resets and dead hosts in front of the Arm firmware under QEMU: the same promises as in this process."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edgekit.board import load_board
from edgekit.deadline import Deadline
from edgekit.errors import ConnectError, DeviceError, LinkError, RemoteError
from edgekit.faulty_link import FaultyLink
from edgekit.firmware import build_firmware
from edgekit.session import DeviceSession
from edgekit.transports.serial import DEFAULT_BAUD_RATE, open_port
from edgekit.transports.virtual import EMULATOR, VirtualLink, emulator_command, start_emulator
from tests.firmware.test_faults import FAULTS, MODELS, RECOVERY_S, infer
from tests.generators.networks import build_small_network

BOARD = "qemu_mps2_an386"
ROOT = Path(__file__).parents[2]
POLL_S = 1.0
"""QEMU looks once a second whether somebody has opened its pseudo-terminal; a cable takes no time."""


@dataclass
class Emulated:
    """An emulated board of the test's own, with a monitor to reset it."""

    link: VirtualLink
    port: str
    monitor: Path

    def reset(self) -> None:
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(str(self.monitor))
            monitor.settimeout(5)
            monitor.recv(4096)
            monitor.sendall(b"system_reset\n")
            time.sleep(0.05)


@pytest.fixture
def emulated(tmp_path: Path) -> Iterator[Emulated]:
    for program in (EMULATOR, "arm-none-eabi-gcc"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    board = load_board(BOARD)
    assert board.emulator is not None
    command = emulator_command(EMULATOR, board.emulator, build_firmware(BOARD).elf)
    monitor = tmp_path / "monitor"
    command[command.index("-monitor") + 1] = f"unix:{monitor},server,nowait"
    link = start_emulator(BOARD, command, Deadline(20))
    try:
        port = re.search(r"/dev/\S+", link.description)
        assert port is not None
        yield Emulated(link, port[0], monitor)
    finally:
        link.close()


@pytest.mark.parametrize("seed", range(3))
def test_results_over_a_bad_line_are_right(emulated: Emulated, seed: int) -> None:
    faulty = FaultyLink(emulated.link, seed=seed, **dict.fromkeys(FAULTS, 0.02))
    session = DeviceSession.open(faulty, Deadline(60))
    for which in range(2):
        session.load(MODELS[which], Deadline(60))
        for number in range(3):
            infer(session, which, number, Deadline(60))
    assert faulty.num_faults > 2


def test_garbage_before_the_boot_and_noise_after_it_are_harmless(emulated: Emulated) -> None:
    emulated.link.write(b"\xff\x00garbage\x00\x05ab" * 40, Deadline(5))
    session = DeviceSession.open(emulated.link, Deadline(20))
    emulated.link.write(b"AT+GMR\r\n", Deadline(5))  # ModemManager asks every port what it is
    session.load(MODELS[0], Deadline(20))
    infer(session, 0, 0, Deadline(20))


def test_a_reset_in_the_middle_of_an_upload_is_told_and_mended_by_the_next_load(emulated: Emulated) -> None:
    session = DeviceSession.open(emulated.link, Deadline(20))
    session.load(MODELS[0], Deadline(20))
    infer(session, 0, 0, Deadline(20))
    large = build_small_network(1, size=16, channels=16)
    is_reset = False

    def reset_once(_: int) -> None:
        nonlocal is_reset
        if not is_reset:
            is_reset = True
            emulated.reset()

    with pytest.raises(RemoteError, match=r"not the one that is due|has not arrived"):
        session.load(large, Deadline(20), reset_once)
    began = time.monotonic()
    session.say_hello(Deadline(20))
    with pytest.raises(RemoteError, match="no model is loaded"):
        session.invoke(Deadline(20))
    session.load(MODELS[1], Deadline(20))
    infer(session, 1, 1, Deadline(20))
    recovery_s = time.monotonic() - began
    print(f"recovery {recovery_s:.3f} s")  # shown by pytest -rP
    assert recovery_s < RECOVERY_S


def test_a_reset_before_an_inference_never_gives_an_old_result(emulated: Emulated) -> None:
    session = DeviceSession.open(emulated.link, Deadline(20))
    session.load(MODELS[0], Deadline(20))
    infer(session, 0, 0, Deadline(20))
    emulated.reset()
    with pytest.raises(RemoteError, match="no model is loaded"):
        infer(session, 0, 1, Deadline(20))


def test_an_emulator_that_dies_is_told_and_a_new_one_works(emulated: Emulated) -> None:
    session = DeviceSession.open(emulated.link, Deadline(20))

    def kill(_: int) -> None:
        emulated.link.process.kill()

    with pytest.raises(LinkError, match="emulator"):
        session.load(build_small_network(1, size=16, channels=16), Deadline(20), kill)
    board = load_board(BOARD)
    assert board.emulator is not None
    command = emulator_command(EMULATOR, board.emulator, build_firmware(BOARD).elf)
    with DeviceSession.open(start_emulator(BOARD, command, Deadline(20)), Deadline(20)) as after:
        after.load(MODELS[0], Deadline(20))
        infer(after, 0, 0, Deadline(20))


def test_a_second_client_cannot_open_the_port(emulated: Emulated) -> None:
    session = DeviceSession.open(emulated.link, Deadline(20))
    with pytest.raises(ConnectError, match="another program has it open"):
        open_port("desk", emulated.port, DEFAULT_BAUD_RATE)
    session.load(MODELS[0], Deadline(20))
    infer(session, 0, 0, Deadline(20))


_HOST = """
import sys
from edgekit.deadline import Deadline
from edgekit.session import DeviceSession
from edgekit.transports.serial import open_port
session = DeviceSession.open(open_port("desk", sys.argv[1], 115200), Deadline(20))
while True:
    session.load(bytes(1 << 20), Deadline(60), lambda sent: print(sent, flush=True))
"""


def test_a_host_killed_in_the_middle_of_an_upload_leaves_the_board_to_the_next(emulated: Emulated) -> None:
    emulated.link._serial.close()  # so that another process may have the port
    command = [sys.executable, "-c", _HOST, emulated.port]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as host:
        assert host.stdout is not None
        for _ in range(5):
            assert int(host.stdout.readline()) > 0
        host.send_signal(signal.SIGKILL)
    began = time.monotonic()
    with DeviceSession.open(open_port("desk", emulated.port, DEFAULT_BAUD_RATE), Deadline(20)) as session:
        with contextlib.suppress(DeviceError):
            session.invoke(Deadline(5))
            pytest.fail("half a model ran")
        session.load(MODELS[2], Deadline(20))
        infer(session, 2, 2, Deadline(20))
        recovery_s = time.monotonic() - began
    print(f"recovery {recovery_s:.3f} s")  # shown by pytest -rP
    assert recovery_s < RECOVERY_S + POLL_S
