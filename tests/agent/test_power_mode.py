from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.agent.power_mode import read_power_mode
from tests.agent.boards import fake_program, tree


@pytest.mark.parametrize(
    ("output", "mode"),
    [
        ("NV Power Mode: MAXN\n0\n", "MAXN (0)"),
        ("NVPM WARN: fan mode is not set!\nNV Power Mode: MODE_10W_6CORE\n3\n", "MODE_10W_6CORE (3)"),
        ("NV Fan Mode:quiet\nNV Power Mode: 15W\n0\n", "15W (0)"),
        ("NV Power Mode: 5W", "5W"),
        ("something else\n", None),
    ],
)
def test_nvpmodel_names_the_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, mode: str | None
) -> None:
    fake_program(monkeypatch, tmp_path, "nvpmodel", {"-q": output})
    assert read_power_mode(str(tmp_path / "none")) == mode


def test_its_note_tells_the_number_where_it_may_not_be_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_power_mode(tree(tmp_path, {"var/lib/nvpmodel/status": "pmode:0002\nfmode:quiet\n"})) == "2"
    assert read_power_mode(tree(tmp_path, {"var/lib/nvpmodel/status": "pmode:0000"})) == "0"
