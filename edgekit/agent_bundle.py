"""The agent as one file: a zip that Python runs, built on the host, the same bytes every time."""

from __future__ import annotations

import functools
import io
import zipfile
from pathlib import Path

import edgekit
import edgekit.agent
import edgekit.wire

BUNDLE_NAME = "edgekit_agent.pyz"

_MAIN = "from edgekit.agent.__main__ import main\n\nmain()\n"


@functools.cache
def build_agent() -> bytes:
    """A zipapp of edgekit/wire and edgekit/agent; the board needs nothing else of edgekit."""
    files = {"__main__.py": _MAIN, "edgekit/__init__.py": f'__version__ = "{edgekit.__version__}"\n'}
    for package in (edgekit.wire, edgekit.agent):
        folder = Path(str(package.__file__)).parent
        for path in folder.glob("*.py"):
            files[f"edgekit/{folder.name}/{path.name}"] = path.read_text(encoding="utf-8")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()
