"""No interval is measured with a clock that somebody can set."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import edgekit

ROOT = Path(edgekit.__file__).parent
SOURCES = sorted(
    path for folder in ("agent", "wire", "bench", "transports", ".") for path in (ROOT / folder).glob("*.py")
)
# When a result was made is for people, and nothing is computed from it.
ALLOWED = {("bench/runner.py", "datetime.now")}


def wall_clocks(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            name = f"{node.value.id}.{node.attr}"
            if name in ("time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "time.localtime"):
                yield name
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (f"time.{each.name}" for each in node.names if each.name in ("time", "time_ns"))


@pytest.mark.parametrize(
    "source",
    ["import time\ntime.time()", "from time import time_ns", "f = datetime.now", "x = time.localtime()"],
)
def test_a_wall_clock_would_be_found(source: str) -> None:
    assert len(list(wall_clocks(source))) == 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_only_monotonic_clocks_are_read(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    found = {each for each in wall_clocks(path.read_text(encoding="utf-8")) if (name, each) not in ALLOWED}
    assert found == set()
