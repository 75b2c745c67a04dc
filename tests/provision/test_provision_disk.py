"""A disk that is full, or cannot be written to, in each phase of provisioning."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edgekit.errors import DeviceError
from edgekit.farm import Device
from tests.provision.boards import BALLAST, device_at, files_below, run, serve_with
from tests.provision.fake_wheels import build_runtime


@pytest.fixture
def small_disk(ssh_server: Any) -> Iterator[Path]:
    """The board's data folder as a disk of 4 MiB."""
    place = Path(ssh_server.folder) / "data"
    place.mkdir()
    mount(["-t", "tmpfs", "-o", "size=4m,mode=700", "none"], place)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def mount(options: list[str], place: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    done = subprocess.run(["mount", *options, str(place)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"this sandbox cannot mount: {done.stderr.strip()}")


def test_a_disk_that_is_too_small_is_told_before_anything_is_sent(
    device: Device, small_disk: Path, wheels: Path
) -> None:
    build_runtime(wheels, ballast=BALLAST)
    with pytest.raises(
        DeviceError, match=r"disk of pi is full: 4\.0 MiB free in .*, needed are 13\.\d MiB; make room"
    ):
        run(device, "auto", wheels)
    assert files_below(small_disk) == []


@pytest.mark.parametrize("sftp", [True, False])
def test_a_disk_that_fills_up_meanwhile_is_one_clear_sentence(
    ssh_server: Any, small_disk: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch, sftp: bool
) -> None:
    monkeypatch.setattr("edgekit.provision.install._require_room", lambda *_: None)
    build_runtime(wheels, ballast=BALLAST * 2)
    changes = {} if sftp else {"Subsystem sftp internal-sftp\n": ""}
    with (
        serve_with(ssh_server, changes) as port,
        pytest.raises(
            DeviceError, match=r"the disk of pi is full \(.* free\): uploading .* failed; make room"
        ),
    ):
        run(device_at(ssh_server, port), "auto", wheels)
    assert files_below(small_disk) == []


def test_a_disk_that_is_full_while_unpacking_is_one_clear_sentence(
    device: Device, small_disk: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgekit.provision.install._require_room", lambda *_: None)
    build_runtime(wheels, ballast=bytes(8_000_000))
    with pytest.raises(
        DeviceError, match=r"the disk of pi is full.*unpacking failed; make room and run again"
    ):
        run(device, "auto", wheels)
    assert files_below(small_disk) == []


def test_a_read_only_home_is_one_clear_sentence(device: Device, small_disk: Path, wheels: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(
        DeviceError, match=r"/data on pi cannot be written to by this account; set XDG_DATA_HOME"
    ):
        run(device, "auto", wheels)
