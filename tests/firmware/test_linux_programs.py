"""The runtime as a static program for Arm Linux, run by QEMU's user mode where this machine cannot run it itself."""

from __future__ import annotations

import contextlib
import platform
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgekit.deadline import Deadline
from edgekit.errors import MissingDependencyError, RemoteError
from edgekit.firmware import build_linux_program, linux_programs
from edgekit.host_runtime import HostRuntime
from edgekit.process import spawn
from edgekit.session import DeviceSession
from edgekit.tflite_model import read_model
from edgekit.transports.local import PipeLink
from edgekit.wire.codes import Status
from tests.firmware.reference import random_input
from tests.generators.single_operator import CASES

MACHINES = {
    "linux_aarch64": ("aarch64", "qemu-aarch64"),
    "linux_armhf": ("armv7l", "qemu-arm"),
    "linux_x86_64": ("x86_64", "qemu-x86_64"),
}
ELF_MACHINES = {"linux_aarch64": "EM_AARCH64", "linux_armhf": "EM_ARM", "linux_x86_64": "EM_X86_64"}


def command(name: str) -> list[str]:
    """How to run the program here; skips the test if it cannot be built or run."""
    try:
        program = str(build_linux_program(name))
    except MissingDependencyError as error:
        pytest.skip(str(error))
    machine, emulator = MACHINES[name]
    if platform.machine() == machine:
        return [program]
    for each in (f"{emulator}-static", emulator):
        if shutil.which(each) is not None:
            return [each, program]
    pytest.skip(f"{emulator} is not installed")


@contextlib.contextmanager
def open_program(name: str) -> Iterator[DeviceSession]:
    link = PipeLink(spawn(command(name), stdin=subprocess.PIPE), name)
    with DeviceSession.open(link, Deadline(30.0), name) as session:
        yield session


@pytest.fixture(scope="module", params=linux_programs())
def program(request: pytest.FixtureRequest) -> Iterator[DeviceSession]:
    with open_program(request.param) as session:
        yield session


def test_every_program_has_a_machine_to_run_on() -> None:
    assert linux_programs() == sorted(MACHINES)


@pytest.mark.parametrize("kernel", sorted(CASES))
def test_kernel_in_the_program_equals_that_on_this_machine(program: DeviceSession, kernel: str) -> None:
    @settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(model=CASES[kernel], seed=st.integers(0, 2**32 - 1))
    def check(model: bytes, seed: int) -> None:
        deadline, rng = Deadline(60.0), np.random.default_rng(seed)
        inputs = [random_input(each, rng) for each in read_model(model).inputs]
        runtime = HostRuntime(model)
        runtime.invoke(inputs)
        expected = runtime.tensor(1, 0).tobytes()
        assert program.load(model, deadline).arena_bytes == runtime.report.arena_bytes
        for position, value in enumerate(inputs):
            program.write_input(position, value.tobytes(), deadline)
        program.invoke(deadline)
        assert program.read_output(0, len(expected), deadline) == expected

    check()


@pytest.mark.parametrize("name", linux_programs())
def test_the_program_names_itself_and_ends_with_its_input(name: str) -> None:
    process = spawn(command(name), stdin=subprocess.PIPE)
    with DeviceSession.open(PipeLink(process, name), Deadline(30.0), name) as session:
        assert session.hello.board == name
        with pytest.raises(RemoteError) as caught:
            session.load(b"no model", Deadline(30.0))
        assert caught.value.status == Status.BAD_MODEL
    assert process.returncode == 0


@pytest.mark.parametrize("name", linux_programs())
def test_the_program_ends_when_the_host_falls_silent_although_the_line_stays_open(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEKIT_SILENCE_LIMIT_S", "2")
    process = spawn(command(name), stdin=subprocess.PIPE)
    with DeviceSession.open(PipeLink(process, name), Deadline(30.0), name):
        assert process.wait(20) == 1


@pytest.mark.parametrize("name", linux_programs())
def test_the_program_needs_no_library(name: str) -> None:
    from elftools.elf.elffile import ELFFile

    with Path(command(name)[-1]).open("rb") as file:
        elf = ELFFile(file)
        assert elf.header["e_machine"] == ELF_MACHINES[name]
        assert not any(each.header["p_type"] in ("PT_INTERP", "PT_DYNAMIC") for each in elf.iter_segments())
