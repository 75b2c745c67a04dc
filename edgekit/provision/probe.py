"""What a board is and has, asked with one script that changes nothing on it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import paramiko

from edgekit.deadline import Deadline
from edgekit.errors import DeviceError
from edgekit.ssh_files import run_command

# Every answer is a line "edgekit NAME VALUE"; whatever else a login script prints is passed over.
_SCRIPT = r"""
LC_ALL=C; export LC_ALL
say() { printf 'edgekit %s %s\n' "$1" "$2"; }
say machine "$(uname -m 2>/dev/null)"
say bits "$(getconf LONG_BIT 2>/dev/null)"
libc=$(getconf GNU_LIBC_VERSION 2>/dev/null)
[ -n "$libc" ] || libc=$(ldd --version 2>&1 | sed -n 1p)
case $libc in
  glibc*|*musl*|*GLIBC*|*GNU\ libc*) ;;
  *) for each in /lib/ld-musl-*.so.1; do [ -e "$each" ] && libc=musl; done ;;
esac
say libc "$libc"
say python "$("$1" -I -c "$2" 2>&1 | tail -n 3 | tr '\n' ' ')"
case ${XDG_DATA_HOME:-} in /*) data=$XDG_DATA_HOME ;; *) data=$HOME/.local/share ;; esac
say folder "$data/edgekit"
there=$data/edgekit
while [ ! -d "$there" ] && [ "$there" != / ] && [ "$there" != . ]; do there=$(dirname "$there"); done
say parent "$there"
[ -w "$there" ] && say writable yes
say free "$(df -Pk "$there" 2>/dev/null | tail -n 1)"
say end .
"""
# For any Python from 3.4 on: the point is to learn which one it is.
_PYTHON = """\
import sys, json, os, struct
facts = {"version": list(sys.version_info[:3]), "bits": struct.calcsize("P") * 8}
facts["implementation"] = sys.implementation.name
try:
    facts["libc"] = os.confstr("CS_GNU_LIBC_VERSION")
except (ValueError, OSError):
    pass
facts["abi"] = "cp%d%d%s" % (sys.version_info[0], sys.version_info[1], getattr(sys, "abiflags", ""))
try:
    import numpy
    facts["numpy"] = numpy.__version__
except BaseException:
    pass
print("facts=" + json.dumps(facts))
"""
_PYTHON_PATIENCE_S = 60.0


@dataclass(frozen=True)
class BoardPython:
    version: tuple[int, int]
    abi: str
    """As wheels name it: "cp311", "cp37m"."""
    bits: int
    numpy: str | None = None
    """Its version, if this Python has it of its own."""


@dataclass(frozen=True)
class BoardFacts:
    machine: str
    """As `uname -m` prints it: "aarch64", "armv7l", "x86_64"."""
    bits: int
    """Of user space, which may be 32 under a 64-bit kernel."""
    glibc: tuple[int, int] | None
    """None: musl, or unknown."""
    libc: str
    python: BoardPython | None
    python_problem: str
    """Why there is no usable Python; "" if there is one."""
    folder: str
    """Where all of edgekit's files on the board go."""
    parent: str
    """The deepest folder above it (or itself) that exists."""
    writable: bool
    free_bytes: int | None

    @property
    def architecture(self) -> str:
        """Of user space: "aarch64", "armv7l", "x86_64", or what `uname -m` says."""
        machine = {"arm64": "aarch64", "armv8l": "armv7l", "amd64": "x86_64"}.get(self.machine, self.machine)
        if self.bits == 32:
            return {"aarch64": "armv7l", "x86_64": "i686"}.get(machine, machine)
        return machine


def probe(name: str, client: paramiko.SSHClient, python: str, deadline: Deadline) -> BoardFacts:
    """Asks the board.

    Raises:
        DeviceError: it answers nothing that makes sense, or its Python hangs.
    """
    command = ["sh", "-c", _SCRIPT, "sh", python, _PYTHON]
    status, output, errors = run_command(client, command, deadline, patience_s=_PYTHON_PATIENCE_S)
    return parse_probe(name, python, output, errors or f"status {status}")


def parse_probe(name: str, python: str, output: str, errors: str = "") -> BoardFacts:
    """Raises DeviceError for output that is not that of the script."""
    answers: dict[str, str] = {}
    for line in output.splitlines():
        found = re.fullmatch(r"edgekit (\w+) ?(.*)", line.strip("\r"))
        if found:
            answers.setdefault(found[1], found[2].strip())
    needed = ("machine", "libc", "python", "folder", "parent", "free", "end")
    missing = [each for each in needed if each not in answers]
    if missing:
        shown = (output.strip() or errors or "nothing").splitlines()[-1][:200]
        raise DeviceError(
            f"{name} does not say what it is: its shell answered {shown!r} and no {', '.join(missing)}; edgekit "
            f"needs an account with a POSIX shell: try `ssh … sh -c 'uname -m'` by hand"
        )
    machine = answers["machine"]
    if not re.fullmatch(r"[A-Za-z0-9_.-]{2,20}", machine):
        raise DeviceError(
            f"{name} calls its processor {machine[:40]!r}, expected a word like aarch64; does `uname -m` work there?"
        )
    for key in ("folder", "parent"):
        if not answers[key].startswith("/") or not answers[key].isprintable():
            raise DeviceError(
                f"{name} has {answers[key][:80]!r} for a home folder, expected an absolute path; set HOME there"
            )
    found_python, problem, libc = _parse_python(python, answers["python"])
    bits = found_python.bits if found_python else _number(answers.get("bits", ""))
    libc = libc or answers["libc"]
    return BoardFacts(
        machine=machine,
        bits=bits or (64 if machine in ("aarch64", "arm64", "x86_64", "amd64") else 32),
        glibc=_parse_glibc(libc),
        libc=libc[:80] or "unknown",
        python=found_python,
        python_problem=problem,
        folder=answers["folder"],
        parent=answers["parent"],
        writable=answers.get("writable") == "yes",
        free_bytes=_parse_free(answers["free"]),
    )


def _parse_python(python: str, answer: str) -> tuple[BoardPython | None, str, str]:
    """The Python, or why there is none, and the C library it names."""
    found = re.search(r"facts=(\{.*\})", answer)
    try:
        facts = json.loads(found[1]) if found else None
        if facts is None:
            return None, f"cannot run {python}: {answer[-160:] or 'it prints nothing'}", ""
        major, minor = int(facts["version"][0]), int(facts["version"][1])
        bits, abi = int(facts["bits"]), str(facts["abi"])
        numpy, libc = facts.get("numpy"), facts.get("libc")
        if facts["implementation"] != "cpython":
            return None, f"{python} is {facts['implementation']}, there are wheels for CPython only", ""
        if bits not in (32, 64) or not re.fullmatch(r"cp\d{2,3}[a-z]{0,3}", abi):
            raise ValueError(abi)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        return None, f"{python} says what cannot be understood: {answer[-160:]}", ""
    numpy = numpy if isinstance(numpy, str) and re.fullmatch(r"[0-9][0-9A-Za-z.+]{0,30}", numpy) else None
    return BoardPython((major, minor), abi, bits, numpy), "", libc if isinstance(libc, str) else ""


def _parse_glibc(text: str) -> tuple[int, int] | None:
    """From "glibc 2.36" or the first line of `ldd --version`: "ldd (Debian GLIBC 2.36-9) 2.36"."""
    if "musl" in text:
        return None
    found = re.fullmatch(r"glibc (\d{1,2})\.(\d{1,3})(\..*)?", text) or (
        re.search(r"(\d{1,2})\.(\d{1,3})()$", text) if re.search(r"GLIBC|GNU libc", text) else None
    )
    return (int(found[1]), int(found[2])) if found else None


def _parse_free(line: str) -> int | None:
    """Bytes from the last line of `df -Pk`; names of devices and folders may hold blanks."""
    found = re.search(r"\s\d+\s+-?\d+\s+(-?\d+)\s+\d+%\s", line)
    return max(0, int(found[1])) * 1024 if found else None


def _number(text: str) -> int:
    return int(text) if text in ("32", "64") else 0
