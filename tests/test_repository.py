"""What holds for every file that is part of edgekit."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parent.parent
_MAX_LINES = 400
_MAX_TEST_LINES = 500
# Files that only work where they were written: somebody's own folders, somebody's own package index.
_PRIVATE = re.compile(
    r"(?<![\w.])/(?:work|root)/|/tmp/w/|\bindex[-_]url\s*=|https?://\S+/simple\b", re.IGNORECASE
)


def _files() -> list[Path]:
    """What git tracks or would take."""
    try:
        listed = subprocess.run(
            ["git", "-C", str(_ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return []
    paths = [_ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]
    return [path for path in paths if path.is_file()]


_FILES = _files()
_SOURCES = [path for path in _FILES if path.suffix in {".py", ".c", ".h", ".S", ".ld"}]

pytestmark = pytest.mark.skipif(not _FILES, reason="not a git checkout")


def test_no_text_file_names_a_machine_or_a_package_index() -> None:
    found = []
    for path in _FILES:
        if path == Path(__file__).resolve():
            continue
        content = path.read_bytes()
        if b"\0" not in content:
            found += [f"{path}: {match[0]}" for match in _PRIVATE.finditer(content.decode("utf-8"))]
    assert not found


def test_sources_stay_short_enough_to_be_read_in_one_go() -> None:
    lengths = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in _SOURCES}
    limits = {
        str(path): _MAX_TEST_LINES if path.is_relative_to(_ROOT / "tests") else _MAX_LINES
        for path in _SOURCES
    }
    assert lengths
    assert not {path: length for path, length in lengths.items() if length > limits[path]}


def test_scripts_are_executable_and_sound_bash() -> None:
    scripts = [path for path in _FILES if path.read_bytes().startswith(b"#!/usr/bin/env bash")]
    assert scripts
    for path in scripts:
        assert path.stat().st_mode & 0o111, f"{path} is not executable"
        subprocess.run(["bash", "-n", str(path)], check=True)
