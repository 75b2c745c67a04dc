"""`edgekit` as a person types it, in a folder of its own with a farm.toml that names an emulated board."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs

from edgekit.farm import Device


class CommandLine:
    """`edgekit` with a farm.toml that names the board `pi`."""

    def __init__(self, device: Device, folder: Path, **others: dict[str, Any]) -> None:
        """`others` are devices like it but for these settings."""
        self.folder = folder
        self._number = itertools.count()
        lines = []
        for name, settings in {"pi": {}, **others}.items():
            lines += [
                f"[devices.{name}]",
                f'board = "{device.board.name}"',
                f'transport = "{device.transport}"',
            ]
            settings = {**device.settings, **settings}
            lines += [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
        (folder / "farm.toml").write_text("\n".join(lines) + "\n")
        self.environment = os.environ | {
            "EDGEKIT_FARM": str(folder / "farm.toml"),
            # No ~/.ssh of whoever runs the tests; what is downloaded and built stays where it is.
            "HOME": str(folder),
            "XDG_CACHE_HOME": str(platformdirs.user_cache_path()),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }

    def __call__(self, *arguments: str, status: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "edgekit", *arguments], cwd=self.folder, env=self.environment,
            capture_output=True, text=True, timeout=500, check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stderr
        return done.stdout if status == 0 else done.stderr

    @contextmanager
    def start(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Killed at the end of the block if it still runs."""
        with subprocess.Popen(
            [sys.executable, "-m", "edgekit", *arguments], cwd=self.folder, env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            try:
                yield process
            finally:
                process.kill()

    def bench(self, model: str, runtime: str, device: str = "pi") -> dict[str, Any]:
        arguments = ["bench", model, "--on", device, "--runtime", runtime, "--runs", "3", "--json"]
        out = f"results-{next(self._number)}"
        (result,) = json.loads(self(*arguments, "--out", out))
        assert isinstance(result, dict)
        return result
