"""Wheels unpacked into one tree and packed as one .tar.gz, the same bytes every time."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import tarfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from edgekit.errors import DataError

MAX_TREE_BYTES = 1 << 30
"""A runtime with numpy has about 120 MB."""


@dataclass(frozen=True)
class Tree:
    """What a folder on the board shall hold."""

    archive: bytes
    digest: str
    """sha256 over a line "sha256  name" for each file, in order of name."""
    num_files: int
    num_bytes: int
    """Unpacked."""


def pack_wheels(wheels: Iterable[Path]) -> Tree:
    """Raises DataError for what is no wheel, or one whose files want to be elsewhere."""
    files: dict[str, tuple[bytes, int]] = {}
    for wheel in wheels:
        for name, (data, mode) in _read_wheel(wheel).items():
            if name in files and files[name][0] != data:
                # Name space packages share empty files; two different ones would hide each other.
                raise DataError(
                    f"{wheel.name} and another wheel both hold {name}; use wheels of one index only"
                )
            files[name] = (data, mode)
    if sum(len(data) for data, _ in files.values()) > MAX_TREE_BYTES:
        raise DataError("the wheels hold more than 1 GiB together; that is no TFLite runtime")
    digest = tree_digest({name: hashlib.sha256(data).hexdigest() for name, (data, _) in files.items()})
    return Tree(_pack(files), digest, len(files), sum(len(data) for data, _ in files.values()))


def tree_digest(digests: dict[str, str]) -> str:
    """Of the sha256 of each file by name. The board works it out in the same way (board_scripts.py)."""
    lines = "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))
    return hashlib.sha256(lines.encode()).hexdigest()


def _read_wheel(wheel: Path) -> dict[str, tuple[bytes, int]]:
    files: dict[str, tuple[bytes, int]] = {}
    try:
        with zipfile.ZipFile(wheel) as archive:
            if sum(each.file_size for each in archive.infolist()) > MAX_TREE_BYTES:
                raise DataError(
                    f"{wheel.name} unpacks to more than 1 GiB; that is no part of a TFLite runtime"
                )
            for entry in archive.infolist():
                name = _place(wheel, entry.filename)
                if entry.is_dir() or name is None:
                    continue
                files[name] = (archive.read(entry), 0o700 if entry.external_attr >> 16 & 0o100 else 0o600)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise DataError(
            f"{wheel.name} is no wheel that can be unpacked: {error}; delete it and run again"
        ) from error
    return files


def _place(wheel: Path, name: str) -> str | None:
    """Where a file of a wheel goes under the folder; None for what nobody needs there: scripts, headers."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or not name.isprintable():
        raise DataError(f"{wheel.name} holds a file named {name!r}; refused")
    if re.fullmatch(r"[^/]+\.data", parts[0]):
        if len(parts) < 3 or parts[1] not in ("purelib", "platlib"):
            return None
        parts = parts[2:]
    if "__pycache__" in parts:
        return None  # numpy 1.26 has one; Python on the board writes its own, so digests leave them out
    return "/".join(parts)


def _pack(files: dict[str, tuple[bytes, int]]) -> bytes:
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=6, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in sorted(files):
            data, mode = files[name]
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), mode
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()
