"""A device made of the host's reference: its answers are computed, and one operator can be faulty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from edgekit.board import Board, Emulator
from edgekit.cycle_counter import ModelledRuns
from edgekit.deadline import Deadline
from edgekit.errors import LinkError, RemoteError
from edgekit.farm import Device
from edgekit.oracle import find_oracle
from edgekit.session import LoadedModel
from edgekit.tflite_model import read_model
from edgekit.wire.codes import Capability, Status

FAKE_BOARD = Board("fake_mcu", "A fake board", "cortex_m", "armv7e-m", "Cortex-M4F", emulated=False)
FAKE_LINUX = Board("fake_pi", "A fake Linux board", "linux", "aarch64", "Cortex-A72", emulated=False)
FAKE_EMULATOR = Board(
    "fake_qemu",
    "A fake emulator",
    "cortex_m",
    "armv7e-m",
    "Cortex-M4F",
    emulated=True,
    emulator=Emulator("none", 40),
)


def fake_device(emulated: bool) -> Device:
    board = FAKE_EMULATOR if emulated else FAKE_BOARD
    return Device(board.name, board, "serial", {"port": "/dev/null"})


@dataclass
class FakeSession:
    """Has the methods of DeviceSession that a benchmark uses.

    `ticks` gives the duration of the n-th timed run; `faulty_operator` flips a bit of its first output;
    `keeps_inputs` False answers NO_MEMORY to more than one run; `fails_on` names methods that lose
    the link, `refuses` those that are answered with a failure.
    """

    capabilities: Capability = Capability.STEP | Capability.TENSORS
    ticks: Callable[[int], int] = lambda run: 1000
    faulty_operator: int | None = None
    keeps_inputs: bool = True
    fails_on: frozenset[str] = frozenset()
    refuses: Mapping[str, Status] = field(default_factory=dict)
    found_stats: Mapping[str, int] = field(
        default_factory=lambda: {"arena_bytes": 512, "firmware_bytes": 40_000}
    )
    found_conditions: Mapping[str, Any] = field(default_factory=dict)
    found_watch: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    found_runtime: Mapping[str, Any] = field(default_factory=dict)
    counted: ModelledRuns | None = None
    max_body: int = 64
    sha256: str | None = None
    bytes_sent: int = 0
    bytes_received: int = 0
    payload_bytes: int = 0
    calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hello = SimpleNamespace(
            capabilities=self.capabilities, max_body=self.max_body, timer_hz=1_000_000, board="fake",
            runtime="fake", version="1", build="", identity="unit-7",
        )  # fmt: skip
        self.num_runs = 0
        self.inputs: dict[int, bytes] = {}
        self.tensors: dict[int, np.ndarray[Any, Any]] = {}

    def load(
        self, model: bytes, deadline: Deadline, progress: Callable[[int], object] | None = None
    ) -> LoadedModel:
        self._called("load")
        self.model = read_model(model)
        self.oracle = find_oracle(model)
        if progress is not None:
            progress(len(model))
        sha256 = self.sha256 or self.model.sha256
        return LoadedModel(
            sha256, 512, len(self.model.operators), len(self.model.inputs), len(self.model.outputs)
        )

    def write_input(self, index: int, data: bytes, deadline: Deadline) -> None:
        self._called("write_input")
        self.inputs[index] = data
        self.bytes_sent += len(data)
        self.payload_bytes += len(data)

    def invoke(
        self,
        deadline: Deadline,
        first_operator: int = 0,
        num_operators: int = 0xFFFF,
        warmup: int = 0,
        runs: int = 1,
    ) -> list[int]:
        self._called("invoke")
        if runs > self.max_body // 8:
            raise RemoteError("too many runs for one reply", Status.BAD_REQUEST)
        if runs + warmup > 1 and not self.keeps_inputs:
            raise RemoteError("the input does not survive a run", Status.NO_MEMORY)
        if num_operators != 0xFFFF:
            self._compute(first_operator + num_operators)
            return [10 * (first_operator + 1)]
        self._compute(len(self.model.operators))
        self.num_runs += runs
        return [self.ticks(self.num_runs - runs + each) for each in range(runs)]

    def read_output(self, index: int, num_bytes: int, deadline: Deadline) -> bytes:
        self._called("read_output")
        return self.tensors[self.model.outputs[index].index].tobytes()

    def read_tensor(self, index: int, num_bytes: int, deadline: Deadline) -> bytes:
        self._called("read_tensor")
        return self.tensors[index].tobytes()

    def stats(self, deadline: Deadline) -> dict[str, int]:
        self._called("stats")
        return dict(self.found_stats)

    def configure(self, options: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        self._called("configure")
        return dict(self.found_runtime)

    def conditions(self, deadline: Deadline) -> dict[str, Any]:
        self._called("conditions")
        return dict(self.found_conditions)

    def modelled_runs(self) -> ModelledRuns | None:
        return self.counted

    def watch(self, action: str, deadline: Deadline, seconds: float | None = None) -> dict[str, Any]:
        self._called(f"watch_{action}")
        return dict(self.found_watch.get(action, {}))

    def set_governor(self, name: str | None, deadline: Deadline) -> dict[str, Any]:
        self._called("set_governor" if name else "restore_governor")
        return {}

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.refuses:
            raise RemoteError(f"the fake device refuses {name}", self.refuses[name])
        if name in self.fails_on:
            raise LinkError(f"the fake device stopped answering in {name}")

    def _compute(self, num_operators: int) -> None:
        arrays = [
            np.frombuffer(self.inputs[index], info.dtype).reshape(info.shape)
            for index, info in enumerate(self.model.inputs)
        ]
        assert self.oracle is not None
        self.tensors = {index: values.copy() for index, values in self.oracle.tensors(arrays).items()}
        if self.faulty_operator is not None:
            # What comes after a fault differs too; one flipped bit in each output stands for that.
            for operator in self.model.operators[self.faulty_operator : num_operators]:
                for tensor in operator.outputs:
                    self.tensors[tensor].reshape(-1).view(np.uint8)[0] ^= 1
