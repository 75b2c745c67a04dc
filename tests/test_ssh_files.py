from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest

from edgekit.deadline import Deadline
from edgekit.errors import ConnectError
from edgekit.ssh_connection import open_ssh
from edgekit.ssh_files import MAX_OUTPUT_BYTES, hash_on_board, run_command, sha256, upload
from tests.provision.boards import device_at, serve_with


@pytest.fixture
def client(ssh_server: Any) -> Iterator[paramiko.SSHClient]:
    client = open_ssh("pi", device_at(ssh_server).settings, Deadline(20))
    yield client
    client.close()


def shell(client: paramiko.SSHClient, script: str, **options: Any) -> tuple[int, str, str]:
    return run_command(client, ["sh", "-c", script], Deadline(20), **options)


def test_status_output_and_errors_come_back_whole(client: paramiko.SSHClient) -> None:
    assert shell(client, "echo out; echo err >&2; exit 3") == (3, "out\n", "err")
    text = "x" * 300_000
    assert shell(client, "cat; cat >&2 /dev/null", stdin=text.encode()) == (0, text, "")
    for _ in range(20):  # the end comes close behind the last bytes
        assert shell(client, "echo one; echo two >&2") == (0, "one\n", "two")


def test_a_command_that_does_not_read_its_input_is_no_error(client: paramiko.SSHClient) -> None:
    assert shell(client, "exit 5", stdin=bytes(10_000_000))[0] == 5


def test_a_command_that_a_signal_ends_has_no_status(client: paramiko.SSHClient) -> None:
    assert shell(client, "kill -9 $$")[0] == -1


def test_a_command_that_hangs_ends_with_its_patience(client: paramiko.SSHClient) -> None:
    began = time.monotonic()
    with pytest.raises(ConnectError, match="did not finish `sh` in 1 s"):
        shell(client, "sleep 60", patience_s=1.0)
    assert time.monotonic() - began < 8


def test_a_command_that_prints_without_end_is_refused(client: paramiko.SSHClient) -> None:
    with pytest.raises(ConnectError, match="prints without end"):
        shell(client, f"head -c {MAX_OUTPUT_BYTES * 3} /dev/zero")


@pytest.mark.parametrize("sftp", [True, False])
def test_a_file_arrives_whole_with_sftp_and_without(ssh_server: Any, tmp_path: Path, sftp: bool) -> None:
    data = bytes(range(256)) * 2000
    with serve_with(ssh_server, {} if sftp else {"Subsystem sftp internal-sftp\n": ""}) as port:
        client = open_ssh("pi", device_at(ssh_server, port).settings, Deadline(20))
        try:
            path = str(tmp_path / "it's a; file")
            upload("pi", client, path, data, Deadline(20))
            assert Path(path).read_bytes() == data
            assert hash_on_board(client, path, Deadline(20)) == sha256(data)
            assert hash_on_board(client, path + "none", Deadline(20)) is None
            with pytest.raises(ConnectError, match="cannot upload the agent to pi"):
                upload("pi", client, "/none/there", data, Deadline(20))
        finally:
            client.close()


@pytest.mark.parametrize("has", [["busybox"], ["openssl"], ["python3"], []])
def test_a_hash_is_worked_out_by_whatever_the_board_has(
    client: paramiko.SSHClient, tmp_path: Path, has: list[str]
) -> None:
    """The tools of such a board are scripts that answer in the words of the real ones."""
    from edgekit.ssh_files import _HASH

    (tmp_path / "file").write_bytes(b"content")
    answer = {
        "busybox": f'[ "$1" = sha256sum ] && echo "{sha256(b"content")}  -"',
        "openssl": f'echo "SHA2-256(stdin)= {sha256(b"content")}"',
        "python3": f"echo {sha256(b'content')}",
    }
    tools = tmp_path / "bin"
    tools.mkdir()
    for each in has:
        (tools / each).write_text(f"#!/bin/sh\n{answer[each]}\n")
        (tools / each).chmod(0o755)
    command = ["env", f"PATH={tools}", "/bin/sh", "-c", _HASH, "sh", str(tmp_path / "file"), "python3"]
    status, output, _ = run_command(client, command, Deadline(20))
    assert (status, sha256(b"content") in output) == ((0, True) if has else (1, False))
