"""A root file system as one file that a kernel unpacks into memory: cpio in its "newc" format.

Source: the kernel's Documentation/driver-api/early-userspace/buffer-format.rst.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

# Nobody reads or compiles on the board; what is left fits into memory twice while it is unpacked.
_LEFT_OUT = re.compile(
    r"boot/|usr/lib/modules/|usr/lib/linux-image|usr/share/(doc|man|locale|info|i18n|perl|bash-completion)/"
    r"|usr/lib/[^/]+/(perl|gconv)|usr/lib/[^/]*/libicu|usr/lib/systemd/|var/(lib|cache)/(apt|dpkg)/|.*/__pycache__/"
)


def write_initramfs(path: Path, rootfs: Path, extra: dict[str, tuple[bytes, int]]) -> None:
    """`extra` files have content and mode, and replace what the root file system has there."""
    with path.open("wb") as file:
        writer = _Writer(file)
        for name, status in _walk(rootfs):
            if name in extra or _LEFT_OUT.match(f"{name}/" if stat.S_ISDIR(status.st_mode) else name):
                continue
            place = rootfs / name
            if stat.S_ISDIR(status.st_mode):
                writer.add(name, b"", status.st_mode)
            elif stat.S_ISLNK(status.st_mode):
                writer.add(name, os.fsencode(place.readlink()), status.st_mode)
            elif stat.S_ISREG(status.st_mode):
                writer.add(name, place.read_bytes(), status.st_mode)
        for folder in _folders(extra):
            if not (rootfs / folder).is_dir() or _LEFT_OUT.match(f"{folder}/"):
                writer.add(folder, b"", stat.S_IFDIR | 0o755)
        for name, (data, mode) in extra.items():
            writer.add(name, data, stat.S_IFREG | mode)
        # The kernel opens it for the first process, before that can mount anything.
        writer.add("dev/console", b"", stat.S_IFCHR | 0o600, device=(5, 1))
        writer.add("TRAILER!!!", b"", 0)


def _walk(rootfs: Path) -> Iterator[tuple[str, os.stat_result]]:
    for folder, folders, files in os.walk(rootfs):
        for name in sorted(folders) + sorted(files):
            path = Path(folder, name)
            yield str(path.relative_to(rootfs)), path.lstat()


def _folders(names: Iterable[str]) -> list[str]:
    found = {str(each) for name in names for each in Path(name).parents if str(each) != "."}
    return sorted(found, key=lambda each: (each.count("/"), each))


class _Writer:
    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._number = file, 0

    def add(self, name: str, data: bytes, mode: int, device: tuple[int, int] = (0, 0)) -> None:
        self._number += 1
        encoded = name.encode() + b"\0"
        fields = (self._number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0)
        # Header and name together end on a multiple of four, and so does the content.
        for part in (b"070701" + b"".join(b"%08X" % each for each in fields) + encoded, data):
            self._file.write(part + bytes(-len(part) % 4))


def find_modules(rootfs: Path, names: Iterable[str]) -> list[Path]:
    """Kernel modules and what they need, in the order to load them; what is built into the kernel is no file."""
    files = {
        each.name.partition(".ko")[0].replace("-", "_"): each
        for each in rootfs.glob("usr/lib/modules/*/kernel/**/*.ko")
    }
    order: list[Path] = []

    def visit(name: str) -> None:
        path = files.get(name.replace("-", "_"))
        if path is None or path in order:
            return
        needs = re.search(rb"\0depends=([^\0]*)", path.read_bytes())
        for each in needs[1].decode().split(",") if needs else []:
            visit(each)
        order.append(path)

    for name in names:
        visit(name)
    return order
