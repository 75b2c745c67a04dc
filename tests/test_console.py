from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest

from edgekit.console import note, print_json, print_table, printable, progress, warn


def test_table_aligns_numbers_to_the_right_and_text_to_the_left(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(
        "boards", ("name", "RAM"), [("a", "8.0 KiB"), ("longer", "640.0 KiB"), ("c", None), ("d", "-")]
    )
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert lines[0] == "boards"
    assert lines[1].split() == ["name", "RAM"]
    assert lines[3:] == ["a          8.0 KiB", "longer   640.0 KiB", "c", "d                -"]


def test_table_in_a_file_is_never_folded_or_interpreted(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 300
    print_table(None, ("what [bold]",), [(long,), ("[red]plain[/red] :smile:",)])
    output = capsys.readouterr().out
    assert long in output
    assert "[red]plain[/red] :smile:" in output
    assert "what [bold]" in output


def test_empty_table_still_shows_its_columns(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("devices", ("name", "board"), [])
    assert "name" in capsys.readouterr().out


def test_json_is_ascii_and_reads_back(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"latency": "12 µs", "samples": [1, 2.5, None]}
    print_json(value)
    output = capsys.readouterr().out
    assert output.isascii()
    assert json.loads(output) == value


def test_json_refuses_numbers_that_json_does_not_have() -> None:
    with pytest.raises(ValueError, match="JSON"):
        print_json({"accuracy": float("nan")})


def test_notes_and_warnings_leave_standard_output_alone(capsys: pytest.CaptureFixture[str]) -> None:
    note("building")
    warn("no chip identity")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "building\nedgekit: warning: no chip identity\n"


def test_progress_away_from_a_terminal_is_one_line_at_each_end(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("sending", 100) as advance:
        for _ in range(100):
            advance()
        advance(n=3)
    captured = capsys.readouterr()
    first, last = captured.err.splitlines()
    assert captured.out == ""
    assert first == "sending …"
    assert last.startswith("sending: done in ")


def _fail_while_training() -> None:
    with progress("training"):
        raise OSError("the disk is full")


def test_progress_says_when_a_step_did_not_end_well(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OSError, match="full"):
        _fail_while_training()
    assert capsys.readouterr().err.splitlines()[-1].startswith("training: stopped after ")


def test_progress_on_a_terminal_is_a_bar_that_reaches_its_end() -> None:
    program = (
        "from edgekit.console import progress\n"
        "with progress('sending [x]', 4) as advance:\n"
        "    advance(); advance(3)\n"
        "print('result')\n"
    )
    ours, theirs = pty.openpty()
    try:
        result = subprocess.run(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            stderr=theirs,
            timeout=60,
            check=True,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
        )
        shown = os.read(ours, 65536).decode()
    finally:
        os.close(theirs)
        os.close(ours)
    assert result.stdout == b"result\n"
    assert "sending [x]" in shown
    assert "100%" in shown


def test_words_of_devices_cannot_steer_a_terminal() -> None:
    assert printable("\x1b[2Jpi\r\nfour\0\t") == "[2Jpi four"
    assert printable(None) == ""
    assert len(printable("x" * 500)) == 120
