from __future__ import annotations

import pytest

from edgekit.errors import DeviceError
from edgekit.firmware import linux_programs
from edgekit.provision.choose import PROGRAMS, RUNTIMES, choose
from edgekit.provision.probe import BoardFacts, BoardPython


def board(
    machine: str = "aarch64",
    python: tuple[int, int] | None = (3, 11),
    glibc: tuple[int, int] | None = (2, 36),
    bits: int = 64,
    numpy: str | None = None,
) -> BoardFacts:
    found = None if python is None else BoardPython(python, "cp{}{}".format(*python), bits, numpy)
    libc = "musl" if glibc is None else "glibc {}.{}".format(*glibc)
    problem = "" if found else "cannot run python3: not found"
    return BoardFacts(machine, bits, glibc, libc, found, problem, "/home/x/edgekit", "/home/x", True, None)


BOARDS = {
    "Raspberry Pi OS bookworm": (board(), ["litert", "tflite_runtime", "edgekit"]),
    "JetPack 6": (board(python=(3, 10), glibc=(2, 35)), ["litert", "tflite_runtime", "edgekit"]),
    "JetPack 5": (board(python=(3, 8), glibc=(2, 31)), ["tflite_runtime", "edgekit"]),
    "JetPack 4": (board(python=(3, 6), glibc=(2, 27)), ["edgekit"]),
    "Coral Dev Board": (board(python=(3, 7), glibc=(2, 28)), ["tflite_runtime", "edgekit"]),
    "32-bit Raspberry Pi OS": (
        board(bits=32, numpy="1.24.2"),
        ["tflite_runtime", "edgekit"],
    ),
    "32-bit without numpy": (board("armv7l", bits=32), ["edgekit"]),
    "32-bit with numpy 2": (board("armv7l", bits=32, numpy="2.2.4"), ["edgekit"]),
    "a PC": (board("x86_64", (3, 13), (2, 41)), ["litert", "edgekit"]),
    "an old PC": (board("x86_64", (3, 11), (2, 17)), ["litert", "tflite_runtime", "edgekit"]),
    "Python 3.11 on bullseye": (board(glibc=(2, 31)), ["litert", "edgekit"]),
    "Alpine": (board(glibc=None), ["edgekit"]),
    "no Python": (board(python=None), ["edgekit"]),
    "ancient": (board(glibc=(2, 5)), ["edgekit"]),
}


@pytest.mark.parametrize("name", BOARDS)
def test_each_board_gets_what_fits_it(name: str) -> None:
    facts, fitting = BOARDS[name]
    assert [each.runtime for each in choose("pi", facts, "all")] == fitting
    assert [each.runtime for each in choose("pi", facts)] == fitting[:1]
    for runtime in RUNTIMES:
        if runtime in fitting:
            assert [each.runtime for each in choose("pi", facts, runtime)] == [runtime]
        else:
            with pytest.raises(DeviceError, match=rf"no runtime for pi .*{runtime}: .*--runtime edgekit"):
                choose("pi", facts, runtime)


def test_tflite_runtime_never_comes_with_numpy_2() -> None:
    (choice,) = choose("pi", board(), "tflite_runtime")
    assert "numpy<2" in choice.requirements
    (choice,) = choose("pi", board("armv7l", bits=32, numpy="1.26.4"), "tflite_runtime")
    assert choice.from_board == ("numpy",)
    assert not any("numpy" in each for each in choice.requirements)


@pytest.mark.parametrize("facts", [board("armv6l", bits=32), board("riscv64"), board("x86_64", bits=32)])
def test_a_processor_that_nothing_is_made_for_is_one_clear_sentence(facts: BoardFacts) -> None:
    with pytest.raises(
        DeviceError, match=r"no runtime for pi \(.*there is no program for .*64-bit Arm, Armv7 or x86-64"
    ):
        choose("pi", facts)


def test_every_program_is_for_some_board() -> None:
    assert sorted(PROGRAMS.values()) == linux_programs()
