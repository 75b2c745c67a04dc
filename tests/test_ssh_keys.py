from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edgekit import ssh_keys
from edgekit.board import load_board
from edgekit.deadline import Deadline
from edgekit.errors import ConnectError
from edgekit.farm import Device
from edgekit.ssh_connection import open_ssh


@pytest.fixture(autouse=True)
def nothing_unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_keys, "_unlocked", {})


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a person at a terminal types; who is asked once more than that fails the test."""
    typed: list[str] = []
    monkeypatch.setattr(ssh_keys, "_has_terminal", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda prompt: typed.pop(0))
    return typed


@pytest.fixture
def locked(ssh_server: Any) -> dict[str, Any]:
    """Settings whose key file is encrypted with "secret"."""
    ssh_server.trust()
    command = [
        "ssh-keygen",
        "-q",
        "-p",
        "-P",
        "",
        "-N",
        "secret",
        "-f",
        str(ssh_server.folder / "client_key"),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return dict(ssh_server.settings)


@pytest.fixture
def ssh_agent(monkeypatch: pytest.MonkeyPatch, ssh_server: Any) -> Iterator[Callable[[Path], None]]:
    """A running ssh-agent; the function adds a key to it."""
    if shutil.which("ssh-agent") is None:
        pytest.skip("needs ssh-agent: apt install openssh-client")
    socket = ssh_server.folder / "agent"
    output = subprocess.run(
        ["ssh-agent", "-s", "-a", str(socket)], check=True, capture_output=True, text=True
    ).stdout
    found = re.search(r"SSH_AGENT_PID=(\d+)", output)
    assert found is not None
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))

    def add(path: Path) -> None:
        subprocess.run(["ssh-add", "-q", str(path)], check=True, capture_output=True)

    yield add
    os.kill(int(found[1]), 15)


def connects(settings: dict[str, Any], **options: Any) -> bool:
    client = open_ssh("pi", settings, Deadline(20), **options)
    try:
        return bool(client.get_transport().is_authenticated())
    finally:
        client.close()


def test_an_encrypted_key_is_asked_for_once_in_a_process(locked: dict[str, Any], answers: list[str]) -> None:
    answers.append("secret")
    assert connects(locked)
    assert connects(locked)
    assert connects(locked, may_ask=False)


def test_a_wrong_passphrase_is_said_and_asked_for_once_more(
    locked: dict[str, Any], answers: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    answers += ["wrong", "secret"]
    assert connects(locked)
    assert "that is not the passphrase of " in capsys.readouterr().err
    assert answers == []


def test_two_wrong_passphrases_are_refused(locked: dict[str, Any], answers: list[str]) -> None:
    answers += ["wrong", ""]
    with pytest.raises(
        ConnectError, match=r"key file .*client_key for pi stayed locked: wrong passphrase; run `ssh-add"
    ):
        connects(locked)
    assert answers == []


def test_without_a_terminal_nobody_is_asked(locked: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_keys, "_has_terminal", lambda: False)
    message = r"key file .*client_key for pi is encrypted, and there is no terminal to ask at; run `ssh-add "
    with pytest.raises(ConnectError, match=message):
        connects(locked)
    monkeypatch.setattr(ssh_keys, "_has_terminal", lambda: True)
    with pytest.raises(ConnectError, match="no terminal to ask at"):
        connects(locked, may_ask=False)


UNLOCK = """
import os, sys
from pathlib import Path
from edgekit.errors import ConnectError
from edgekit.ssh_keys import unlock
if sys.argv[2:]:
    os.open(sys.argv[2], os.O_RDWR)  # the leader of a session that opens a terminal gets it as its own
try:
    print(unlock(Path(sys.argv[1]), "pi").get_name())
except ConnectError as error:
    print(error)
"""


def test_a_real_terminal_is_asked_without_an_echo_and_its_absence_noticed(locked: dict[str, Any]) -> None:
    command = [sys.executable, "-c", UNLOCK, locked["key"]]
    environment = {**os.environ, "PYTHONPATH": str(Path(ssh_keys.__file__).parents[1])}
    options: dict[str, Any] = {"env": environment, "start_new_session": True, "stdin": subprocess.DEVNULL}
    alone = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, **options)
    assert "is encrypted, and there is no terminal to ask at" in alone.stdout
    ours, theirs = pty.openpty()
    command.append(os.ttyname(theirs))
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    ) as process:
        shown = b""
        for answer in (b"wrong\n", b"secret\n"):
            asked = shown.count(b"passphrase of ")
            while shown.count(b"passphrase of ") == asked:  # typed before the prompt, it would be thrown away
                shown += os.read(ours, 4096)
            os.write(ours, answer)
        output, errors = process.communicate(timeout=60)
    assert output == "ssh-ed25519\n"
    assert "that is not the passphrase" in errors
    assert b"secret" not in shown
    os.close(theirs)
    os.close(ours)


def test_a_key_that_the_agent_holds_needs_no_passphrase(
    ssh_server: Any, ssh_agent: Callable[[Path], None]
) -> None:
    ssh_server.trust()
    key = ssh_server.folder / "client_key"
    ssh_agent(key)
    command = ["ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-f", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    assert connects(ssh_server.settings, may_ask=False)
    # IdentitiesOnly: of the agent's keys only those of the files named, which the .pub beside the file tells.
    (ssh_server.folder / ".ssh").mkdir()
    config = ssh_server.folder / ".ssh" / "config"
    config.write_text(f"Host *\n  IdentitiesOnly yes\n  IdentityFile {key}\n")
    without = {name: value for name, value in ssh_server.settings.items() if name != "key"}
    assert connects(without, may_ask=False)
    config.write_text(f"Host *\n  IdentitiesOnly yes\n  IdentityFile {ssh_server.folder}/host_key\n")
    with pytest.raises(ConnectError, match="none of the keys offered"):
        connects(without, may_ask=False)


def test_the_usual_files_are_tried_without_being_named(ssh_server: Any) -> None:
    ssh_server.trust()
    (ssh_server.folder / ".ssh").mkdir()
    shutil.copy(ssh_server.folder / "client_key", ssh_server.folder / ".ssh" / "id_ed25519")
    (ssh_server.folder / ".ssh" / "id_rsa").write_text("not a key")
    assert connects({name: value for name, value in ssh_server.settings.items() if name != "key"})


def test_a_file_that_is_no_key_is_one_clear_sentence(ssh_server: Any) -> None:
    ssh_server.trust()
    (ssh_server.folder / "junk").write_text("not a key")
    device = Device("pi", load_board("generic_x86_64"), "ssh", {**ssh_server.settings, "key": "~/junk"})
    with pytest.raises(
        ConnectError, match=r"cannot use the key file .*junk for pi: no private key of a known type"
    ):
        connects(dict(device.settings))


def test_a_server_that_also_wants_a_second_factor_is_not_let_pass(ssh_server: Any) -> None:
    import paramiko

    class Transport:
        def auth_publickey(self, user: str, key: paramiko.PKey) -> list[str]:
            return ["keyboard-interactive"]

    from edgekit.ssh_config import SshHost

    host = SshHost("pi", "h", 22, "u", (ssh_server.folder / "client_key",))
    with pytest.raises(paramiko.AuthenticationException):
        ssh_keys.KeysOnly(host, False).authenticate(Transport())
