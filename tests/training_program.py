"""Programs that train, each in a process of its own, so that TensorFlow does not get into pytest's."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).resolve().parents[1]
TRAINING_ENVIRONMENT = {
    "PYTHONPATH": str(_ROOT),
    "PATH": os.environ.get("PATH", os.defpath),
    # Models this small gain nothing from a second thread, and tests run side by side.
    "EDGEKIT_TRAIN_THREADS": "1",
}
_NEEDED = ("tensorflow", "tf_keras", "tensorflow_model_optimization", "sklearn")


def require_training() -> None:
    """Skips the test where edgekit[train] is not installed."""
    missing = [each for each in _NEEDED if importlib.util.find_spec(each) is None]
    if missing:
        pytest.skip(f"needs edgekit[train]: {', '.join(missing)}")


def run_training_program(
    program: str,
    folder: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    timeout_s: float = 580,
) -> dict[str, Any]:
    """Runs Python source, or the module of that name in this checkout, and returns the JSON of its last line."""
    require_training()
    is_module = program.isidentifier() or program.replace(".", "").isidentifier()
    if not is_module:
        (folder / "program.py").write_text(program)
    result = subprocess.run(
        [sys.executable, *(["-m", program] if is_module else ["program.py"]), *arguments],
        capture_output=True,
        text=True,
        cwd=_ROOT if is_module else folder,
        env={**TRAINING_ENVIRONMENT, **(environment or {})},
        timeout=timeout_s,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found
