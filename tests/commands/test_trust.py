from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from edgekit.cli import main


@pytest.fixture
def farm(ssh_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A farm.toml whose device `pi` is the loopback server, not trusted yet."""
    lines = [f"{key} = {value!r}" for key, value in ssh_server.settings.items()]
    text = '[devices.pi]\nboard = "generic_x86_64"\ntransport = "ssh"\n' + "\n".join(lines)
    (tmp_path / "farm.toml").write_text(text + "\n")
    monkeypatch.setenv("EDGEKIT_FARM", str(tmp_path / "farm.toml"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return ssh_server


def fingerprint_by_openssh(server: Any) -> str:
    import subprocess

    command = ["ssh-keygen", "-lf", str(server.folder / "host_key.pub")]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[1]


def test_yes_shows_the_fingerprint_that_openssh_shows_and_trusts_it(
    farm: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trust", "pi", "--yes"]) == 0
    shown = capsys.readouterr()
    assert shown.out == f"[127.0.0.1]:{farm.port} ssh-ed25519 {fingerprint_by_openssh(farm)}\n"
    assert "pi is trusted from now on" in shown.err
    assert (farm.folder / "known_hosts").read_text() == f"[127.0.0.1]:{farm.port} {farm.host_key}\n"
    assert main(["trust", "pi"]) == 0
    assert "known already" in capsys.readouterr().err


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("YES\n", 0), ("n\n", 1), ("\n", 1), ("", 1)])
def test_only_a_yes_is_a_yes(
    farm: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, code: int
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    assert main(["trust", "pi"]) == code
    assert "trust this key for pi? [y/N]" in capsys.readouterr().err
    assert (farm.folder / "known_hosts").exists() == (code == 0)


def test_a_trusted_device_can_be_used_at_once(farm: Any, tmp_path: Path, add_model: bytes) -> None:
    import numpy as np

    (tmp_path / "add.tflite").write_bytes(add_model)
    one = np.ones((1, 4), np.float32)
    np.savez(tmp_path / "in.npz", one, one)
    command = ["invoke", str(tmp_path / "add.tflite"), "--on", "pi", "--input", str(tmp_path / "in.npz")]
    command += ["--output", str(tmp_path / "out.npz")]
    assert main(command) == 3
    assert main(["trust", "pi", "--yes"]) == 0
    assert main(command) == 0
    with np.load(tmp_path / "out.npz") as outputs:
        assert outputs["arr_0"].tolist() == [[3, 3, 3, 3]]


def test_a_device_without_host_keys_is_a_usage_error(farm: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trust", "local", "--yes"]) == 2
    assert "local is reached by local, which has no host key" in capsys.readouterr().err


def test_a_server_that_is_down_is_one_sentence_and_exit_code_3(
    farm: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "farm.toml"
    path.write_text(path.read_text().replace(f"port = {farm.port}", "port = 1"))
    assert main(["trust", "pi", "--yes"]) == 3
    assert "pi at 127.0.0.1:1 refuses the connection" in capsys.readouterr().err
    assert not (farm.folder / "known_hosts").exists()


def test_a_new_key_replaces_the_old_one_and_leaves_other_hosts_alone(
    farm: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    old = " ".join((farm.folder / "client_key.pub").read_text().split()[:2])
    known_hosts = farm.folder / "known_hosts"
    known_hosts.write_text(f"other.host {old}\n[127.0.0.1]:{farm.port} {old}")
    assert main(["trust", "pi", "--yes"]) == 0
    assert "known so far: SHA256:" in capsys.readouterr().err
    assert known_hosts.read_text() == f"other.host {old}\n[127.0.0.1]:{farm.port} {farm.host_key}\n"
