from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgekit.board import load_board
from edgekit.cli import main
from edgekit.deadline import Deadline
from edgekit.errors import ConfigError, ConnectError
from edgekit.farm import Device, connect
from edgekit.ssh_connection import open_ssh
from edgekit.ssh_files import run_command
from edgekit.ssh_route import CommandSocket

RELAY = """
import os, socket, sys, threading
peer = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def send():
    while data := os.read(0, 65536):
        peer.sendall(data)
    peer.shutdown(socket.SHUT_WR)
threading.Thread(target=send, daemon=True).start()
while data := peer.recv(65536):
    os.write(1, data)
"""


@pytest.fixture
def inner(ssh_server: Any, more_ssh_servers: Callable[[], Any]) -> Any:
    """A board behind `ssh_server`, reached through ~/.ssh/config; neither is trusted yet."""
    board = more_ssh_servers()
    (ssh_server.folder / ".ssh").mkdir()
    write_config(ssh_server, f"Host board\n  HostName 127.0.0.1\n  Port {board.port}\n  ProxyJump gate\n")
    board.settings = {**board.settings, "host": "board"}
    del board.settings["port"]
    return board


def write_config(gate: Any, text: str) -> None:
    own = f"Host gate\n  HostName 127.0.0.1\n  Port {gate.port}\n  IdentityFile {gate.settings['key']}\n"
    (gate.folder / ".ssh" / "config").write_text(text + own)


def trust(gate: Any, *servers: Any) -> None:
    lines = [f"[127.0.0.1]:{each.port} {each.host_key}\n" for each in servers]
    (gate.folder / "known_hosts").write_text("".join(lines))


def logins(server: Any) -> int:
    return int((server.folder / "log").read_text().count("Accepted publickey"))


def run_echo(settings: dict[str, Any]) -> str:
    client = open_ssh("pi", settings, Deadline(20))
    try:
        return run_command(client, ["echo", "a b"], Deadline(10))[1]
    finally:
        client.close()


def farm_toml(server: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"{key} = {value!r}" for key, value in server.settings.items()]
    text = '[devices.pi]\nboard = "generic_x86_64"\ntransport = "ssh"\n' + "\n".join(lines)
    (folder / "farm.toml").write_text(text + "\n")
    monkeypatch.setenv("EDGEKIT_FARM", str(folder / "farm.toml"))


def test_a_board_is_reached_through_a_jump_host(ssh_server: Any, inner: Any) -> None:
    trust(ssh_server, ssh_server, inner)
    assert run_echo(inner.settings) == "a b\n"
    assert (logins(ssh_server), logins(inner)) == (1, 1)


def test_a_model_runs_behind_two_jump_hosts(
    ssh_server: Any,
    inner: Any,
    more_ssh_servers: Callable[[], Any],
    add_model: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    second = more_ssh_servers()
    write_config(
        ssh_server,
        f"Host board\n  HostName 127.0.0.1\n  Port {inner.port}\n  ProxyJump gate,second\n"
        f"Host second\n  HostName 127.0.0.1\n  Port {second.port}\n  IdentityFile {second.settings['key']}\n",
    )
    trust(ssh_server, ssh_server, second, inner)
    device = Device("pi", load_board("generic_x86_64"), "ssh", inner.settings)
    with connect(device, Deadline(60)) as session:
        assert session.load(add_model, Deadline(20)).num_inputs == 2
    assert (logins(ssh_server), logins(second), logins(inner)) == (1, 1, 1)
    assert list((inner.folder / "scratch").iterdir()) == []


@pytest.mark.parametrize("known", [[], ["gate"], ["board"]])
def test_every_host_key_on_the_way_is_verified(ssh_server: Any, inner: Any, known: list[str]) -> None:
    trust(ssh_server, *(each for name, each in (("gate", ssh_server), ("board", inner)) if name in known))
    unknown, server = ("pi", inner) if known == ["gate"] else ("the jump host gate of pi", ssh_server)
    message = (
        rf"the host key of {unknown} \(\[127\.0\.0\.1\]:{server.port}\) is not known: .*`edgekit trust pi`"
    )
    with pytest.raises(ConnectError, match=message):
        run_echo(inner.settings)
    assert logins(inner) == 0
    assert logins(ssh_server) == (1 if known == ["gate"] else 0)


@pytest.mark.parametrize("changed", ["gate", "board"])
def test_a_changed_host_key_anywhere_on_the_way_is_refused_loudly(
    ssh_server: Any, inner: Any, changed: str
) -> None:
    trust(ssh_server, ssh_server, inner)
    text = (ssh_server.folder / "known_hosts").read_text()
    server, other = (ssh_server, inner) if changed == "gate" else (inner, ssh_server)
    text = text.replace(server.host_key, other.host_key)
    (ssh_server.folder / "known_hosts").write_text(text)
    label = "the jump host gate of pi" if changed == "gate" else "pi"
    with pytest.raises(ConnectError, match=rf"THE HOST KEY OF {label} .* HAS CHANGED.*`edgekit trust pi`"):
        run_echo(inner.settings)
    assert logins(inner) == 0


def test_trust_asks_for_the_jump_host_first_and_then_for_the_board(
    ssh_server: Any,
    inner: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import io

    farm_toml(inner, tmp_path, monkeypatch)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\nn\n"))
    assert main(["trust", "pi"]) == 1
    shown = capsys.readouterr()
    assert [line.split()[0] for line in shown.out.splitlines()] == [
        f"[127.0.0.1]:{each.port}" for each in (ssh_server, inner)
    ]
    assert "trust this key for the jump host gate of pi?" in shown.err
    assert "trust this key for pi?" in shown.err
    assert (
        ssh_server.folder / "known_hosts"
    ).read_text() == f"[127.0.0.1]:{ssh_server.port} {ssh_server.host_key}\n"
    assert main(["trust", "pi", "--yes"]) == 0
    assert run_echo(inner.settings) == "a b\n"


def test_boards_with_one_address_behind_two_gateways_are_two_boards(
    ssh_server: Any, inner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("edgekit.farm.LOCK_TIMEOUT_S", 0.2)
    trust(ssh_server, ssh_server, inner)
    board = load_board("generic_x86_64")
    here = Device("here", board, "ssh", inner.settings)
    same = Device(
        "same",
        board,
        "ssh",
        {**inner.settings, "host": "127.0.0.1", "port": inner.port, "proxy_jump": "gate"},
    )
    other = Device("other", board, "ssh", {**inner.settings, "proxy_jump": "other-gate.invalid"})
    with connect(here, Deadline(60)):
        with (
            pytest.raises(ConnectError, match="same is in use by another edgekit"),
            connect(same, Deadline(5)),
        ):
            pass
        with pytest.raises(ConnectError, match="no host has that name"), connect(other, Deadline(20)):
            pass


def test_a_key_under_its_alias_is_accepted_and_trusted(
    ssh_server: Any, inner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    farm_toml(inner, tmp_path, monkeypatch)
    config = ssh_server.folder / ".ssh" / "config"
    config.write_text("Host board\n  HostKeyAlias lab-board\n" + config.read_text())
    assert main(["trust", "pi", "--yes"]) == 0
    assert f"lab-board {inner.host_key}" in (ssh_server.folder / "known_hosts").read_text().splitlines()
    assert run_echo(inner.settings) == "a b\n"


def test_a_jump_host_that_does_not_let_us_in_or_through_is_named(ssh_server: Any, inner: Any) -> None:
    trust(ssh_server, ssh_server, inner)
    config = ssh_server.folder / ".ssh" / "config"
    config.write_text(config.read_text().replace(f"Port {inner.port}", "Port 1"))
    with pytest.raises(
        ConnectError, match=r"the jump host cannot reach pi at 127\.0\.0\.1:1: Connect failed; check"
    ):
        run_echo(inner.settings)
    (ssh_server.folder / "authorized_keys").write_text("")
    message = (
        r"the jump host gate of pi lets .*@127\.0\.0\.1 in with none of the keys offered \(.*client_key\)"
    )
    with pytest.raises(ConnectError, match=message):
        run_echo(inner.settings)
    config.write_text(config.read_text().replace(f"Port {ssh_server.port}", "Port 1"))
    with pytest.raises(
        ConnectError, match=r"the jump host gate of pi at 127\.0\.0\.1:1 refuses the connection"
    ):
        run_echo(inner.settings)


def test_closing_the_board_closes_the_jump_host_too(ssh_server: Any, inner: Any) -> None:
    trust(ssh_server, ssh_server, inner)
    client = open_ssh("pi", inner.settings, Deadline(20))
    (gate,) = client.through  # type: ignore[attr-defined]
    transport = gate.get_transport()
    client.close()
    assert not transport.is_active()


def proxy(ssh_server: Any, command: str) -> dict[str, Any]:
    ssh_server.trust()
    (ssh_server.folder / ".ssh").mkdir(exist_ok=True)
    (ssh_server.folder / ".ssh" / "config").write_text(f"Host *\n  ProxyCommand {command}\n")
    (ssh_server.folder / "relay.py").write_text(RELAY)
    return dict(ssh_server.settings)


def test_a_proxy_command_carries_the_connection_and_ends_with_it(ssh_server: Any) -> None:
    settings = proxy(ssh_server, f"exec {sys.executable} {ssh_server.folder}/relay.py %h %p")
    assert run_echo(settings) == "a b\n"
    mine = str(ssh_server.folder / "relay.py").encode()
    running = [each for each in Path("/proc").glob("[0-9]*/cmdline") if mine in each.read_bytes()]
    assert running == []


def test_a_proxy_command_meets_no_shell(ssh_server: Any) -> None:
    settings = proxy(ssh_server, f"{sys.executable} {ssh_server.folder}/relay.py %h %p")
    with pytest.raises(ConnectError, match="cannot set up SSH with pi"):
        run_echo({**settings, "host": f"$(id>{ssh_server.folder}/made)"})
    assert not (ssh_server.folder / "made").exists()


@pytest.mark.parametrize(
    ("command", "kind", "message"),
    [
        (
            "no-such-program %h",
            ConnectError,
            r"cannot start ProxyCommand 'no-such-program 127\.0\.0\.1' for pi: No such",
        ),
        ("relay 'un", ConfigError, r"ProxyCommand \"relay 'un\" for pi: No closing quotation"),
        ("false", ConnectError, r"cannot set up SSH with pi at"),
    ],
)
def test_a_proxy_command_that_fails_is_one_clear_sentence(
    ssh_server: Any, command: str, kind: type[Exception], message: str
) -> None:
    settings = proxy(ssh_server, command)
    start = time.monotonic()
    with pytest.raises(kind, match=message):
        open_ssh("pi", settings, Deadline(60))
    assert time.monotonic() - start < 10  # a board may still boot, a program that has ended will not answer


def test_a_proxy_command_that_ignores_being_asked_is_ended_all_the_same() -> None:
    if shutil.which("sh") is None:
        pytest.skip("needs a shell")
    connection = CommandSocket.start("pi", "sh -c 'trap \"\" TERM; echo ready; while :; do sleep 1; done'")
    assert connection.recv(5) == b"ready"
    start = time.monotonic()
    connection.close()
    assert connection.process.returncode == -9
    assert time.monotonic() - start < 5
