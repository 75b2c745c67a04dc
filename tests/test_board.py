from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.board import KINDS, LINUX_ARCHITECTURES, list_boards, load_board, read_board
from edgekit.board_identity import fitting_boards
from edgekit.errors import ConfigError, UnknownNameError
from edgekit.resources import find_resource_dir

LINUX_HARDWARE = [
    each.name for each in map(load_board, list_boards()) if each.kind == "linux" and not each.emulated
]
VALID = """title = "T"
kind = "cortex_m"
architecture = "armv7e-m"
core = "Cortex-M4"
clock_hz = 25_000_000

[emulator]
machine = "m"
instructions_per_tick = 40
"""


LINUX = """title = "T"
kind = "linux"
architecture = "aarch64"
core = "Cortex-A72"
models = ["Some Board"]
delegates = ["xnnpack"]
energy = "ina3221"
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "my_board.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", list_boards())
def test_every_board_file_loads_and_is_named_as_the_others(name: str) -> None:
    board = load_board(name)
    assert board.name == name
    assert name == name.lower()
    assert "-" not in name
    assert board.kind in KINDS
    assert board.title
    assert board.emulated == name.startswith("qemu_")


@pytest.mark.parametrize("name", LINUX_HARDWARE)
def test_every_linux_board_has_a_delegate_and_is_recognized_by_its_own_models_alone(name: str) -> None:
    board = load_board(name)
    assert board.architecture in LINUX_ARCHITECTURES
    assert "xnnpack" in board.delegates
    is_generic = name.startswith("generic_") or board.architecture == "any"
    assert bool(board.models) != is_generic
    for model in board.models:
        specific = [each for each in fitting_boards(model, board.architecture) if load_board(each).models]
        assert specific == [name]
    # The text that promises a sensor says which, and the text that promises none says so.
    text = (find_resource_dir("devices") / f"{name}.toml").read_text()
    assert (board.energy is None) == ("# No `energy`" in text or name.startswith("generic_"))


@pytest.mark.parametrize("name", list_boards())
def test_every_number_of_a_board_has_its_source_beside_it(name: str) -> None:
    lines = (find_resource_dir("devices") / f"{name}.toml").read_text().splitlines()
    for number, line in enumerate(lines):
        value = line.partition("=")[2].partition("#")[0].strip()
        if value[:1].isdigit():
            above = number > 0 and lines[number - 1].startswith("#")
            assert "#" in line or above, f"{name}.toml:{number + 1} has a number without a source"


def test_the_emulated_board_counts_forty_instructions_a_tick() -> None:
    board = load_board("qemu_mps2_an386")
    assert board.emulator is not None
    assert board.clock_hz is not None
    # -icount shift=0: 1 ns an instruction.
    assert board.emulator.instructions_per_tick == 1e9 / board.clock_hz
    assert "shift=0,sleep=off" in board.emulator.args


def test_a_board_takes_its_name_from_the_file_and_is_emulated_with_an_emulator(tmp_path: Path) -> None:
    board = read_board(write(tmp_path, VALID))
    assert (board.name, board.emulated, board.clock_hz) == ("my_board", True, 25_000_000)
    assert board.flash_bytes is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("clock_hz", "clock_khz", r"my_board\.toml:5: unknown key 'clock_khz'; did you mean 'clock_hz'\?"),
        ("25_000_000", '"fast"', r"my_board\.toml:5: clock_hz = 'fast' should be a whole number"),
        ("25_000_000", "true", r"my_board\.toml:5: clock_hz = True should be a whole number"),
        ("25_000_000", "-1", r"my_board\.toml:5: clock_hz = -1 should be positive"),
        ('core = "Cortex-M4"\n', "", r"my_board\.toml: key 'core' is missing"),
        ('"cortex_m"', '"cortex"', r"my_board\.toml:2: kind = 'cortex' should be one of cortex_m, linux"),
        (
            "machine",
            "machin",
            r"my_board\.toml:8: unknown key 'machin' in \[emulator\]; did you mean 'machine'",
        ),
        ("= 40", "= 0", r"my_board\.toml:9: instructions_per_tick = 0 should be positive"),
        (
            "= 40",
            "= 40\nargs = [1]",
            r"my_board\.toml:10: args = \[1\] in \[emulator\] should be a list of strings",
        ),
        ('core = "Cortex-M4"', 'core = "Cortex-M4', r"my_board\.toml:4: not valid TOML: "),
        (
            "[emulator]",
            "emulated = false\n[emulator]",
            r"my_board\.toml:7: a board with an \[emulator\] is emulated",
        ),
    ],
)
def test_a_mistake_is_told_with_file_line_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in VALID
    with pytest.raises(ConfigError, match=message):
        read_board(write(tmp_path, VALID.replace(old, new)))


def test_a_file_that_is_missing_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*: No such file"):
        read_board(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        read_board(tmp_path / "binary.toml")


def test_an_unknown_board_is_answered_with_a_close_one() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'qemu_mps2_an38"):
        load_board("qemu_mps2_an387")
    with pytest.raises(UnknownNameError):
        load_board("../devices/qemu_mps2_an386")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"aarch64"',
            '"arm64"',
            r"my_board\.toml:3: architecture = 'arm64' should be what `uname -m` prints: one of",
        ),
        ('["Some Board"]', "[]", r"my_board\.toml:5: models = \[\] should name at least one; or remove it"),
        ('["Some Board"]', '["", "x"]', r"my_board\.toml:5: models = \['', 'x'\] should name at least one"),
        (
            '["Some Board"]',
            '"Some Board"',
            r"my_board\.toml:5: models = 'Some Board' should be a list of strings",
        ),
        ('["xnnpack"]', '["xnpack"]', r"my_board\.toml:6: delegates has 'xnpack'; known: xnnpack, edgetpu"),
        (
            '"ina3221"',
            '"none"',
            r"my_board\.toml:7: energy = 'none' should be one of .*; without a sensor, remove it",
        ),
        (
            "energy =",
            'usb_ids = ["0955"]\nenergy =',
            r"my_board\.toml:7: usb_ids has '0955', expected vid:pid as in",
        ),
        ("models", "model", r"my_board\.toml:5: unknown key 'model'; did you mean 'models'\?"),
        (
            '"linux"',
            '"cortex_m"',
            r"my_board\.toml:5: models belongs to boards with kind = 'linux'; remove it",
        ),
    ],
)
def test_a_mistake_in_a_linux_board_is_told_too(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert read_board(write(tmp_path, LINUX)).models == ("Some Board",)
    assert old in LINUX
    with pytest.raises(ConfigError, match=message):
        read_board(write(tmp_path, LINUX.replace(old, new, 1)))
