"""A folder of results: which requests it has answers to, and names that never collide."""

from __future__ import annotations

import re
from pathlib import Path

from edgekit.bench.result import BenchmarkResult
from edgekit.bench.result_file import read_result, write_result
from edgekit.errors import ResultError

_DIGEST_DIGITS = 10


class ResultFolder:
    """Results by the digest of what was asked for. Files that are not results are left alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files: dict[str, Path] = {}
        self._results: dict[str, BenchmarkResult] = {}
        for file in sorted(path.glob("*.json")) if path.is_dir() else ():
            try:
                result = read_result(file)
            except ResultError:
                continue
            self._files[result.request_digest] = file
            self._results[result.request_digest] = result

    def find(self, digest: str) -> tuple[Path, BenchmarkResult] | None:
        """The complete result of this request; an incomplete one has to be measured again."""
        result = self._results.get(digest)
        return (self._files[digest], result) if result is not None and result.complete else None

    def save(self, result: BenchmarkResult) -> Path:
        """Raises DataError if it cannot be written; then what was there before stays."""
        digest = result.request_digest
        path = self._files.get(digest) or self._free_path(result)
        write_result(result, path)
        self._files[digest], self._results[digest] = path, result
        return path

    def partial_path(self, result_name: str, device: str, digest: str) -> Path:
        """Where the outputs of a request wait for the rest of its evaluation set."""
        return (
            self.path
            / f"{file_stem(result_name)}__{file_stem(device)}__{digest[:_DIGEST_DIGITS]}.partial.npz"
        )

    def _free_path(self, result: BenchmarkResult) -> Path:
        """`model__device.json`, or with the request's digest where another request has that name."""
        stem = f"{file_stem(result.model.name)}__{file_stem(result.device)}"
        plain = self.path / f"{stem}.json"
        return (
            plain
            if not plain.exists()
            else self.path / f"{stem}__{result.request_digest[:_DIGEST_DIGITS]}.json"
        )


def file_stem(name: str) -> str:
    """`name` with everything that a shell or a file system may stumble over replaced."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._")[:80] or "unnamed"
