"""One runtime onto one board: uploaded, unpacked beside its place, renamed into it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import PurePosixPath

from edgekit.console import Advance
from edgekit.deadline import Deadline
from edgekit.errors import DeviceError
from edgekit.provision.archive import Tree
from edgekit.provision.board import BoardShell
from edgekit.provision.board_scripts import (
    MAKE_FOLDERS,
    PUT_IN_PLACE,
    REMOVE_IF_EMPTY,
    TREE_DIGEST,
    UNPACK,
    WHOSE,
    WRITE_RECORD,
)
from edgekit.provision.record import Entry, Record
from edgekit.provision.upload import send_file
from edgekit.units import format_bytes

ShowProgress = Callable[[str, int | None], AbstractContextManager[Advance]]
_SPARE_BYTES = 8 << 20
"""What a small board should keep, and what blocks and folders take."""


def whose(board: BoardShell, folder: str, deadline: Deadline) -> str:
    """ "absent" or "ours".

    Raises:
        DeviceError: something of somebody else is there, which is left alone.
    """
    words = board.run(WHOSE, folder, doing="looking at the folder", deadline=deadline).strip().split(" ", 1)
    if words[0] in ("absent", "ours"):
        return words[0]
    raise DeviceError(
        f"{folder} on {board.name} is not edgekit's own: it {words[-1]}; it is left alone: move it away, or set "
        "XDG_DATA_HOME there to another folder"
    )


def prepare(board: BoardShell, record: Record, parent: str, deadline: Deadline) -> Record:
    """Makes the folders, and the record first of all, so that what follows can be known as ours and removed.

    `parent` is the deepest folder that exists.
    """
    missing = _between(parent, record.folder)
    record_path = f"{record.folder}/provision.json"
    made = record.made or tuple(missing[:-1])
    record = Record(record.folder, record.entries, record.default, made)
    board.run(MAKE_FOLDERS, record_path, *missing, doing="making the folder", deadline=deadline)
    write_record(board, record, deadline)
    board.run(
        MAKE_FOLDERS,
        record_path,
        *(f"{record.folder}/{each}" for each in ("site", "incoming")),
        doing="making the folder",
        deadline=deadline,
    )
    return record


def _between(parent: str, folder: str) -> list[str]:
    """The folders to make, outermost first."""
    missing = []
    path = PurePosixPath(folder)
    while str(path) != parent and path != path.parent:
        missing.append(str(path))
        path = path.parent
    return missing[::-1]


def write_record(board: BoardShell, record: Record, deadline: Deadline) -> None:
    path = f"{record.folder}/provision.json"
    board.run(WRITE_RECORD, path, doing="writing the record", deadline=deadline, stdin=record.pack())


def is_intact(board: BoardShell, record: Record, entry: Entry, deadline: Deadline) -> bool:
    """Whether every byte is as it was uploaded."""
    path = record.path_of(entry)
    if entry.runtime == "edgekit":
        return board.hash(path, deadline) == entry.digest
    output = board.run_python(TREE_DIGEST, path, doing="comparing hashes", deadline=deadline)
    return output.strip() == entry.digest


def kept_path(record: Record, runtime: str) -> str:
    """Where the working runtime that is being replaced waits until the new one has been tried."""
    return f"{record.folder}/incoming/{runtime}.old"


def install_tree(
    board: BoardShell,
    record: Record,
    entry: Entry,
    tree: Tree,
    before: Entry | None,
    deadline: Deadline,
    show: ShowProgress,
) -> int:
    """Returns the bytes sent. `before`, the one that works so far, is kept at `kept_path`."""
    archive = f"{record.folder}/incoming/{hashlib.sha256(tree.archive).hexdigest()}.part"
    fresh = f"{record.folder}/incoming/{entry.runtime}.new"
    _require_room(board, record.folder, len(tree.archive) + tree.num_bytes, deadline)
    with show(f"uploading {entry.runtime} ({format_bytes(len(tree.archive))})", len(tree.archive)) as advance:
        sent = send_file(board, archive, tree.archive, deadline, advance)
    with show(f"unpacking {tree.num_files} files on {board.name}", None):
        try:
            board.run_python(UNPACK, archive, fresh, tree.digest, doing="unpacking", deadline=deadline)
            _put_in_place(board, record, fresh, entry, before, deadline)
        except DeviceError:
            board.remove(archive, fresh)
            raise
    board.remove(archive)
    return sent


def install_program(
    board: BoardShell,
    record: Record,
    entry: Entry,
    program: bytes,
    before: Entry | None,
    deadline: Deadline,
    show: ShowProgress,
) -> int:
    """Returns the bytes sent. `before` as for `install_tree`."""
    part = f"{record.folder}/incoming/{entry.digest}.part"
    _require_room(board, record.folder, len(program), deadline)
    with show(f"uploading the edgekit runtime ({format_bytes(len(program))})", len(program)) as advance:
        sent = send_file(board, part, program, deadline, advance)
    try:
        board.run('chmod 700 "$1"', part, doing="making it executable", deadline=deadline)
        _put_in_place(board, record, part, entry, before, deadline)
    except DeviceError:
        board.remove(part)
        raise
    return sent


def _put_in_place(
    board: BoardShell, record: Record, fresh: str, entry: Entry, before: Entry | None, deadline: Deadline
) -> None:
    keep = kept_path(record, entry.runtime) if before is not None else ""
    moves = [(fresh, record.path_of(entry), keep)]
    if before is not None and before.path != entry.path:
        moves = [(fresh, record.path_of(entry), ""), (record.path_of(before), keep, "")]
    for move in moves:
        board.run(PUT_IN_PLACE, *move, doing="renaming", deadline=deadline)


def put_back(board: BoardShell, record: Record, entry: Entry, before: Entry, deadline: Deadline) -> None:
    """`before` works again in place of `entry`."""
    board.remove(record.path_of(entry))
    keep = kept_path(record, entry.runtime)
    board.run(
        PUT_IN_PLACE, keep, record.path_of(before), "", doing="putting back what was there", deadline=deadline
    )
    write_record(board, record.with_entry(before), deadline)


def _require_room(board: BoardShell, folder: str, num_bytes: int, deadline: Deadline) -> None:
    free = board.free_bytes(folder, deadline)
    if free is not None and free < num_bytes + _SPARE_BYTES:
        raise DeviceError(
            f"the disk of {board.name} is full: {format_bytes(free)} free in {folder}, needed are "
            f"{format_bytes(num_bytes + _SPARE_BYTES)}; make room, or set XDG_DATA_HOME there to a larger disk"
        )


def uninstall(board: BoardShell, record: Record, deadline: Deadline) -> bool:
    """Removes all of edgekit from the board, and the folders that were made for it if they are empty.

    Returns whether there was anything.

    Raises:
        DeviceError: the folder is somebody else's.
    """
    if whose(board, record.folder, deadline) == "absent":
        return False
    board.run('rm -rf -- "$1"', record.folder, doing="removing", deadline=deadline, patience_s=120.0)
    if record.made:
        board.run(REMOVE_IF_EMPTY, *reversed(record.made), doing="removing folders", deadline=deadline)
    return True
