from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import pytest

from edgekit.agent.conditions import read_identity
from edgekit.board import list_boards, load_board
from edgekit.board_identity import (
    check_board,
    check_identity,
    check_session,
    fitting_boards,
    forget_identity,
    has_architecture,
    has_model,
    known_identity,
)
from edgekit.cli import main
from edgekit.deadline import Deadline
from edgekit.errors import ConfigError, ConnectError
from edgekit.farm import Device, connect
from edgekit.wire.codes import Capability
from tests.fake_session import FakeSession

PI_4 = "Raspberry Pi 4 Model B Rev 1.4"
ORIN_SUPER = "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super"


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    return {"host": "pi.local", "known_hosts": str(tmp_path / "keys" / "known_hosts")}


@pytest.mark.parametrize(
    ("board", "machine", "bits", "fits"),
    [
        ("generic_aarch64", "aarch64", 64, True),
        ("generic_aarch64", "arm64", None, True),
        ("generic_aarch64", "aarch64", 32, True),
        ("generic_aarch64", "armv8l", 32, True),
        (
            "generic_aarch64",
            "armv7l",
            32,
            False,
        ),  # a 32-bit kernel, and no name that vouches for the processor
        ("generic_aarch64", "x86_64", 64, False),
        ("raspberry_pi_4b", "armv7l", 32, True),  # 32-bit Raspberry Pi OS, with either kernel
        ("raspberry_pi_4b", "aarch64", 32, True),
        ("generic_armhf", "armv7l", 32, True),
        ("generic_armhf", "armv8l", 32, True),
        ("generic_armhf", "aarch64", 32, True),
        ("generic_armhf", "aarch64", None, True),
        ("generic_armhf", "aarch64", 64, False),
        ("generic_x86_64", "x86_64", 64, True),
        ("generic_x86_64", "AMD64", 64, True),
        ("generic_x86_64", "x86_64", 32, False),
        ("generic_x86_64", "aarch64", 64, False),
        ("coral_usb_accelerator", "x86_64", 64, True),
        ("coral_usb_accelerator", "aarch64", 64, True),
    ],
)
def test_a_machine_has_the_architecture_of_the_board_or_not(
    board: str, machine: str, bits: int | None, fits: bool
) -> None:
    assert has_architecture(load_board(board), machine, bits) is fits


@pytest.mark.parametrize(
    ("model", "board"),
    [
        ("Raspberry Pi Zero 2 W Rev 1.0", "raspberry_pi_zero_2w"),
        ("Raspberry Pi 3 Model B Plus Rev 1.3", "raspberry_pi_3b_plus"),
        (PI_4, "raspberry_pi_4b"),
        ("Raspberry Pi 5 Model B Rev 1.0", "raspberry_pi_5"),
        ("jetson-nano", "jetson_nano"),
        ("NVIDIA Jetson Nano Developer Kit", "jetson_nano"),
        ("NVIDIA Orin Nano Developer Kit", "jetson_orin_nano"),
        (ORIN_SUPER, "jetson_orin_nano"),
        ("NVIDIA Jetson AGX Orin Developer Kit", "jetson_agx_orin"),
        ("Jetson AGX Orin", "jetson_agx_orin"),
        ("Freescale i.MX8MQ Phanbell", "coral_dev_board"),
    ],
)
def test_a_model_as_boards_print_it_finds_its_board_file_first(model: str, board: str) -> None:
    assert fitting_boards(model, "aarch64", 64) == [board, "generic_aarch64"]
    check_board("pi", load_board(board), model, "aarch64", 64)


@pytest.mark.parametrize(
    "model",
    [
        "Raspberry Pi 3 Model B Rev 1.2",
        "Raspberry Pi 500 Rev 1.0",
        "NVIDIA Jetson Nano 2GB Developer Kit",
        "NVIDIA Jetson Orin NX Engineering Reference Developer Kit Super",
        "linux,dummy-virt",
        "",
    ],
)
def test_a_model_that_only_starts_like_another_fits_the_generic_board_alone(model: str) -> None:
    assert fitting_boards(model, "aarch64", 64) == ["generic_aarch64"]


def test_a_board_that_is_another_is_told_with_both_names_and_what_to_write() -> None:
    message = (
        r"pi says it is 'Raspberry Pi 4 Model B Rev 1.4' \(aarch64, 64-bit programs\), but its board is "
        r"raspberry_pi_5, which is 'Raspberry Pi 5 Model B' or 'Raspberry Pi 5' \(aarch64\); "
        r"set board = \"raspberry_pi_4b\" or board = \"generic_aarch64\" in farm.toml, or correct `host`"
    )
    with pytest.raises(ConnectError, match=message):
        check_board("pi", load_board("raspberry_pi_5"), PI_4, "aarch64", 64)
    with pytest.raises(ConnectError, match=r"\(riscv64\).* no board file fits it; correct `host`"):
        check_board("pi", load_board("generic_aarch64"), "", "riscv64")


@pytest.mark.parametrize("name", [each for each in list_boards() if each.startswith("generic_")])
def test_generic_boards_accept_any_model(name: str) -> None:
    board = load_board(name)
    assert has_model(board, "")
    check_board("pi", board, PI_4, board.architecture)


def test_the_first_machine_is_remembered_and_another_refused_until_it_is_forgotten(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    check_identity("pi", settings, "")
    assert known_identity("pi", settings) is None
    check_identity("pi", settings, "aaaa")
    check_identity("twin", settings, "aaaa")
    check_identity("pi", settings, "aaaa")
    check_identity("pi", settings, "")
    message = "pi is another machine than before: its identity is bbbb, remembered is aaaa; .* run `edgekit trust pi`"
    with pytest.raises(ConnectError, match=message):
        check_identity("pi", settings, "bbbb")
    assert json.loads((tmp_path / "keys" / "edgekit_identities.json").read_text()) == {
        "pi": "aaaa",
        "twin": "aaaa",
    }
    assert forget_identity("pi", settings) is True
    assert forget_identity("pi", settings) is False
    check_identity("pi", settings, "bbbb")
    assert known_identity("pi", settings) == "bbbb"
    assert known_identity("twin", settings) == "aaaa"


@pytest.mark.parametrize("content", ["{", '["pi"]', '{"pi": 1}'])
def test_a_broken_list_is_told_and_not_overwritten(
    settings: dict[str, Any], tmp_path: Path, content: str
) -> None:
    path = tmp_path / "keys" / "edgekit_identities.json"
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"edgekit_identities\.json.*; repair or remove it"):
        check_identity("pi", settings, "aaaa")
    assert path.read_text() == content


def test_a_list_that_cannot_be_written_is_a_warning(
    settings: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "keys").write_text("in the way")
    with pytest.raises(ConfigError):  # a file where a folder should be cannot be read either
        check_identity("pi", settings, "aaaa")
    (tmp_path / "keys").unlink()
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "edgekit_identities.json.lock").mkdir()
    check_identity("pi", settings, "aaaa")
    assert "warning: cannot remember which machine pi is: cannot lock" in capsys.readouterr().err


def test_a_session_with_another_board_than_farm_toml_says_is_refused(
    ssh_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    ssh_server.trust()
    device = Device("pi", load_board("raspberry_pi_4b"), "ssh", ssh_server.settings)
    with (
        pytest.raises(
            ConnectError, match=r"pi says it is '.*, but its board is raspberry_pi_4b, which is 'Rasp"
        ),
        connect(device, Deadline(60)),
    ):
        pass
    assert list((ssh_server.folder / "scratch").iterdir()) == []


def test_a_session_with_another_machine_than_last_time_is_refused_until_trusted_again(
    ssh_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lines = [f"{key} = {value!r}" for key, value in ssh_server.settings.items()]
    text = '[devices.pi]\nboard = "generic_x86_64"\ntransport = "ssh"\n' + "\n".join(lines)
    (tmp_path / "farm.toml").write_text(text + "\n")
    monkeypatch.setenv("EDGEKIT_FARM", str(tmp_path / "farm.toml"))
    ssh_server.trust()
    device = Device("pi", load_board("generic_x86_64"), "ssh", ssh_server.settings)
    with connect(device, Deadline(60)) as session:
        identity = session.hello.identity
    if not identity:
        pytest.skip("this machine has no /etc/machine-id")
    path = ssh_server.folder / "edgekit_identities.json"
    assert json.loads(path.read_text()) == {"pi": identity}
    path.write_text(json.dumps({"pi": "0" * 32}))
    with (
        pytest.raises(ConnectError, match="pi is another machine than before"),
        connect(device, Deadline(60)),
    ):
        pass
    assert main(["trust", "pi", "--yes"]) == 0
    assert "the machine that pi was is forgotten" in capsys.readouterr().err
    with connect(device, Deadline(60)):
        pass
    assert json.loads(path.read_text()) == {"pi": identity}


def test_a_program_that_knows_only_itself_is_checked_through_a_shell_on_the_board(ssh_server: Any) -> None:
    ssh_server.trust()
    settings = {**ssh_server.settings, "python": "no-such-python"}
    session: Any = FakeSession(Capability.STEP)
    with pytest.raises(
        ConnectError, match=r"its board is jetson_nano, which is 'NVIDIA Jetson Nano Developer Kit' or"
    ):
        check_session("nano", load_board("jetson_nano"), "ssh", settings, session, Deadline(20))
    board = load_board(f"generic_{platform.machine()}")
    check_session("nano", board, "ssh", settings, session, Deadline(20))
    assert known_identity("nano", settings) == (read_identity() or None)
    assert session.calls == []


def test_firmware_and_local_programs_are_not_asked() -> None:
    session: Any = FakeSession(Capability.STEP)
    check_session("mcu", load_board("qemu_mps2_an386"), "serial", {}, session, Deadline(1))
    check_session("local", load_board("generic_armhf"), "local", {}, session, Deadline(1))
    assert session.calls == []
