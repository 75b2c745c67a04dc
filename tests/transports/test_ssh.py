from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit import farm
from edgekit.agent.watcher import PROCESS_NAME
from edgekit.board import load_board
from edgekit.deadline import Deadline
from edgekit.errors import ConnectError, LinkError, RemoteError
from edgekit.farm import Device, connect


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def device(ssh_server: Any) -> Device:
    """The loopback server as a device whose key is trusted."""
    ssh_server.trust()
    return Device("pi", load_board("generic_x86_64"), "ssh", ssh_server.settings)


def changed(device: Device, **settings: Any) -> Device:
    return Device(device.name, device.board, device.transport, {**device.settings, **settings})


def agents(folder: Path) -> list[int]:
    """Process ids of agents that were started from the server's temporary folder.

    The watcher of an agent counts only when that has gone: then it should have gone too.
    """
    found, watchers = [], []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if any(
                each.startswith(f"{folder}/scratch/edgekit.".encode())
                for each in path.read_bytes().split(b"\0")
            ):
                is_watcher = path.with_name("comm").read_text() == f"{PROCESS_NAME}\n"
                (watchers if is_watcher else found).append(int(path.parent.name))
        except OSError:
            continue
    return found or watchers


def assert_soon(condition: Any, within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_model_runs_over_ssh_and_nothing_stays_on_the_board(
    ssh_server: Any, device: Device, add_model: bytes
) -> None:
    deadline = Deadline(60)
    with connect(device, deadline, kernels="reference") as session:
        # The agent deleted itself while it runs: nothing is left even if the power goes now.
        assert list((ssh_server.folder / "scratch").iterdir()) == []
        assert len(agents(ssh_server.folder)) == 1
        session.load(add_model, deadline)
        for index, values in enumerate(([1, 2, 3, 4], [10, 20, 30, 40])):
            session.write_input(index, np.array(values, np.float32).tobytes(), deadline)
        assert len(session.invoke(deadline, warmup=1, runs=3)) == 3
        output = np.frombuffer(session.read_output(0, 16, deadline), np.float32)
        assert list(output) == [21, 42, 63, 84]
        assert session.conditions(deadline)["python"]
    assert list((ssh_server.folder / "scratch").iterdir()) == []
    assert_soon(lambda: not agents(ssh_server.folder))


def test_an_unknown_host_key_is_refused_with_fingerprint_and_command(ssh_server: Any) -> None:
    device = Device("pi", load_board("generic_x86_64"), "ssh", ssh_server.settings)
    message = (
        r"of pi \(\[127\.0\.0\.1\]:\d+\) is not known: ssh-ed25519 SHA256:[\w+/]{43}; .*`edgekit trust pi`"
    )
    with pytest.raises(ConnectError, match=message), connect(device, Deadline(20)):
        pass
    assert list((ssh_server.folder / "scratch").iterdir()) == []


def test_a_changed_host_key_is_refused_loudly(ssh_server: Any, device: Device) -> None:
    known_hosts = ssh_server.folder / "known_hosts"
    client_key = " ".join((ssh_server.folder / "client_key.pub").read_text().split()[:2])
    known_hosts.write_text(f"[127.0.0.1]:{ssh_server.port} {client_key}\n")
    with (
        pytest.raises(ConnectError, match=r"THE HOST KEY OF pi .* HAS CHANGED.*SHA256:.*SHA256:"),
        connect(device, Deadline(20)),
    ):
        pass


def test_a_host_known_by_another_type_of_key_is_refused_loudly(ssh_server: Any, device: Device) -> None:
    import paramiko

    key = paramiko.ECDSAKey.generate()
    line = f"[127.0.0.1]:{ssh_server.port} {key.get_name()} {key.get_base64()}\n"
    (ssh_server.folder / "known_hosts").write_text(line)
    with (
        pytest.raises(ConnectError, match=r"HAS CHANGED: it shows none of the known types"),
        connect(device, Deadline(20)),
    ):
        pass


def test_the_users_own_known_hosts_count_too(ssh_server: Any, device: Device) -> None:
    (ssh_server.folder / "known_hosts").unlink()
    ssh = ssh_server.folder / ".ssh"
    ssh.mkdir()
    (ssh / "known_hosts").write_text(f"[127.0.0.1]:{ssh_server.port} {ssh_server.host_key}\n")
    with connect(device, Deadline(30)) as session:
        assert session.hello.runtime


def test_a_key_that_the_board_does_not_know_is_one_clear_sentence(ssh_server: Any, device: Device) -> None:
    (ssh_server.folder / "authorized_keys").write_text("")
    with (
        pytest.raises(ConnectError, match=r"pi lets .* in with none of the keys offered .*ssh-copy-id -p"),
        connect(device, Deadline(20)),
    ):
        pass
    with (
        pytest.raises(ConnectError, match=r"there is no key file .*none for pi"),
        connect(changed(device, key="/none"), Deadline(20)),
    ):
        pass
    without = Device("pi", device.board, "ssh", {k: v for k, v in device.settings.items() if k != "key"})
    with (
        pytest.raises(ConnectError, match=r"none of the keys offered \(the SSH agent and the usual files\)"),
        connect(without, Deadline(20)),
    ):
        pass


@pytest.mark.parametrize("python", ["no-such-python", "/bin/false"])
def test_a_board_without_python_is_one_clear_sentence(ssh_server: Any, device: Device, python: str) -> None:
    with (
        pytest.raises(
            ConnectError, match=rf"pi cannot run {python}: .*; install python3 on the board or set"
        ),
        connect(changed(device, python=python), Deadline(20)),
    ):
        pass
    assert list((ssh_server.folder / "scratch").iterdir()) == []


def test_an_interpreter_with_blanks_and_quotes_in_its_name_is_quoted(ssh_server: Any, device: Device) -> None:
    script = ssh_server.folder / "my python's; echo"
    script.write_text(f'#!/bin/sh\nexec {device.settings["python"]} "$@"\n')
    script.chmod(0o755)
    with connect(changed(device, python=str(script)), Deadline(30)) as session:
        assert session.hello.version


def test_an_old_python_is_refused(ssh_server: Any, device: Device) -> None:
    script = ssh_server.folder / "python36"
    script.write_text("#!/bin/sh\necho 3 6 abc\n")
    script.chmod(0o755)
    with (
        pytest.raises(ConnectError, match=r"is Python 3\.6, the agent needs 3\.7 or later"),
        connect(changed(device, python=str(script)), Deadline(20)),
    ):
        pass


def test_a_missing_runtime_says_what_to_install(ssh_server: Any, device: Device) -> None:
    script = ssh_server.folder / "bare"
    python = device.settings["python"]
    # -S hides site-packages, and with them every runtime.
    script.write_text(f'#!/bin/sh\nexec {python} -S "$@"\n')
    script.chmod(0o755)
    with (
        pytest.raises(RemoteError, match=r"no TFLite runtime; run `.* -m pip install ai-edge-litert`"),
        connect(changed(device, python=str(script)), Deadline(20)),
    ):
        pass
    assert_soon(lambda: not agents(ssh_server.folder))


def test_an_agent_that_dies_is_told_with_its_last_words(
    ssh_server: Any, device: Device, add_model: bytes
) -> None:
    with connect(device, Deadline(30)) as session:
        session.load(add_model, Deadline(10))
        (agent,) = agents(ssh_server.folder)
        os.kill(agent, signal.SIGSEGV)
        with pytest.raises(
            LinkError, match=r"the agent on pi was killed; .*(Segmentation fault|<module>|main)"
        ):
            session.invoke(Deadline(10))


def test_an_agent_whose_host_vanishes_ends_and_leaves_nothing(ssh_server: Any, device: Device) -> None:
    from edgekit.transports import ssh

    link = ssh.open_link("pi", device.board, device.settings, Deadline(20))
    assert_soon(lambda: len(agents(ssh_server.folder)) == 1)
    assert_soon(lambda: list((ssh_server.folder / "scratch").iterdir()) == [])
    link._client.get_transport().sock.shutdown(socket.SHUT_RDWR)  # as if the cable was pulled
    assert_soon(lambda: not agents(ssh_server.folder))
    assert list((ssh_server.folder / "scratch").iterdir()) == []
    with pytest.raises(LinkError, match=r"lost the connection to the agent on pi"):
        link.read(1, Deadline(5))
    link.close()
    link.close()


def test_a_host_that_refuses_or_does_not_exist_is_one_clear_sentence(ssh_server: Any, device: Device) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (
        pytest.raises(ConnectError, match=rf"pi at 127\.0\.0\.1:{port} refuses the connection: no SSH"),
        connect(changed(device, port=port), Deadline(20)),
    ):
        pass
    with (
        pytest.raises(
            ConnectError, match=r"cannot find pi at no-such-host\.invalid:\d+: no host has that name"
        ),
        connect(changed(device, host="no-such-host.invalid"), Deadline(20)),
    ):
        pass


@pytest.fixture
def not_ssh() -> Iterator[int]:
    """The port of a server that greets everybody with something that is not SSH."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"220 mail.example ready\r\n" * 200)

    thread = threading.Thread(target=serve)
    thread.start()
    yield int(listener.getsockname()[1])
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def test_a_server_that_is_not_ssh_is_one_clear_sentence(
    ssh_server: Any, device: Device, not_ssh: int
) -> None:
    with (
        pytest.raises(ConnectError, match=r"cannot set up SSH with pi at 127\.0\.0\.1:"),
        connect(changed(device, port=not_ssh), Deadline(2)),
    ):
        pass


def test_two_names_for_one_board_are_locked_as_one(
    ssh_server: Any, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(farm, "LOCK_TIMEOUT_S", 0.2)
    twin = Device("twin", device.board, "ssh", device.settings)
    with (
        connect(device, Deadline(30)),
        pytest.raises(ConnectError, match="twin is in use by another edgekit"),
        connect(twin, Deadline(5)),
    ):
        pass


def test_a_board_without_sftp_gets_the_agent_through_a_command(
    ssh_server: Any, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.provision.boards import device_at, serve_with

    with serve_with(ssh_server, {"Subsystem sftp internal-sftp\n": ""}) as port:
        with connect(device_at(ssh_server, port), Deadline(30)) as session:
            assert session.hello.version
        assert list((ssh_server.folder / "scratch").iterdir()) == []


def test_a_runtime_that_is_not_on_the_board_says_how_to_bring_it(ssh_server: Any, device: Device) -> None:
    with (
        pytest.raises(
            ConnectError,
            match=r"pi has no edgekit runtime \(.*\); run `edgekit provision pi --runtime edgekit`",
        ),
        connect(changed(device, runtime="edgekit"), Deadline(20)),
    ):
        pass
