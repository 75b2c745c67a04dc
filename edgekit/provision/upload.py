"""A large file onto a board: in parts that a cut connection does not lose, and compared by its hash there."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from typing import Any

import paramiko

from edgekit.deadline import Deadline
from edgekit.errors import DeadlineError, DeviceError, LinkError
from edgekit.provision.board import STALL_S, BoardShell
from edgekit.provision.board_scripts import APPEND, EMPTY, SIZE
from edgekit.ssh_files import SftpOffError, open_sftp

_CHUNK_BYTES = 32768


def send_file(
    board: BoardShell,
    path: str,
    data: bytes,
    deadline: Deadline,
    progress: Callable[[int], object] | None = None,
) -> int:
    """Makes `path` on the board hold `data`, continuing what a cut upload left there; returns the bytes sent.

    Raises:
        DeviceError: the disk is full, or what arrived is not what was sent; then the file is gone.
        LinkError, DeadlineError: the connection broke, or the time is up; what arrived stays, for the next try.
    """
    advance = progress or (lambda _: None)
    offset = _resume_at(board, path, data, deadline)
    if offset == 0:
        board.run(EMPTY, path, doing="making a file", deadline=deadline)
    advance(offset)
    try:
        if offset < len(data):
            _append(board, path, data, offset, deadline, advance)
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise _explain(board, path, len(data), error, deadline) from error
    found = board.hash(path, deadline)
    if found == hashlib.sha256(data).hexdigest():
        return len(data) - offset
    if board.is_connected():
        if found is None:
            board.remove(path)
            raise DeviceError(
                f"{board.name} has nothing that works out a sha256 (sha256sum, busybox, openssl, python3); "
                "install one of them: nothing is used unverified"
            )
        if _size(board, path, deadline) < len(data):
            raise _explain(board, path, len(data), OSError("the file is too short"), deadline)
        board.remove(path)
    raise DeviceError(
        f"what arrived on {board.name} is not what was sent (sha256 differs); is its disk failing? run again"
    )


def _size(board: BoardShell, path: str, deadline: Deadline) -> int:
    words = board.run(SIZE, path, doing="looking for a part", deadline=deadline).split()
    return int(words[-1]) if words and words[-1].isdecimal() else 0


def _resume_at(board: BoardShell, path: str, data: bytes, deadline: Deadline) -> int:
    size = _size(board, path, deadline)
    if 0 < size <= len(data) and board.hash(path, deadline) == hashlib.sha256(data[:size]).hexdigest():
        return size
    return 0


def _append(
    board: BoardShell,
    path: str,
    data: bytes,
    offset: int,
    deadline: Deadline,
    advance: Callable[[int], object],
) -> None:
    try:
        with contextlib.closing(open_sftp(board.client, deadline)) as sftp:
            _append_by_sftp(sftp, path, data, offset, deadline, advance)
    except SftpOffError:
        _append_by_command(board, path, data, offset, deadline, advance)


def _append_by_sftp(
    sftp: Any, path: str, data: bytes, offset: int, deadline: Deadline, advance: Callable[[int], object]
) -> None:
    channel = sftp.get_channel()
    with sftp.open(path, "r+b") as file:
        file.set_pipelined(True)  # else every part waits for its answer: minutes over a slow line
        file.seek(offset)
        for start in range(offset, len(data), _CHUNK_BYTES):
            deadline.check("uploading")
            channel.settimeout(max(0.1, min(STALL_S, deadline.remaining_s())))
            part = data[start : start + _CHUNK_BYTES]
            file.write(part)
            advance(len(part))


def _append_by_command(
    board: BoardShell,
    path: str,
    data: bytes,
    offset: int,
    deadline: Deadline,
    advance: Callable[[int], object],
) -> None:
    board.pour(APPEND, path, data[offset:], deadline, advance)


def _explain(
    board: BoardShell, path: str, num_bytes: int, error: BaseException, deadline: Deadline
) -> DeviceError:
    if deadline.expired():
        return DeadlineError(
            f"gave up after {deadline.timeout_s:g} s while uploading to {board.name}; what has arrived is kept: run "
            "again, with a longer --timeout"
        )
    if isinstance(error, TimeoutError) or not board.answers(deadline):
        return LinkError(
            f"lost the connection to {board.name} while uploading; check its power and the network and run again: "
            "what has arrived is kept"
        )
    # While the file is there: without it the disk has room again.
    reason = str(error) or "no reason given"
    explained = board.explain_write(f"uploading {num_bytes} bytes", reason, path, deadline)
    board.remove(path)
    return explained
