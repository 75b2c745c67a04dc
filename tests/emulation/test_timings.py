"""The cores' files, what is read of them, and what the plugin writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.board import list_boards, load_board, read_board
from edgekit.cycle_model import find_timings, flash_arguments, list_timings, parse_run, read_timings
from edgekit.errors import ConfigError, EdgekitError

EMULATED_CORES = sorted(
    {each.core for each in map(load_board, list_boards()) if each.emulator and each.kind == "cortex_m"}
)
VALID = """cores = ["Cortex-M4"]
basis = "published by Arm"

[pipeline]
issue_width = 1

[weights]
alu = { cycles = 1, source = "[TRM] 1" }
load = { cycles = 2, after_load = 1, source = "[TRM] 2" }
"""
BOARD = """title = "T"
kind = "cortex_m"
architecture = "armv7e-m"
core = "Cortex-M4"
flash_bytes = 1024

[flash]
wait_states = 5
start = 0x0800_0000
line_bytes = 16
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "some_file.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("core", EMULATED_CORES)
def test_every_emulated_microcontroller_has_timings(core: str) -> None:
    assert find_timings(core) is not None


def test_there_is_one_file_for_a_core() -> None:
    cores = [core for path in list_timings() for core in read_timings(path).cores]
    assert len(cores) == len(set(cores)) >= 6
    assert find_timings("Cortex-X99") is None


@pytest.mark.parametrize("path", list_timings(), ids=lambda path: path.stem)
def test_a_file_explains_each_source_that_its_weights_name(path: Path) -> None:
    timings = read_timings(path)
    comment = path.read_text().split("cores =")[0]
    for name, source in timings.sources.items():
        if source.startswith("["):
            assert source.split("]")[0] + "]" in comment, name
    assert timings.basis == "published by Arm" or timings.basis.startswith("approximate: ")


def test_what_is_read_goes_to_the_plugin(tmp_path: Path) -> None:
    timings = read_timings(write(tmp_path, VALID))
    assert list(timings.arguments()) == [
        "issue_width=1",
        "alu.cycles=1",
        "load.cycles=2",
        "load.after_load=1",
    ]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (', source = "[TRM] 1"', "", "'source' is missing"),
        ("cycles = 1, ", "", "'cycles' is missing"),
        ("cycles = 1", "cycle = 1", "did you mean 'cycles'"),
        ("cycles = 1", "cycles = -1", "should be from 0 to 255"),
        ("cycles = 1", "cycles = 1, unit = 8", "should be from 0 to 7"),
        ("cycles = 1", 'cycles = "1"', "should be a whole number"),
        ("issue_width = 1", "", "'issue_width' is missing"),
        ('basis = "published by Arm"', "", "'basis' is missing"),
        ('alu = { cycles = 1, source = "[TRM] 1" }', "alu = 1", "alu should be a table"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    assert before in VALID
    with pytest.raises(ConfigError, match=message) as caught:
        read_timings(write(tmp_path, VALID.replace(before, after)))
    assert "some_file.toml" in str(caught.value)


def test_a_line_of_the_plugin_is_read(tmp_path: Path) -> None:
    timings = read_timings(write(tmp_path, VALID))
    run = parse_run("instructions=3 cycles=5 taken_branches=0 flash_stalls=1 alu=2 load=1", timings)
    assert (run.instructions, run.cycles, run.taken_branches, run.flash_stalls) == (3, 5, 0, 1)
    assert run.classes == {"alu": 2, "load": 1}


@pytest.mark.parametrize(
    "line", ["", "instructions=3", "instructions=3 cycles=x taken_branches=0 flash_stalls=0", "gibberish"]
)
def test_a_line_that_is_cut_off_is_no_figure(tmp_path: Path, line: str) -> None:
    with pytest.raises(EdgekitError, match="cannot be read"):
        parse_run(line, read_timings(write(tmp_path, VALID)))


def test_a_class_without_a_weight_is_no_figure(tmp_path: Path) -> None:
    line = "instructions=1 cycles=0 taken_branches=0 flash_stalls=0 divide=1"
    with pytest.raises(EdgekitError, match=r"some_file\.toml has no weight for divide"):
        parse_run(line, read_timings(write(tmp_path, VALID)))


def test_a_board_s_flash_goes_to_the_plugin(tmp_path: Path) -> None:
    flash = read_board(write(tmp_path, BOARD)).flash
    assert list(flash_arguments(flash)) == [
        "flash_start=0x8000000", "flash_bytes=1024", "wait_states=5",
        "line_bytes=16", "instruction_lines=1", "data_lines=1",
    ]  # fmt: skip
    assert list(flash_arguments(None)) == []
    no_wait = BOARD.split("wait_states")[0] + "wait_states = 0\n"
    assert list(flash_arguments(read_board(write(tmp_path, no_wait)).flash)) == []


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("wait_states = 5", "", "'wait_states' is missing"),
        ("line_bytes = 16", "", "'line_bytes' is missing"),
        ("line_bytes = 16", "line_bytes = 0", "should be from 1"),
        ("line_bytes = 16", "line_bytes = 16\ndata_lines = 65", "should be from 1 to 64"),
        ("wait_states = 5", "wait_states = -1", "should be from 0"),
        ("wait_states", "waits", "did you mean 'wait_states'"),
        ("flash_bytes = 1024", "", "needs flash_bytes"),
    ],
)
def test_a_wrong_flash_is_named(tmp_path: Path, before: str, after: str, message: str) -> None:
    assert before in BOARD
    with pytest.raises(ConfigError, match=message):
        read_board(write(tmp_path, BOARD.replace(before, after)))
