"""`edgekit bench` as the tests of this folder call it."""

from __future__ import annotations

from pathlib import Path

from edgekit.bench.result import BenchmarkResult
from edgekit.bench.result_file import read_result
from edgekit.cli import main


def bench(tmp_path: Path, *arguments: object) -> int:
    return main(["bench", *map(str, arguments), "--out", str(tmp_path / "out")])


def written(tmp_path: Path) -> dict[str, BenchmarkResult]:
    return {path.name: read_result(path) for path in (tmp_path / "out").glob("*.json")}
