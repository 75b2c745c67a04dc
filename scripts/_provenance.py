"""What figures were measured with."""

from __future__ import annotations

import subprocess
from pathlib import Path


def commit() -> str | None:
    """Names the commit of this checkout, marked if the tree has changes of its own; None without git."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        found = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return found.stdout.strip() or None
