"""Writing files so that a reader, or a full disk, never meets half of one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from edgekit.errors import DataError


def write_atomically(path: Path, data: bytes | str) -> None:
    """Writes beside `path` and renames over it; on failure the old file stays and nothing else is left.

    A link is followed, and what is no regular file (a pipe, /dev/stdout) is written to where it is.

    Raises:
        DataError: the folder cannot be made or the file cannot be written (no space, no permission).
    """
    content = data.encode() if isinstance(data, str) else data
    temporary: str | None = None
    try:
        if path.is_symlink():
            path = path.resolve()
        if path.exists() and not path.is_file():
            path.write_bytes(content)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes private files; results and artifacts are meant to be shared like any other file.
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
        temporary = None
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror or error}; nothing was changed") from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
