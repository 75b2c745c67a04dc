"""The frequency governor: set for a measurement, and put back whatever happens to who set it.

Before anything is changed, the old values go into a file in edgekit's private folder on the board. Who holds its lock
will put them back; an agent that starts and can take the lock finds what a killed one left, and puts it back.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shlex
from pathlib import Path
from typing import Dict, List, Optional

from edgekit.agent.clocks import CPUS
from edgekit.agent.sysfs import list_numbered, read_text

FILE_NAME = "governor.json"


class GovernorError(Exception):
    """The governor cannot be set; the message says why and what to do."""


def private_folder() -> Path:
    """Where on the board everything of edgekit lives."""
    data = os.environ.get("XDG_DATA_HOME", "")
    base = Path(data) if data.startswith("/") else Path("~").expanduser() / ".local" / "share"
    return base / "edgekit"


class Governor:
    """All processors' governors below `root`; `folder` keeps the note of what they were."""

    def __init__(self, root: str = "/", folder: Optional[Path] = None) -> None:
        self._root = root
        self._file = (private_folder() if folder is None else folder) / FILE_NAME
        self._lock: Optional[int] = None

    @property
    def is_set(self) -> bool:
        return self._lock is not None

    def set(self, name: str) -> Dict[str, str]:
        """Returns what each processor had. Setting it again keeps what was there the first time.

        Raises:
            GovernorError: there is none to set, this one is not offered, or it may not be written; all is as it was.
        """
        before = self._read_all()
        if not before:
            raise GovernorError("this board has no frequency governor that could be set (no cpufreq)")
        for path in before:
            offered = read_text(self._root, path.replace("scaling_governor", "scaling_available_governors"))
            if offered and name not in offered.split():
                raise GovernorError(f"the governor {name} is not offered; expected one of: {offered}")
        if not self.is_set:
            self._note(before)
        try:
            for path in before:
                self._write(path, name)
        except OSError as error:
            self.restore()
            raise GovernorError(self._refused(name, error)) from error
        return before

    def restore(self) -> List[str]:
        """Puts back what was noted and forgets it; returns the processors' files that could not be written."""
        if self._lock is None:
            return []
        failed = self._put_back()
        self._forget()
        return failed

    def restore_leftover(self) -> bool:
        """Puts back what a killed agent has noted. False if there is nothing, or its owner is still alive."""
        if not self._file.exists() or self.is_set or not self._take_lock(create=False):
            return False
        self._put_back()
        self._forget()
        return True

    def _read_all(self) -> Dict[str, str]:
        paths = [
            f"{CPUS}/{cpu}/cpufreq/scaling_governor" for cpu in list_numbered(self._root, CPUS, r"cpu\d+")
        ]
        found = {path: read_text(self._root, path) for path in paths}
        return {path: value for path, value in found.items() if value}

    def _note(self, before: Dict[str, str]) -> None:
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.restore_leftover()
            if not self._take_lock(create=True):
                raise GovernorError(
                    "another edgekit holds the governor of this board; run again when it has ended"
                )
            assert self._lock is not None  # noqa: S101 - taken above
            note = {"boot": self._boot(), "before": before}
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, json.dumps(note).encode(), 0)
            os.fsync(self._lock)
        except OSError as error:
            self._forget()
            raise GovernorError(
                f"cannot note the old governor in {self._file} ({error.strerror}), so it was left as it is; "
                "make that folder writable"
            ) from error

    def _take_lock(self, create: bool) -> bool:
        try:
            handle = os.open(str(self._file), os.O_RDWR | (os.O_CREAT if create else 0) | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return False
        self._lock = handle
        return True

    def _put_back(self) -> List[str]:
        assert self._lock is not None  # noqa: S101 - whoever calls holds it
        try:
            note = json.loads(os.pread(self._lock, 65536, 0).decode())
            before, boot = dict(note["before"]), note["boot"]
        except (ValueError, KeyError, TypeError):
            return []  # cut off while it was written, which is before anything was changed
        if boot != self._boot():
            return []  # starting has put back what the system wants
        failed = []
        for path, value in before.items():
            try:
                self._write(str(path), str(value))
            except OSError:
                failed.append(str(path))
        return failed

    def _forget(self) -> None:
        with contextlib.suppress(OSError):
            self._file.unlink()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        with contextlib.suppress(OSError):
            self._file.parent.rmdir()  # ours alone if there is nothing else in it

    def _write(self, path: str, value: str) -> None:
        if not path.startswith(CPUS) or ".." in path:
            raise PermissionError(f"{path} is no governor")
        # O_TRUNC is nothing to sysfs and everything to a plain file.
        handle = os.open(str(Path(self._root, path)), os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
        try:
            os.write(handle, value.encode())
        finally:
            os.close(handle)

    def _boot(self) -> str:
        return read_text(self._root, "proc/sys/kernel/random/boot_id")

    def _refused(self, name: str, error: OSError) -> str:
        files = f"/{CPUS}/cpu*/cpufreq/scaling_governor"
        return (
            f"the governor may not be set ({error.strerror}); on the board run: "
            f"echo {shlex.quote(name)} | sudo tee {files}"
        )
