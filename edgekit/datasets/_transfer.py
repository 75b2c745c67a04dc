"""One file over HTTP into a part file, resumed where it was cut."""

from __future__ import annotations

import contextlib
import http.client
import re
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from edgekit import __version__
from edgekit.console import Advance, note, progress
from edgekit.errors import DataError
from edgekit.units import format_bytes

_CHUNK_BYTES = 1 << 18
_STALL_TIMEOUT_S = 30.0
_MAX_FAILURES = 5  # in a row, without a byte more than before
_PAUSE_S = 1.0
_RETRIED_STATUSES = {408, 429, 500, 502, 503, 504}


class NotReachableError(Exception):
    """The address gave nothing at all; the message says why."""


class _Transfer:
    def __init__(self, url: str, part: Path) -> None:
        self.url = url
        self.part = part
        # What the server called the version that the part file is of; another version cannot be appended.
        self.validator_file = part.with_name(f"{part.name}.version")
        self._advance: Advance | None = None
        self._shown = 0

    def offset(self) -> int:
        """How many bytes are there to go on from; 0 if nobody knows of which version they are."""
        if not self.part.is_file() or not self.validator_file.is_file():
            return 0
        return self.part.stat().st_size

    def run_once(self, stack: ExitStack) -> bool:
        """One request; returns whether the file is whole now."""
        offset = self.offset()
        headers = {"User-Agent": f"edgekit/{__version__}", "Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
            headers["If-Range"] = self.validator_file.read_text(encoding="utf-8")
        request = urllib.request.Request(self.url, headers=headers)  # noqa: S310, http(s) is checked before
        try:
            # A new opener each time looks at the proxies that the environment names now.
            response = urllib.request.build_opener().open(request, timeout=_STALL_TIMEOUT_S)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 416 and offset:
                    # The part is as long as the file, or longer: only from the beginning can we tell.
                    if error.headers.get("Content-Range", "") == f"bytes */{offset}":
                        return True
                    self.discard()
                    return False
                if error.code in _RETRIED_STATUSES:
                    raise ConnectionError(f"the server answered {error.code} {error.reason}") from error
                raise NotReachableError(f"the server answered {error.code} {error.reason}") from error
        with response:
            start = _range_start(response) if response.status == 206 else 0
            if start not in (0, offset):
                self.discard()
                return False
            length = response.headers.get("Content-Length")
            total = start + int(length) if length and length.isdigit() else None
            self._show(stack, start, total)
            self._receive(response, start, total)
        return total is None or self.part.stat().st_size == total

    def _show(self, stack: ExitStack, position: int, total: int | None) -> None:
        if self._advance is None:
            size = f" ({format_bytes(total)})" if total is not None else ""
            self._advance = stack.enter_context(progress(f"downloading {self.url}{size}", total))
        self._advance(position - self._shown)
        self._shown = position

    def _receive(self, response: Any, start: int, total: int | None) -> None:
        with _disk_errors(self.part):
            free = shutil.disk_usage(self.part.parent).free
            if total is not None and total - start > free:
                raise DataError(
                    f"no space for {self.url} in {self.part.parent}: it needs {format_bytes(total - start)} more "
                    f"and {format_bytes(free)} are free; make room, or set XDG_CACHE_HOME to a larger disk"
                )
            if start == 0:
                self.discard()
                validator = response.headers.get("ETag", "")
                if not validator or validator.startswith("W/"):
                    validator = response.headers.get("Last-Modified", "")
                if validator:
                    self.validator_file.write_text(validator, encoding="utf-8")
        with contextlib.closing(_open_part(self.part, start)) as file:
            while chunk := response.read1(
                _CHUNK_BYTES
            ):  # what has come so far, so that a stall loses nothing
                with _disk_errors(self.part, self.discard):
                    left = memoryview(chunk)
                    while left:
                        left = left[file.write(left) :]
                self._show_received(len(chunk))

    def _show_received(self, num_bytes: int) -> None:
        assert self._advance is not None  # noqa: S101
        self._advance(num_bytes)
        self._shown += num_bytes

    def discard(self) -> None:
        self.part.unlink(missing_ok=True)
        self.validator_file.unlink(missing_ok=True)


def transfer(url: str, part: Path) -> None:
    """Downloads `url` into `part`, going on from what is there if the server still has the same version.

    A transfer that is cut is resumed until it stands still; what has arrived then stays for the next time.

    Raises:
        NotReachableError: nothing could be received, or only so much before the connection was lost for good.
        DataError: the disk is full or cannot be written; what was received is removed then.
    """
    job = _Transfer(url, part)
    start = farthest = job.offset()
    failures = 0
    with ExitStack() as stack:
        while True:
            unconnected = False
            try:
                if job.run_once(stack):
                    job.validator_file.unlink(missing_ok=True)
                    return
                reason = "the connection was cut"
            except urllib.error.URLError as error:
                reason = str(getattr(error.reason, "strerror", None) or error.reason)
                unconnected = True
            except (OSError, http.client.HTTPException) as error:
                reason = str(error) or type(error).__name__
            received = part.stat().st_size if part.is_file() else 0
            failures = 1 if received > farthest else failures + 1
            # With no connection from the first there is nothing to wait for.
            if failures > _MAX_FAILURES or (unconnected and farthest == start):
                raise NotReachableError(reason)
            farthest = max(farthest, received)
            note(f"{url}: {reason} after {format_bytes(received)}; trying again")
            time.sleep(_PAUSE_S * failures)


def _range_start(response: Any) -> int:
    match = re.fullmatch(r"bytes (\d+)-\d+/(?:\d+|\*)", response.headers.get("Content-Range", "").strip())
    return int(match[1]) if match else -1


def _open_part(part: Path, start: int) -> Any:
    with _disk_errors(part):
        # Unbuffered: what does not fit is known when it is written, not when the file is closed.
        return part.open("ab" if start else "wb", buffering=0)


@contextlib.contextmanager
def _disk_errors(part: Path, undo: Any = None) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if undo is not None:
            undo()
        raise DataError(
            f"cannot write {part}: {error.strerror or error}; nothing is left of it; make room or permit writing "
            "there, or set XDG_CACHE_HOME to another disk"
        ) from error
