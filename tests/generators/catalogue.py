"""All generated cases: `CASES` maps the name of a kernel file to the strategy that draws models for it.

Every module of this folder that registers cases is found here by being there.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from tests.generators.single_operator import CASES

__all__ = ["CASES"]

for _path in sorted(Path(__file__).parent.glob("*.py")):
    if _path.stem not in ("__init__", "catalogue"):
        importlib.import_module(f"tests.generators.{_path.stem}")
