"""Who a board says it is, asked of an emulated one: its kernel's files, its shell, and the agent on its Python."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest

from edgekit.board import load_board
from edgekit.board_identity import check_session, forget_identity, identities_path, known_identity
from edgekit.deadline import Deadline
from edgekit.errors import ConnectError
from edgekit.farm import Device
from edgekit.provision.provision import Options, provision
from edgekit.ssh_probe import Answer, probe_all, verdict
from edgekit.wire.codes import Capability
from tests.boards.fake_sensors import PI_4
from tests.boards.user_board import UserBoard
from tests.fake_session import FakeSession


def as_board(board: UserBoard, name: str) -> Device:
    return Device(board.device.name, load_board(name), "ssh", board.device.settings)


def test_an_arm_board_is_asked_with_a_shell_and_found_among_the_board_files(arm64_board: UserBoard) -> None:
    answer = probe_all([arm64_board.device], 60)[arm64_board.device.name]
    assert isinstance(answer, Answer), answer
    assert (answer.model, answer.machine, answer.bits) == (PI_4, "aarch64", 64)
    assert answer.python.startswith("3.")
    assert answer.libc.startswith("glibc 2.")
    assert answer.os.startswith("Debian")
    assert answer.boards == ["raspberry_pi_4b", "generic_aarch64"]
    assert verdict(as_board(arm64_board, "raspberry_pi_4b"), answer) == "fits"
    wanted = 'not jetson_nano; set board = "raspberry_pi_4b" or board = "generic_aarch64"'
    assert verdict(as_board(arm64_board, "jetson_nano"), answer) == wanted


@pytest.mark.parametrize("name", ["raspberry_pi_5", "generic_armhf", "generic_x86_64"])
def test_a_session_with_an_arm_board_contradicts_a_wrong_board_file(
    arm64_board: UserBoard, name: str
) -> None:
    settings = arm64_board.device.settings
    session: Any = FakeSession(Capability.STEP)
    message = (
        rf"pi says it is '{PI_4}' \(aarch64, 64-bit programs\), but its board is {name}, .*raspberry_pi_4b"
    )
    with pytest.raises(ConnectError, match=message):
        check_session("pi", load_board(name), "ssh", settings, session, Deadline(60))
    assert known_identity("pi", settings) is None


def test_an_arm_board_is_remembered_and_told_from_another(arm64_board: UserBoard) -> None:
    settings = arm64_board.device.settings
    session: Any = FakeSession(Capability.STEP)
    check_session("pi", load_board("raspberry_pi_4b"), "ssh", settings, session, Deadline(60))
    first = known_identity("pi", settings)
    assert first
    identities_path(settings).write_text(json.dumps({"pi": "0" * 32}))
    with pytest.raises(ConnectError, match=f"pi is another machine than before: its identity is {first}"):
        check_session("pi", load_board("raspberry_pi_4b"), "ssh", settings, session, Deadline(60))
    assert forget_identity("pi", settings)


def test_a_board_under_a_wrong_name_is_not_provisioned(arm64_board: UserBoard) -> None:
    device = as_board(arm64_board, "jetson_nano")
    with pytest.raises(
        ConnectError, match="but its board is jetson_nano, which is 'NVIDIA Jetson Nano Developer Kit'"
    ):
        provision(device, Options(), Deadline(60), print, lambda *_: contextlib.nullcontext(lambda n=1: None))
    assert not any("share/edgekit" in each for each in arm64_board.files())
