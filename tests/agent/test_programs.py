from __future__ import annotations

import time
from pathlib import Path

import pytest

from edgekit.agent.programs import run_program
from tests.agent.boards import fake_program


def test_what_a_program_prints_is_returned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_program(monkeypatch, tmp_path, "teller", {"now": "  it is late\n"})
    assert run_program(["teller", "now"]) == "it is late"


def test_a_program_that_fails_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_program(monkeypatch, tmp_path, "teller", {"now": "late"})
    assert run_program(["teller", "tomorrow"]) == ""
    assert run_program(["no-such-program"]) == ""


def test_a_program_that_hangs_is_given_up(tmp_path: Path) -> None:
    began_s = time.monotonic()
    assert run_program(["sleep", "60"], timeout_s=0.2) == ""
    assert time.monotonic() - began_s < 10
