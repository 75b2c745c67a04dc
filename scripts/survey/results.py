"""What was measured, kept as JSON: one file for each data set."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

from _provenance import commit

from edgekit import __version__
from edgekit.files import write_atomically
from edgekit.tensorflow_setup import num_threads, package_versions
from survey.tasks import Task


class Results:
    """Runs by row and seed. Each is written at once, so that nothing is lost when a long run is stopped."""

    def __init__(self, path: Path, task: Task) -> None:
        self._path = path
        self._content: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"rows": {}}
        self._content["task"] = asdict(task)

    def has(self, row: str, seed: int) -> bool:
        return str(seed) in self._content["rows"].get(row, {})

    def add(self, row: str, seed: int, figures: dict[str, Any]) -> None:
        versions = {"edgekit": __version__, "python": platform.python_version(), **package_versions()}
        self._content["versions"] = versions
        made = {"commit": commit(), "num_threads": num_threads()}
        self._content["rows"].setdefault(row, {})[str(seed)] = {**figures, **made}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._path, json.dumps(self._content, indent=1, sort_keys=True) + "\n")
