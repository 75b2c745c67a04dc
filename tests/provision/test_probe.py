from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from edgekit.deadline import Deadline
from edgekit.errors import ConnectError, DeviceError
from edgekit.farm import Device
from edgekit.provision.probe import BoardPython, parse_probe, probe
from edgekit.ssh_connection import open_ssh

PI = """\
Welcome to the board!
edgekit machine aarch64
edgekit bits 64
edgekit libc glibc 2.36
edgekit python facts={"version": [3, 11, 2], "bits": 64, "implementation": "cpython", "abi": "cp311", \
"libc": "glibc 2.36", "numpy": "1.24.2"}
edgekit folder /home/pi/.local/share/edgekit
edgekit parent /home/pi
edgekit writable yes
edgekit free /dev/mmcblk0p2  30000000 9000000 20000000      31% /my home
edgekit end .
"""


def changed(**answers: str) -> str:
    lines = PI.splitlines()
    for key, value in answers.items():
        lines = [f"edgekit {key} {value}" if each.startswith(f"edgekit {key} ") else each for each in lines]
    return "\n".join(lines)


def test_a_raspberry_pi_is_understood() -> None:
    facts = parse_probe("pi", "python3", PI)
    assert (facts.machine, facts.architecture, facts.bits, facts.glibc) == ("aarch64", "aarch64", 64, (2, 36))
    assert facts.python == BoardPython((3, 11), "cp311", 64, "1.24.2")
    assert (facts.folder, facts.parent) == ("/home/pi/.local/share/edgekit", "/home/pi")
    assert facts.writable
    assert facts.free_bytes == 20000000 * 1024


def test_a_32_bit_system_on_a_64_bit_kernel_is_a_32_bit_board() -> None:
    answer = (
        'facts={"version": [3, 11, 2], "bits": 32, "implementation": "cpython", "abi": "cp311", "libc": null}'
    )
    assert parse_probe("pi", "python3", changed(python=answer)).architecture == "armv7l"
    without_python = changed(python="sh: 1: python3: not found", bits="32")
    assert parse_probe("pi", "python3", without_python).architecture == "armv7l"


@pytest.mark.parametrize(
    ("libc", "glibc"),
    [
        ("glibc 2.31", (2, 31)),
        ("ldd (Debian GLIBC 2.28-10+deb10u3) 2.28", (2, 28)),
        ("ldd (GNU libc) 2.17", (2, 17)),
        ("musl libc (aarch64)", None),
        ("musl", None),
        ("", None),
        ("glibc $(reboot)", None),
    ],
)
def test_the_c_library_is_named_in_several_ways(libc: str, glibc: tuple[int, int] | None) -> None:
    facts = parse_probe("pi", "python3", changed(libc=libc, python="sh: python3: not found"))
    assert facts.glibc == glibc


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("sh: 1: python3: not found", "cannot run python3: sh: 1: python3: not found"),
        ("", "cannot run python3: it prints nothing"),
        ('facts={"version": [3, 11], "bits": 64}', "says what cannot be understood"),
        (
            'facts={"version": "x", "bits": 64, "implementation": "cpython", "abi": "cp311"}',
            "cannot be understood",
        ),
        (
            'facts={"version": [3, 11], "bits": 64, "implementation": "cpython", "abi": "cp3; rm"}',
            "cannot be understood",
        ),
        ('facts={"version": [3, 10], "bits": 64, "implementation": "pypy", "abi": "cp310"}', "is pypy"),
        ("facts={{{{", "cannot run python3"),
        ("facts=" + "[" * 5000 + "{}", "cannot"),
    ],
)
def test_a_python_that_says_nonsense_is_no_python(answer: str, problem: str) -> None:
    facts = parse_probe("pi", "python3", changed(python=answer))
    assert facts.python is None
    assert problem in facts.python_problem


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("", r"pi does not say what it is: its shell answered 'oops'"),
        (
            "This account is currently not available.",
            r"'This account is currently not available\.' and no machine",
        ),
        (PI.replace("edgekit end .\n", ""), r"no end; edgekit needs an account with a POSIX shell"),
        (changed(machine="a b; reboot"), r"calls its processor 'a b; reboot'"),
        (changed(folder="relative/edgekit"), r"has 'relative/edgekit' for a home folder"),
        (changed(parent="/home/\x1b[2J"), r"for a home folder, expected an absolute path"),
    ],
)
def test_an_answer_that_makes_no_sense_is_one_clear_sentence(output: str, message: str) -> None:
    with pytest.raises(DeviceError, match=message):
        parse_probe("pi", "python3", output, "oops")


def test_the_rest_of_a_disk_that_nobody_knows_is_absent() -> None:
    assert parse_probe("pi", "python3", changed(free="")).free_bytes is None
    assert parse_probe("pi", "python3", changed(free="/dev/x 10 20 -3 100% /")).free_bytes == 0


def test_this_machine_says_what_it_is_and_nothing_is_changed(ssh_server: Any, device: Device) -> None:
    before = sorted(each.name for each in ssh_server.folder.iterdir())
    client = open_ssh("pi", device.settings, Deadline(20))
    try:
        facts = probe("pi", client, sys.executable, Deadline(60))
        without = probe("pi", client, "no-such; echo python", Deadline(60))
    finally:
        client.close()
    assert facts.architecture == "x86_64"
    assert facts.glibc is not None
    assert facts.glibc >= (2, 17)
    assert facts.python is not None
    assert facts.python.version == sys.version_info[:2]
    assert facts.python.numpy
    assert (facts.folder, facts.parent) == (f"{ssh_server.folder}/data/edgekit", str(ssh_server.folder))
    assert facts.writable
    assert facts.free_bytes
    assert without.python is None
    assert "no-such; echo python" in without.python_problem
    assert sorted(each.name for each in ssh_server.folder.iterdir()) == before


def test_a_python_that_hangs_ends_with_the_deadline(device: Device, tmp_path: Path) -> None:
    script = tmp_path / "hangs"
    script.write_text("#!/bin/sh\nexec sleep 60\n")
    script.chmod(0o755)
    client = open_ssh("pi", device.settings, Deadline(20))
    began = time.monotonic()
    try:
        with pytest.raises(ConnectError, match=r"did not finish `sh` in 2 s"):
            probe("pi", client, str(script), Deadline(2))
    finally:
        client.close()
    assert time.monotonic() - began < 10
