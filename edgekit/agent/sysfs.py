"""Small files of the kernel, below any root: what cannot be read is empty or None, never an exception."""

from __future__ import annotations

import re
from pathlib import Path
from typing import List, Optional


def read_text(root: str, path: str) -> str:
    try:
        with Path(root, path).open("rb") as file:
            return file.read(65536).decode("utf-8", "replace").strip("\0 \t\r\n")
    except OSError:  # also EAGAIN from a thermal zone that is switched off
        return ""


def read_int(root: str, path: str) -> Optional[int]:
    text = read_text(root, path)
    return int(text) if re.match(r"-?\d+$", text) else None


def list_numbered(root: str, path: str, pattern: str) -> List[str]:
    """Names in a folder that match `pattern` whole, by the numbers in them."""
    try:
        names = [each.name for each in Path(root, path).iterdir() if re.match(pattern + "$", each.name)]
    except OSError:
        return []
    return sorted(names, key=lambda each: [int(number) for number in re.findall(r"\d+", each)])


def find_paths(root: str, pattern: str) -> List[str]:
    """Paths below `root`, relative to it, that match a glob pattern; sorted."""
    try:
        return sorted(str(each.relative_to(root)) for each in Path(root).glob(pattern))
    except OSError:
        return []
