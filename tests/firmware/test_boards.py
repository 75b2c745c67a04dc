"""The firmware on every emulated board: real Arm code, reached over a serial line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edgekit.deadline import Deadline
from edgekit.errors import RemoteError
from edgekit.host_runtime import HostRuntime
from edgekit.session import DeviceSession
from edgekit.tflite_model import read_model
from edgekit.wire.codes import Status
from tests.firmware.conftest import BOARDS
from tests.firmware.reference import assert_equal
from tests.firmware.samples import batches, fits, run_on, samples
from tests.firmware.test_kernels import KERNELS
from tests.generators.networks import build_small_network

STACK_LIMIT_BYTES = 1024
# Each kernel is tried on every core, and more often on one of them. What takes time is the bytes of an upload.
THOROUGH_BOARD = "qemu_mps2_an386"
MANY_SAMPLES, FEW_SAMPLES = 10, 4


@pytest.fixture
def deadline() -> Deadline:
    return Deadline(120.0)


def test_there_is_a_board_to_test() -> None:
    assert "qemu_mps2_an386" in BOARDS


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernel_on_the_board_equals_its_reference(board: DeviceSession, kernel: str) -> None:
    pytest.importorskip(
        "tflite_micro", reason="the tflite-micro wheel is the oracle; it exists for x86-64 only"
    )
    wanted = MANY_SAMPLES if board.name == THOROUGH_BOARD else FEW_SAMPLES
    chosen = [each for each in samples(kernel, MANY_SAMPLES) if fits(board, each.model)][:wanted]
    assert len(chosen) == wanted
    for model, given in batches(board, chosen):
        results = run_on(board, model, given, Deadline(120.0))
        for sample, outputs in zip(given, results, strict=True):
            for actual, expected in zip(outputs, sample.expected, strict=True):
                assert_equal(kernel, actual, expected)
        assert board.stats(Deadline(10.0))["stack_bytes"] <= STACK_LIMIT_BYTES


def test_the_board_plans_the_arena_that_the_host_foresees(board: DeviceSession, deadline: Deadline) -> None:
    model = build_small_network(seed=6, size=12, channels=6)
    assert board.load(model, deadline).arena_bytes == HostRuntime(model).report.arena_bytes


def test_instructions_are_the_same_in_every_run(board: DeviceSession, deadline: Deadline) -> None:
    model = build_small_network(seed=7)
    board.load(model, deadline)
    board.write_input(0, bytes(read_model(model).inputs[0].num_bytes), deadline)
    ticks = board.invoke(deadline, warmup=2, runs=20)
    # The phase of the counter against the code may differ by one tick, never more.
    assert max(ticks) - min(ticks) <= 1
    assert min(ticks) > 100


def test_the_stack_stays_within_its_bound(board: DeviceSession, deadline: Deadline) -> None:
    model = build_small_network(seed=8)
    board.load(model, deadline)
    board.write_input(0, bytes(read_model(model).inputs[0].num_bytes), deadline)
    board.invoke(deadline)
    assert 200 < board.stats(deadline)["stack_bytes"] <= STACK_LIMIT_BYTES


def test_a_board_that_refused_a_file_takes_the_next(board: DeviceSession, deadline: Deadline) -> None:
    with pytest.raises(RemoteError) as caught:
        board.load(bytes(range(256)) * 8, deadline)
    assert caught.value.status == Status.BAD_MODEL
    assert board.load(build_small_network(seed=9), deadline).num_operators == 7


@pytest.mark.parametrize("name", BOARDS)
def test_the_firmware_names_its_board_and_its_sources(
    name: str, open_board: Callable[[str], DeviceSession]
) -> None:
    from edgekit.firmware import build_firmware

    hello = open_board(name).hello
    image = build_firmware(name)
    assert hello.board == name
    assert hello.build == image.build
    assert open_board(name).stats(Deadline(10.0))["firmware_bytes"] == image.flash_bytes
    assert (hello.model_capacity, hello.arena_capacity) == (image.model_capacity, image.arena_capacity)
