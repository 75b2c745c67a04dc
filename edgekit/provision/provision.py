"""Provisioning from beginning to end: probe, choose, download, upload, verify; and its undoing."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from edgekit.deadline import Deadline
from edgekit.errors import DeadlineError, DeviceError, LinkError, MissingDependencyError, UsageError
from edgekit.farm import Device, locked
from edgekit.firmware import build_linux_program
from edgekit.provision.archive import pack_wheels
from edgekit.provision.board import BoardShell
from edgekit.provision.choose import RUNTIMES, Choice, choose, describe
from edgekit.provision.install import (
    ShowProgress,
    install_program,
    install_tree,
    is_intact,
    kept_path,
    prepare,
    put_back,
    uninstall,
    whose,
    write_record,
)
from edgekit.provision.probe import BoardFacts, probe
from edgekit.provision.record import PROGRAM_NAME, Entry, Record, read_record
from edgekit.provision.tags import target_of
from edgekit.provision.verify import verify
from edgekit.provision.wheels import Request, fetch_wheels
from edgekit.ssh_connection import open_ssh
from edgekit.ssh_probe import ask, check_machine

Say = Callable[[str], None]


@dataclass(frozen=True)
class Provisioned:
    """One runtime that is on the board now, and has been tried."""

    runtime: str
    path: str
    packages: tuple[str, ...]
    bytes_sent: int
    """0: it was there already."""
    name: str
    """As the runtime calls itself."""


@dataclass(frozen=True)
class Options:
    wanted: str = "auto"
    wheels: Path | None = None
    """A folder to take wheels from, in place of pip's index and the cache."""


@dataclass(frozen=True)
class _Job:
    """What does not change from one runtime to the next."""

    board: BoardShell
    facts: BoardFacts
    options: Options
    deadline: Deadline
    say: Say
    show: ShowProgress


def provision(
    device: Device, options: Options, deadline: Deadline, say: Say, show: ShowProgress
) -> list[Provisioned]:
    """Brings what is wanted to the board, repairs what is damaged there, leaves alone what is right.

    Raises:
        EdgekitError: says what is in the way. What was begun is undone, but for the part of an upload that a
            broken connection or the deadline cut off: the next run continues it.
    """
    with _connected(device, deadline) as board:
        answer = ask(device.name, board.client, board.python, deadline)
        check_machine(device.name, device.board, device.settings, answer)
        facts = probe(device.name, board.client, board.python, deadline)
        say(f"{device.name}: {describe(facts)}")
        choices = choose(device.name, facts, options.wanted)
        record = read_record(device.name, board.client, deadline)
        whose(board, record.folder, deadline)
        if not facts.writable:
            raise DeviceError(
                f"{facts.parent} on {device.name} cannot be written to by this account; set XDG_DATA_HOME there to a "
                "folder that can (in ~/.ssh/environment or sshd's SetEnv), or remount the disk"
            )
        job = _Job(board, facts, options, deadline, say, show)
        first = record
        done: list[tuple[Entry, int]] = []
        try:
            for choice in choices:
                entry, sent, record = _ensure(job, choice, record)
                done.append((entry, sent))
            default = _default(options.wanted, choices[0].runtime, record.default, facts)
            if default != record.default:
                record = replace(record, default=default)
                write_record(board, record, deadline)
        except BaseException as error:
            if not isinstance(error, LinkError | DeadlineError):  # after these, an upload can be continued
                _tidy(board, record)
            raise
        results = []
        for entry, sent in done:
            with show(f"trying {entry.runtime} with a model whose answer is known", None):
                try:
                    name = verify(device, entry.runtime, deadline)
                except BaseException:
                    if sent:
                        _take_back(board, first, entry)
                    raise
            results.append(Provisioned(entry.runtime, record.path_of(entry), entry.packages, sent, name))
        board.remove(f"{record.folder}/incoming")
        return results


def remove(device: Device, deadline: Deadline) -> str | None:
    """Removes all of edgekit from the board; returns the folder it was in, or None if there was nothing.

    Raises:
        DeviceError: the folder is not edgekit's own, or cannot be removed.
    """
    with _connected(device, deadline) as board:
        record = read_record(device.name, board.client, deadline)
        return record.folder if uninstall(board, record, deadline) else None


@contextlib.contextmanager
def _connected(device: Device, deadline: Deadline) -> Iterator[BoardShell]:
    if device.transport != "ssh":
        raise UsageError(
            f"{device.name} is reached by {device.transport}; provisioning is for Linux boards over ssh"
        )
    with locked(device, deadline):
        client = open_ssh(device.name, device.settings, deadline)
        with contextlib.closing(client):
            yield BoardShell(device.name, client, str(device.settings.get("python", "python3")))


def _ensure(job: _Job, choice: Choice, record: Record) -> tuple[Entry, int, Record]:
    """The entry, the bytes sent for it (0 if it was right already), and the record with it."""
    make = _ensure_program if choice.runtime == "edgekit" else _ensure_tree
    return make(job, choice, record)


def _ensure_program(job: _Job, choice: Choice, record: Record) -> tuple[Entry, int, Record]:
    board, deadline = job.board, job.deadline
    there = record.entries.get("edgekit")
    intact = there is not None and is_intact(board, record, there, deadline)
    try:
        program = build_linux_program(choice.program).read_bytes()
    except MissingDependencyError as error:
        if there is not None and intact:
            job.say(f"{error}; what is on {board.name} is intact and stays")
            return there, 0, record
        raise
    digest = hashlib.sha256(program).hexdigest()
    if there is not None and intact and there.digest == digest:
        return there, 0, record
    if there is not None:
        job.say(
            f"the edgekit runtime on {board.name} is {'of other sources' if intact else 'damaged'}: replacing it"
        )
    entry = Entry("edgekit", PROGRAM_NAME, digest, build=choice.program)
    record = prepare(board, record, job.facts.parent, deadline)
    before = there if intact else None
    sent = install_program(board, record, entry, program, before, deadline, job.show)
    record = record.with_entry(entry)
    write_record(board, record, deadline)
    return entry, sent, record


def _ensure_tree(job: _Job, choice: Choice, record: Record) -> tuple[Entry, int, Record]:
    board, deadline = job.board, job.deadline
    target = target_of(job.facts)
    there = record.entries.get(choice.runtime)
    right = there is not None and there.abi == target.abi and is_intact(board, record, there, deadline)
    if there is not None and right and job.options.wheels is None:
        return there, 0, record
    request = Request(choice.requirements, target, choice.from_board)
    with job.show(f"getting the wheels of {choice.runtime}", None):
        wheels = fetch_wheels(request, deadline, job.options.wheels, job.say)
    tree = pack_wheels(wheels)
    if there is not None and right and there.digest == tree.digest:
        return there, 0, record
    if there is not None:
        why = "of another version" if right else "damaged, or for another Python"
        job.say(f"{choice.runtime} on {board.name} is {why}: replacing it")
    packages = tuple(" ".join(each.name.split("-")[:2]) for each in wheels)
    folder = next(each.replace(" ", "-") for each in packages if each.startswith(_package(choice)))
    entry = Entry(choice.runtime, f"site/{folder}", tree.digest, packages, target.abi)
    record = prepare(board, record, job.facts.parent, deadline)
    sent = install_tree(board, record, entry, tree, there if right else None, deadline, job.show)
    if there is not None and not right and there.path != entry.path:
        board.remove(record.path_of(there))
    record = record.with_entry(entry)
    write_record(board, record, deadline)
    return entry, sent, record


def _package(choice: Choice) -> str:
    return {"litert": "ai_edge_litert", "tflite_runtime": "tflite_runtime"}[choice.runtime]


def _default(wanted: str, best: str, before: str, facts: BoardFacts) -> str:
    """The runtime that is used when nobody names one; "" lets the agent take what it finds."""
    if wanted in ("auto", "all"):
        return best
    if best == "edgekit":
        return before or ("edgekit" if facts.python is None else "")
    return min(before or best, best, key=RUNTIMES.index)


def _tidy(board: BoardShell, record: Record) -> None:
    """After a failure: nothing is left but what was right before."""
    board.remove(f"{record.folder}/incoming")
    with contextlib.suppress(Exception):
        grace = Deadline(20.0)
        now = read_record(board.name, board.client, grace)
        if not now.entries:
            uninstall(board, now, grace)


def _take_back(board: BoardShell, first: Record, entry: Entry) -> None:
    """A runtime that does not work is not left for others to find; one that it replaced is, as it was in `first`."""
    grace = Deadline(20.0)
    with contextlib.suppress(Exception):
        now = read_record(board.name, board.client, grace)
        default = first.default if now.default == entry.runtime else now.default
        before = first.entries.get(entry.runtime)
        if before is not None and board.exists(kept_path(now, entry.runtime), grace):
            put_back(board, replace(now, default=default), entry, before, grace)
        else:
            board.remove(now.path_of(entry))
            default = "" if default == entry.runtime else default
            write_record(board, replace(now.without_entry(entry.runtime), default=default), grace)
    _tidy(board, first)
