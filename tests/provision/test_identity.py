from __future__ import annotations

import contextlib
from typing import Any

import pytest

from edgekit.board import load_board
from edgekit.deadline import Deadline
from edgekit.errors import ConnectError
from edgekit.farm import Device
from edgekit.provision.provision import Options, provision


def test_a_board_under_a_wrong_name_is_not_provisioned(
    ssh_server: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    ssh_server.trust()
    device = Device("nano", load_board("jetson_nano"), "ssh", ssh_server.settings)
    with pytest.raises(
        ConnectError, match="but its board is jetson_nano, which is 'NVIDIA Jetson Nano Developer Kit'"
    ):
        provision(device, Options(), Deadline(60), print, lambda *_: contextlib.nullcontext(lambda n=1: None))
    assert not (ssh_server.folder / "data").exists()
