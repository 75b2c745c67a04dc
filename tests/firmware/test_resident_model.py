"""Firmware that carries one model: on the emulated boards, and what it takes of flash next to the usual stack."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edgekit import farm
from edgekit.board import load_board
from edgekit.deadline import Deadline
from edgekit.errors import ConnectError, EdgekitError, RemoteError
from edgekit.firmware import build_firmware
from edgekit.host_runtime import HostRuntime
from edgekit.session import DeviceSession
from edgekit.tflite_model import read_model
from edgekit.toml_file import read_toml
from edgekit.wire.codes import Capability, Kind, Status
from tests.firmware.conftest import BOARDS
from tests.firmware.reference import random_input
from tests.generators.networks import build_small_network

FIRMWARE = Path(__file__).parents[2] / "firmware"
PEERS = read_toml(FIRMWARE / "peers.toml").content
FLASH_LIMIT = 0.5
"""Of what TensorFlow Lite Micro with CMSIS-NN takes for the same model."""


@contextlib.contextmanager
def open_with_model(board: str, model: Path) -> Iterator[DeviceSession]:
    for program in ("qemu-system-arm", "arm-none-eabi-gcc"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    elf = build_firmware(board, model=model).elf
    device = farm.Device(board, load_board(board), "virtual", {"elf": str(elf)})
    with farm.connect(device, Deadline(60.0)) as session:
        yield session


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "a model.tflite"
    path.write_bytes(build_small_network(seed=11))
    return path


@pytest.fixture
def deadline() -> Deadline:
    return Deadline(120.0)


@pytest.mark.parametrize("board", BOARDS)
def test_a_resident_model_runs_without_an_upload(board: str, model: Path, deadline: Deadline) -> None:
    data = model.read_bytes()
    value = random_input(read_model(data).inputs[0], np.random.default_rng(1))
    host = HostRuntime(data)
    host.invoke([value])
    with open_with_model(board, model) as session:
        assert Capability.RESIDENT in session.hello.capabilities
        assert session.hello.model_capacity == 0
        session.write_input(0, value.tobytes(), deadline)
        session.invoke(deadline)
        assert session.read_output(0, 10, deadline) == host.tensor(1, 0).tobytes()
        assert session.stats(deadline)["arena_bytes"] == host.report.arena_bytes


def test_a_session_loads_a_resident_model_as_any_other(model: Path, deadline: Deadline) -> None:
    data = model.read_bytes()
    with open_with_model("qemu_mps2_an386", model) as session:
        sent = session.bytes_sent
        assert session.load(data, deadline).arena_bytes == HostRuntime(data).report.arena_bytes
        assert session.bytes_sent - sent < 100
        with pytest.raises(ConnectError, match="carries the model with sha256"):
            session.load(build_small_network(seed=12), deadline)


@pytest.mark.parametrize("kind", [Kind.LOAD_BEGIN, Kind.LOAD_DATA])
def test_a_resident_model_cannot_be_replaced(model: Path, deadline: Deadline, kind: Kind) -> None:
    with open_with_model("qemu_mps2_an386", model) as session:
        with pytest.raises(RemoteError) as caught:
            session._command(kind, bytes(36), deadline, "trying")
        assert caught.value.status == Status.BAD_STATE
        assert session.invoke(deadline)


def test_only_the_kernels_of_the_model_are_linked(model: Path) -> None:
    if shutil.which("arm-none-eabi-nm") is None:
        pytest.skip("arm-none-eabi-nm is not installed")
    elf = build_firmware("qemu_mps2_an386", model=model).elf
    symbols = subprocess.run(
        ["arm-none-eabi-nm", str(elf)], capture_output=True, text=True, check=True
    ).stdout
    every = {each.stem for each in (FIRMWARE / "kernels").glob("*.c")}
    assert {line.split()[-1] for line in symbols.splitlines()} & every == set(
        HostRuntime(model.read_bytes()).needed_kernels()
    )


def test_a_model_that_the_runtime_refuses_stops_the_build(tmp_path: Path) -> None:
    path = tmp_path / "broken.tflite"
    path.write_bytes(b"no model at all")
    if shutil.which("arm-none-eabi-gcc") is None:
        pytest.skip("arm-none-eabi-gcc is not installed")
    with pytest.raises(EdgekitError, match="the runtime refuses the model"):
        build_firmware("qemu_mps2_an386", model=path)


@pytest.mark.parametrize("name", PEERS)
def test_a_resident_model_takes_half_of_the_flash_that_tflite_micro_takes(name: str) -> None:
    path = Path(os.environ.get("EDGEKIT_DATA_DIR", "")) / PEERS[name]["model"]
    if not os.environ.get("EDGEKIT_DATA_DIR") or not path.is_file():
        pytest.skip("EDGEKIT_DATA_DIR is not set, or the model is not in it")
    image = build_firmware("qemu_mps2_an386", model=path)
    assert image.flash_bytes <= FLASH_LIMIT * PEERS[name]["flash_bytes"]
