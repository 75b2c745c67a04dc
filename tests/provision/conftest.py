from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgekit.errors import MissingDependencyError
from edgekit.farm import Device
from edgekit.firmware import build_linux_program
from edgekit.provision import provision
from tests.provision.boards import device_at
from tests.provision.fake_wheels import build_runtime


@pytest.fixture(scope="session")
def program() -> Path:
    """Built before a test moves the home folder, and with it what was built before."""
    try:
        return build_linux_program("linux_x86_64")
    except MissingDependencyError as error:
        pytest.skip(str(error))


@pytest.fixture
def built_program(program: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(provision, "build_linux_program", lambda _: program)
    return program


@pytest.fixture
def device(ssh_server: Any) -> Device:
    """The loopback server as a device whose key is trusted, with this Python, which has numpy."""
    return device_at(ssh_server)


@pytest.fixture
def folder(ssh_server: Any) -> Path:
    """edgekit's own on the "board"."""
    return Path(ssh_server.folder) / "data/edgekit"


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder with the wheels of a runtime that knows one answer."""
    return build_runtime(tmp_path / "wheels")
