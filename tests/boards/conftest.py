"""The emulated boards as fixtures; tests of other folders import them from here."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.boards.user_board import UserBoard, running_board, why_not


def _board(architecture: str) -> Iterator[UserBoard]:
    reason = why_not(architecture)
    if reason is not None:
        pytest.skip(f"no emulated {architecture} board: {reason}")
    folder = Path(tempfile.mkdtemp(prefix=f"edgekit-{architecture}-"))
    try:
        folder.chmod(0o755)  # the board's user must get through to its home
        with pytest.MonkeyPatch.context() as patch, running_board(folder, architecture) as board:
            # Nothing of the person who runs the tests may help.
            patch.delenv("SSH_AUTH_SOCK", raising=False)
            yield board
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def arm64_board() -> Iterator[UserBoard]:
    """A 64-bit board for the tests of one file; what they leave in its home stays until the last of them."""
    yield from _board("arm64")


@pytest.fixture(scope="module")
def armhf_board() -> Iterator[UserBoard]:
    """The same with 32 bits, for tests that are marked `boards`."""
    yield from _board("armhf")
