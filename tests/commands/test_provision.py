from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edgekit.cli import main
from tests.provision.fake_wheels import build_runtime


@pytest.fixture
def farm(ssh_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A farm.toml whose device `pi` is the loopback server."""
    ssh_server.trust()
    lines = [f"{key} = {value!r}" for key, value in ssh_server.settings.items()]
    text = '[devices.pi]\nboard = "generic_x86_64"\ntransport = "ssh"\n' + "\n".join(lines)
    (tmp_path / "farm.toml").write_text(text + "\n")
    monkeypatch.setenv("EDGEKIT_FARM", str(tmp_path / "farm.toml"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return ssh_server


def test_a_board_is_provisioned_listed_and_cleaned(
    farm: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wheels = build_runtime(tmp_path / "wheels")
    assert main(["provision", "pi", "--wheels", str(wheels)]) == 0
    shown = capsys.readouterr()
    assert "ai-edge-litert 9.1.0" in shown.out
    assert "uploading litert" in shown.err
    assert main(["provision", "pi", "--json"]) == 0
    (runtime,) = json.loads(capsys.readouterr().out)["runtimes"]
    assert (runtime["runtime"], runtime["bytes_sent"]) == ("litert", 0)
    folder = f"{farm.folder}/data/edgekit"
    assert runtime["path"].startswith(f"{folder}/site/")
    assert main(["provision", "pi", "--remove", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"device": "pi", "removed": folder}
    assert main(["provision", "pi", "--remove"]) == 0
    assert "pi: nothing to remove" in capsys.readouterr().err


def test_remove_takes_no_runtime(farm: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["provision", "pi", "--remove", "--runtime", "litert"]) == 2
    assert "--remove removes everything" in capsys.readouterr().err


def test_what_is_missing_is_one_line_and_an_exit_code(
    farm: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["provision", "pi", "--wheels", str(tmp_path / "none")]) == 1
    assert "none is no folder" in capsys.readouterr().err
    assert main(["provision", "local"]) == 2
    assert "provisioning is for Linux boards over ssh" in capsys.readouterr().err
