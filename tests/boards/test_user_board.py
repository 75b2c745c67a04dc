"""The emulated board itself: if these fail, what other tests say of boards means nothing."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import paramiko
import pytest

from edgekit.deadline import Deadline
from edgekit.errors import ConnectError
from edgekit.ssh_connection import open_ssh
from edgekit.ssh_files import run_command
from tests.boards.fake_sensors import PI_5, pmic_output, write_sensors
from tests.boards.user_board import UserBoard, members, namespace_of


def run(board: UserBoard, *command: str) -> str:
    client = open_ssh("board", board.device.settings, Deadline(30))
    try:
        status, output, errors = run_command(client, list(command), Deadline(30))
        assert status == 0, errors
        return output.strip()
    finally:
        client.close()


def test_the_board_is_arm_and_its_user_has_no_rights(arm64_board: UserBoard) -> None:
    assert run(arm64_board, "uname", "-m") == "aarch64"
    assert run(arm64_board, "id", "-un") == "pi"
    assert run(arm64_board, "python3", "-c", "import platform; print(platform.machine())") == "aarch64"


def test_the_board_shows_a_raspberry_pis_sensors(arm64_board: UserBoard) -> None:
    assert run(arm64_board, "vcgencmd", "get_throttled") == "throttled=0x0"
    assert run(arm64_board, "vcgencmd", "measure_temp") == "temp=39.4'C"
    assert run(arm64_board, "vcgencmd", "pmic_read_adc") == 'error=1 error_msg="Command not registered"'
    assert run(arm64_board, "cat", "/sys/class/thermal/thermal_zone0/temp") == "39473"
    (arm64_board.vcgencmd / "throttled").write_text("0x50005\n")
    try:
        assert run(arm64_board, "vcgencmd", "get_throttled") == "throttled=0x50005"
    finally:
        (arm64_board.vcgencmd / "throttled").write_text("0x0\n")


def test_only_a_raspberry_pi_5_measures_its_rails(tmp_path: Path) -> None:
    write_sensors(tmp_path, PI_5)
    lines = (tmp_path / "vc/pmic").read_text().splitlines()
    assert lines == pmic_output().splitlines()
    assert "   VDD_CORE_A current(7)=0.56259000A" in lines
    assert len([each for each in lines if "current(" in each]) == 12
    assert len([each for each in lines if "volt(" in each]) == 14


def test_the_board_reaches_no_network(arm64_board: UserBoard) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        script = f"import socket; socket.create_connection(('127.0.0.1', {listener.getsockname()[1]}), 5)"
        client = open_ssh("board", arm64_board.device.settings, Deadline(30))
        try:
            status, _, errors = run_command(client, ["python3", "-c", script], Deadline(30))
        finally:
            client.close()
    assert status == 1
    assert "Network is unreachable" in errors or "Cannot assign requested address" in errors


def test_a_board_without_power_refuses_and_one_that_rebooted_has_its_home_still(
    arm64_board: UserBoard,
) -> None:
    run(arm64_board, "touch", "/home/pi/kept", "/tmp/lost")
    arm64_board.stop()
    with pytest.raises(ConnectError, match="refuses the connection"):
        open_ssh("board", arm64_board.device.settings, Deadline(5))
    arm64_board.start()
    assert "/home/pi/kept" in arm64_board.files()
    assert "/tmp/lost" not in arm64_board.files()
    run(arm64_board, "rm", "/home/pi/kept")


def test_nothing_of_the_board_is_left_when_it_stopped(arm64_board: UserBoard) -> None:
    client: paramiko.SSHClient = open_ssh("board", arm64_board.device.settings, Deadline(30))
    client.exec_command("sleep 300")
    process = arm64_board._process
    assert process is not None
    namespace = namespace_of(process.pid)
    assert namespace != namespace_of(os.getpid())
    give_up = time.monotonic() + 10
    while not any("sleep 300" in each for each in arm64_board.processes()):
        assert time.monotonic() < give_up
        time.sleep(0.05)
    arm64_board.stop()
    client.close()
    assert members(namespace) == []
    assert str(arm64_board.folder) not in Path("/proc/mounts").read_text()
    assert list((arm64_board.folder / "memory").iterdir()) == []
    arm64_board.start()
