from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import edgekit
from edgekit.agent_bundle import build_agent


def test_the_bundle_is_the_same_bytes_every_time() -> None:
    script = (
        "import sys; from edgekit.agent_bundle import build_agent; sys.stdout.buffer.write(build_agent())"
    )
    root = Path(edgekit.__file__).parents[1]
    again = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, cwd=root, env={"PYTHONHASHSEED": "7"}
    )
    assert again.stdout == build_agent()


def test_the_bundle_holds_wire_and_agent_and_nothing_else() -> None:
    root = Path(edgekit.__file__).parent
    expected = {
        f"edgekit/{part}/{path.name}" for part in ("agent", "wire") for path in (root / part).glob("*.py")
    }
    with zipfile.ZipFile(io.BytesIO(build_agent())) as archive:
        assert set(archive.namelist()) == {"__main__.py", "edgekit/__init__.py", *expected}
        assert archive.read("edgekit/__init__.py").decode() == f'__version__ = "{edgekit.__version__}"\n'
