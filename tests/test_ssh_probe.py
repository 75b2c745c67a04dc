from __future__ import annotations

import platform
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from edgekit import ssh_probe
from edgekit.agent.conditions import read_identity
from edgekit.board import load_board
from edgekit.board_identity import check_identity
from edgekit.deadline import Deadline
from edgekit.errors import ConnectError
from edgekit.farm import Device
from edgekit.ssh_probe import Answer, probe, probe_all, verdict

PI_4 = Answer(
    "Raspberry Pi 4 Model B Rev 1.4", "aarch64", 64, "Debian", "6.6", "glibc 2.36", "3.11.2", "aaaa"
)


@pytest.fixture
def device(ssh_server: Any) -> Device:
    ssh_server.trust()
    return Device("pi", load_board("generic_x86_64"), "ssh", ssh_server.settings)


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def changed(device: Device, name: str, **settings: Any) -> Device:
    return Device(name, device.board, device.transport, {**device.settings, **settings})


def test_a_machine_tells_what_it_is_with_a_shell_alone(device: Device) -> None:
    answer = probe("pi", device.settings, Deadline(20))
    assert (answer.machine, answer.kernel) == (platform.machine(), platform.release())
    assert answer.python == platform.python_version()
    assert answer.bits in (32, 64)
    # What the agent says when it runs there, so that a swapped board is noticed here too.
    assert answer.identity == read_identity()
    assert f"generic_{platform.machine()}" in answer.boards


@pytest.mark.parametrize("python", ["no-such-python", "/x y'; touch $HOME/made; '"])
def test_no_python_is_needed_on_the_board_and_its_name_meets_no_shell(
    ssh_server: Any, device: Device, python: str
) -> None:
    answer = probe("pi", {**device.settings, "python": python}, Deadline(20))
    assert answer.python == ""
    assert answer.machine == platform.machine()
    assert not (ssh_server.folder / "made").exists()


def test_what_a_login_script_prints_is_passed_over(ssh_server: Any, device: Device) -> None:
    wrapper = ssh_server.folder / "noisy"
    wrapper.write_text(
        '#!/bin/sh\necho machine=pdp11\necho "Welcome!"\nexec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n'
    )
    wrapper.chmod(0o755)
    keys = ssh_server.folder / "authorized_keys"
    keys.write_text(f'command="{wrapper}" {keys.read_text()}')
    assert probe("pi", device.settings, Deadline(20)).machine == platform.machine()
    wrapper.write_text("#!/bin/sh\necho no shell here >&2\n")
    with pytest.raises(ConnectError, match="pi has no shell that answers: no shell here"):
        probe("pi", device.settings, Deadline(20))


def test_a_board_without_getconf_tells_its_bits_and_libc_all_the_same() -> None:
    script = ssh_probe._SCRIPT.replace("getconf", "no-such-program")
    assert script != ssh_probe._SCRIPT
    done = subprocess.run(
        ["sh", "-c", script, "sh", sys.executable], capture_output=True, text=True, check=True
    )
    bits = 8 * struct.calcsize("P")
    assert f"edgekit bits={bits}" in done.stdout.splitlines()
    assert f"edgekit libc={' '.join(platform.libc_ver())}" in done.stdout.splitlines()


def test_many_are_asked_at_once_and_what_fails_is_an_answer_too(
    ssh_server: Any, device: Device, silent: int
) -> None:
    devices = [
        device,
        changed(device, "down", port=1),
        changed(device, "gone", host="no-such-host.invalid"),
        changed(device, "stranger", known_hosts=str(ssh_server.folder / "none"), port=silent),
        changed(device, "stuck", port=silent),
    ]
    start = time.monotonic()
    found = probe_all(devices, 6)
    assert time.monotonic() - start < 6.5
    assert list(found) == ["pi", "down", "gone", "stranger", "stuck"]
    assert isinstance(found["pi"], Answer)
    assert "refuses the connection" in str(found["down"])
    assert "no host has that name" in str(found["gone"])
    for name in ("stranger", "stuck"):
        assert "cannot set up SSH" in str(found[name]) or "no answer within 6 s" in str(found[name])


def test_a_board_that_never_answers_is_left_behind_at_the_deadline(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgekit.ssh_probe.probe", lambda name, settings, deadline: time.sleep(3))
    start = time.monotonic()
    assert probe_all([device], 0.3) == {"pi": "no answer within 0.3 s"}
    assert time.monotonic() - start < 1


def test_a_bug_in_asking_is_a_cell_as_well(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str, settings: dict[str, Any], deadline: Deadline) -> Answer:
        raise KeyError

    monkeypatch.setattr("edgekit.ssh_probe.probe", fail)
    assert probe_all([device], 5) == {"pi": "KeyError"}


@pytest.mark.parametrize(
    ("board", "words"),
    [
        ("raspberry_pi_4b", "fits"),
        ("raspberry_pi_5", 'not raspberry_pi_5; set board = "raspberry_pi_4b" or board = "generic_aarch64"'),
        ("generic_aarch64", 'fits; board = "raspberry_pi_4b" says more'),
        ("coral_usb_accelerator", "fits"),
        ("generic_x86_64", 'not generic_x86_64; set board = "raspberry_pi_4b" or board = "generic_aarch64"'),
    ],
)
def test_the_verdict_says_what_to_write(device: Device, board: str, words: str) -> None:
    assert verdict(Device("pi", load_board(board), "ssh", device.settings), PI_4) == words


def test_the_verdict_tells_a_board_that_was_replaced(device: Device) -> None:
    own = Device("pi", load_board("raspberry_pi_4b"), "ssh", device.settings)
    check_identity("pi", device.settings, "bbbb")
    assert verdict(own, PI_4) == "another machine than before; `edgekit trust pi` if it was replaced"
