from __future__ import annotations

import json

import pytest

from edgekit.board import list_boards
from edgekit.cli import main


def test_every_board_is_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["boards"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in list_boards())
    assert "4.0 MiB" in shown


def test_json_has_the_facts_and_no_unknown_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["boards", "--json"]) == 0
    boards = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    assert sorted(boards) == list_boards()
    assert boards["qemu_mps2_an386"]["emulator"]["machine"] == "mps2-an386"
    assert "flash_bytes" not in boards["generic_x86_64"]
    assert "models" not in boards["generic_x86_64"]
    assert boards["raspberry_pi_5"]["models"][0] == "Raspberry Pi 5 Model B"
    assert "energy" not in boards["raspberry_pi_4b"]
