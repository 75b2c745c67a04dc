"""Asks machines over SSH what they are, many at once, with nothing but a shell on the other side."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import paramiko

from edgekit.board_identity import check_board, check_identity, fitting_boards, known_identity
from edgekit.console import printable
from edgekit.deadline import Deadline
from edgekit.errors import ConnectError
from edgekit.ssh_connection import open_ssh
from edgekit.ssh_files import run_command

if TYPE_CHECKING:
    from edgekit.board import Board
    from edgekit.farm import Device

# The prefix tells our lines from those of a login script. Without getconf, the shell's own ELF header
# knows the bits, and Python the C library.
_SCRIPT = r"""
say() { printf 'edgekit %s=%s\n' "$1" "$2"; }
say machine "$(uname -m)"
say kernel "$(uname -r)"
for f in /sys/firmware/devicetree/base/model /proc/device-tree/model /sys/class/dmi/id/product_name; do
  [ -r "$f" ] && say model "$(tr -d '\000' < "$f")" && break
done
bits=$(getconf LONG_BIT 2>/dev/null)
[ -n "$bits" ] || case "$(od -An -tu1 -j4 -N1 /bin/sh 2>/dev/null)" in *1*) bits=32 ;; *2*) bits=64 ;; esac
say bits "$bits"
say os "$(sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null | tr -d '"')"
libc=$(getconf GNU_LIBC_VERSION 2>/dev/null)
[ -n "$libc" ] || libc=$("$1" -I -c 'import os; print(os.confstr("CS_GNU_LIBC_VERSION"))' 2>/dev/null)
[ -n "$libc" ] || for f in /lib/ld-musl-*.so.1; do [ -e "$f" ] && libc=musl; done
say libc "$libc"
say python "$("$1" --version 2>&1)"
say machine_id "$(cat /etc/machine-id 2>/dev/null)"
"""


@dataclass(frozen=True)
class Answer:
    """What a machine says of itself; "" where it does not know."""

    model: str
    machine: str
    bits: int | None
    os: str
    kernel: str
    libc: str
    python: str
    identity: str

    @property
    def boards(self) -> list[str]:
        """Board files that fit it, the one made for it first."""
        return fitting_boards(self.model, self.machine, self.bits)


def probe(name: str, settings: Mapping[str, Any], deadline: Deadline) -> Answer:
    """Asks for no passphrase.

    Raises:
        ConnectError: it cannot be reached, lets nobody in, or has no shell.
    """
    client = open_ssh(name, settings, deadline, may_ask=False)
    try:
        return ask(name, client, str(settings.get("python", "python3")), deadline)
    finally:
        client.close()


def ask(name: str, client: paramiko.SSHClient, python: str, deadline: Deadline) -> Answer:
    """The same over a connection that is open.

    Raises:
        ConnectError: there is no shell that answers.
    """
    _, output, errors = run_command(client, ["sh", "-c", _SCRIPT, "sh", python], deadline)
    lines = (line.removeprefix("edgekit ") for line in output.splitlines() if line.startswith("edgekit "))
    found = {key: printable(value) for key, _, value in (line.partition("=") for line in lines)}
    if not found.get("machine"):
        raise ConnectError(f"{name} has no shell that answers: {printable(errors) or 'it said nothing'}")
    bits, machine_id, version = found.get("bits", ""), found.get("machine_id", ""), found.get("python", "")
    return Answer(
        found.get("model", ""),
        found["machine"],
        int(bits) if bits.isdigit() else None,
        found.get("os", ""),
        found.get("kernel", ""),
        found.get("libc", ""),
        version.removeprefix("Python ") if version.startswith("Python ") else "",
        # As the agent does it, so that the two can be compared.
        hashlib.sha256(b"edgekit " + machine_id.encode()).hexdigest()[:32] if machine_id else "",
    )


def check_machine(name: str, board: Board, settings: Mapping[str, Any], answer: Answer) -> None:
    """Raises ConnectError if it is another kind of board than farm.toml says, or another machine than before."""
    check_board(name, board, answer.model, answer.machine, answer.bits)
    check_identity(name, settings, answer.identity)


def probe_all(devices: Iterable[Device], timeout_s: float) -> dict[str, Answer | str]:
    """By name of the device; a string says why there is no answer. Takes no longer than `timeout_s`."""
    whole = Deadline(timeout_s)
    found: dict[str, Answer | str] = {}

    def ask(device: Device) -> None:
        try:
            # A little less, so that a step that gives up can still say what it waited for.
            found[device.name] = probe(device.name, device.settings, Deadline(0.9 * timeout_s))
        except Exception as error:  # a cell of the table, whatever it was
            found[device.name] = printable(error, 400) or type(error).__name__

    # Daemons: looking up a name cannot be interrupted, and nobody waits for it.
    threads = [(each.name, threading.Thread(target=ask, args=(each,), daemon=True)) for each in devices]
    for _, thread in threads:
        thread.start()
    for _, thread in threads:
        thread.join(whole.remaining_s())
    return {name: found.get(name, f"no answer within {timeout_s:g} s") for name, _ in threads}


def verdict(device: Device, answer: Answer) -> str:
    """Whether farm.toml is right about the device, in a few words."""
    try:
        check_board(device.name, device.board, answer.model, answer.machine, answer.bits)
    except ConnectError:
        fitting = " or ".join(f'board = "{each}"' for each in answer.boards)
        return f"not {device.board.name}; set {fitting}" if fitting else f"not {device.board.name}"
    known = known_identity(device.name, device.settings)
    if known and answer.identity and known != answer.identity:
        return f"another machine than before; `edgekit trust {device.name}` if it was replaced"
    own = answer.boards[0] if device.board.name.startswith("generic_") else device.board.name
    return (
        "fits"
        if own.startswith("generic_") or own == device.board.name
        else f'fits; board = "{own}" says more'
    )
