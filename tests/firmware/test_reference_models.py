"""The MLPerf Tiny reference models on this machine and on the emulated boards, bit for bit as the wheel has them.

They are not in the repository: set EDGEKIT_DATA_DIR to a folder that holds mlperf_tiny/*.tflite.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from edgekit.deadline import Deadline
from edgekit.host_runtime import HostRuntime
from edgekit.session import DeviceSession
from edgekit.tflite_model import read_model
from tests.firmware.conftest import require_room
from tests.firmware.reference import random_input, require_oracle

MODELS = ("kws_ref_model", "pretrainedResnet_quant", "vww_96_int8", "ad01_int8")
NUM_INPUTS = 20
# What takes time is the bytes of an upload and of inputs: all inputs on one board, some on the others.
THOROUGH_BOARD, NUM_INPUTS_ELSEWHERE = "qemu_mps2_an386", 5


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> bytes:
    folder = os.environ.get("EDGEKIT_DATA_DIR")
    if not folder:
        pytest.skip("EDGEKIT_DATA_DIR is not set")
    path = Path(folder) / "mlperf_tiny" / f"{request.param}.tflite"
    if not path.is_file():
        pytest.skip(f"{path.name} is not in EDGEKIT_DATA_DIR")
    pytest.importorskip(
        "tflite_micro", reason="the tflite-micro wheel is the oracle; it exists for x86-64 only"
    )
    return path.read_bytes()


def make_inputs(model: bytes) -> list[np.ndarray]:
    """The extremes, a ramp, and random values."""
    (tensor,) = read_model(model).inputs
    rng = np.random.default_rng(20)
    fixed = [np.full(tensor.shape, value, np.int8) for value in (-128, 0, 127)]
    ramp = ((np.arange(np.prod(tensor.shape)) * 37 + 11) & 0xFF).astype(np.uint8).view(np.int8)
    inputs = [*fixed, ramp.reshape(tensor.shape)]
    return [*inputs, *(random_input(tensor, rng) for _ in range(NUM_INPUTS - len(inputs)))]


def test_reference_model_on_this_machine_equals_tflite_micro(model: bytes) -> None:
    oracle, runtime = require_oracle(model), HostRuntime(model)
    runtime.require_loaded()
    for value in make_inputs(model):
        (expected,) = oracle.invoke([value])
        runtime.invoke([value])
        assert runtime.tensor(1, 0).tobytes() == expected.tobytes()


def test_reference_model_on_the_board_equals_tflite_micro(model: bytes, board: DeviceSession) -> None:
    require_room(board, model)
    oracle, deadline = require_oracle(model), Deadline(600.0)
    board.load(model, deadline)
    count = NUM_INPUTS if board.name == THOROUGH_BOARD else NUM_INPUTS_ELSEWHERE
    for value in make_inputs(model)[-count:]:
        (expected,) = oracle.invoke([value])
        board.write_input(0, value.tobytes(), deadline)
        board.invoke(deadline)
        assert board.read_output(0, expected.nbytes, deadline) == expected.tobytes()
