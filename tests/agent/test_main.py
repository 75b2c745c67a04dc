from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgekit.agent.__main__ import site_folders


@pytest.fixture
def private(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir(mode=0o700)
    return folder


def test_folders_keep_their_order(private: Path, tmp_path: Path) -> None:
    arguments = ["--self-destruct", "--site", str(private), "--runtime", "litert", "--site", str(tmp_path)]
    assert site_folders(arguments) == [str(private), str(tmp_path)]
    assert site_folders(["--self-destruct"]) == []


@pytest.mark.parametrize("mode", [0o770, 0o702])
def test_a_folder_that_others_can_write_to_is_refused(private: Path, mode: int) -> None:
    private.chmod(mode)
    with pytest.raises(SystemExit, match="is not this user's alone, so nothing is loaded from it"):
        site_folders(["--site", str(private)])


def test_a_folder_of_somebody_else_is_refused(private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uid = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: uid + 1)
    with pytest.raises(SystemExit, match="is not this user's alone"):
        site_folders(["--site", str(private)])


def test_what_is_no_folder_is_refused(private: Path) -> None:
    with pytest.raises(SystemExit, match=r"cannot use --site .*: No such file"):
        site_folders(["--site", str(private / "none")])
    (private / "file").touch(0o600)
    with pytest.raises(SystemExit, match="is no folder"):
        site_folders(["--site", str(private / "file")])


def test_the_agent_loads_nothing_from_such_a_folder(private: Path) -> None:
    (private / "ai_edge_litert").mkdir()
    (private / "ai_edge_litert/__init__.py").write_text("raise SystemExit('was loaded')\n")
    private.chmod(0o777)
    command = [sys.executable, "-m", "edgekit.agent", "--site", str(private)]
    done = subprocess.run(command, input=b"", capture_output=True, timeout=60, check=False)
    assert done.returncode == 1
    assert b"is not this user's alone" in done.stderr
    assert b"was loaded" not in done.stderr
