"""Which runtimes fit a board. Pure: the facts in, the choice or the reason against it out.

Source: the files of ai-edge-litert 1.4.0 and 2.3.0, of tflite-runtime 2.11.0 to 2.14.0 and of numpy that pip finds
for each version of Python, machine and C library.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.errors import DeviceError
from edgekit.provision.probe import BoardFacts

RUNTIMES = ("litert", "tflite_runtime", "edgekit")
"""In the order of preference."""
WANTED = ("auto", *RUNTIMES, "all")

PROGRAMS = {"aarch64": "linux_aarch64", "armv7l": "linux_armhf", "x86_64": "linux_x86_64"}
"""Builds of the C runtime by the board's architecture."""

_LITERT_GLIBC = (2, 17)
_TFLITE_GLIBC = {
    # Python: the oldest glibc on Arm, on x86-64
    (3, 7): ((2, 17), (2, 17)),  # 2.11.0
    (3, 8): ((2, 17), (2, 17)),  # 2.13.0; 2.14.0 from glibc 2.34 on, on x86-64 everywhere
    (3, 9): ((2, 17), (2, 17)),
    (3, 10): ((2, 17), (2, 17)),
    (3, 11): ((2, 34), (2, 17)),  # 2.14.0 only
}


@dataclass(frozen=True)
class Choice:
    runtime: str
    requirements: tuple[str, ...] = ()
    """For pip; a runtime that is a program has none."""
    from_board: tuple[str, ...] = ()
    """Packages that the board's own Python has and that no wheel brings."""
    program: str = ""
    """The build of the C runtime."""


def choose(name: str, facts: BoardFacts, wanted: str = "auto") -> tuple[Choice, ...]:
    """What to install, best first.

    Raises:
        DeviceError: what is wanted does not fit the board; says why, and what does.
    """
    found: list[Choice] = []
    reasons: list[str] = []
    for runtime in RUNTIMES if wanted in ("auto", "all") else (wanted,):
        choice = _CHOOSERS[runtime](facts)
        if isinstance(choice, str):
            reasons.append(f"{runtime}: {choice}")
            continue
        found.append(choice)
        if wanted != "all":
            break
    if found:
        return tuple(found)
    advice = "see `edgekit provision --help` for other runtimes"
    if wanted in ("auto", "all"):
        advice = "a board needs Linux on 64-bit Arm, Armv7 or x86-64"
    elif wanted != "edgekit" and facts.architecture in PROGRAMS:
        advice = f"`edgekit provision {name} --runtime edgekit` brings a program that needs nothing"
    raise DeviceError(f"no runtime for {name} ({describe(facts)}): {'; '.join(reasons)}; {advice}")


def describe(facts: BoardFacts) -> str:
    """The facts that decide, in one line."""
    python = f"Python {_dotted(facts.python.version)}" if facts.python else "no usable Python"
    libc = f"glibc {_dotted(facts.glibc)}" if facts.glibc else facts.libc
    return f"{facts.architecture}, {libc}, {python}"


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _litert(facts: BoardFacts) -> Choice | str:
    if facts.python is None:
        return facts.python_problem
    if facts.architecture not in ("aarch64", "x86_64"):
        return f"ai-edge-litert has no wheels for {facts.architecture}"
    if facts.python.version < (3, 10):
        return f"ai-edge-litert needs Python 3.10 or later, not {_dotted(facts.python.version)}"
    if facts.glibc is None or facts.glibc < _LITERT_GLIBC:
        return f"ai-edge-litert needs glibc {_dotted(_LITERT_GLIBC)} or later, not {facts.libc}"
    return Choice("litert", ("ai-edge-litert",))


def _tflite(facts: BoardFacts) -> Choice | str:
    python = facts.python
    if python is None:
        return facts.python_problem
    if facts.architecture not in ("aarch64", "armv7l", "x86_64"):
        return f"tflite-runtime has no wheels for {facts.architecture}"
    if python.version not in _TFLITE_GLIBC:
        return f"tflite-runtime needs Python 3.7 to 3.11, not {_dotted(python.version)}"
    needed = _TFLITE_GLIBC[python.version][facts.architecture == "x86_64"]
    if facts.glibc is None or facts.glibc < needed:
        return f"tflite-runtime needs glibc {_dotted(needed)} or later, not {facts.libc}"
    if facts.architecture == "armv7l":
        # numpy has no wheels for 32-bit Arm; Debian's package python3-numpy does.
        if python.numpy is None or python.numpy.split(".")[0] != "1":
            return (
                "tflite-runtime needs numpy 1 and there is none to download for 32-bit Arm; "
                f"the board has {python.numpy or 'none'} (on Debian: apt install python3-numpy)"
            )
        return Choice("tflite_runtime", ("tflite-runtime>=2.11",), from_board=("numpy",))
    # It was built against numpy 1, breaks on numpy 2 and does not say so.
    return Choice("tflite_runtime", ("tflite-runtime>=2.11", "numpy<2"))


def _program(facts: BoardFacts) -> Choice | str:
    program = PROGRAMS.get(facts.architecture)
    return Choice("edgekit", program=program) if program else f"there is no program for {facts.architecture}"


_CHOOSERS = {"litert": _litert, "tflite_runtime": _tflite, "edgekit": _program}
