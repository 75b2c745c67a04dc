from __future__ import annotations

from typing import Any

from edgekit.bench.origin import announced_runtime, hardware_record, host_versions, runtime_in_force
from edgekit.bench.result import Delegate, Hardware, Runtime
from edgekit.board import Board
from edgekit.wire.codes import Capability
from edgekit.wire.messages import Hello

HELLO = Hello(1, Capability.NONE, 64, 1, 1, 1, "board", "runtime 9", "0.1", "abc", "unit-7")


def test_what_a_device_states_goes_before_what_it_announced() -> None:
    found: dict[str, Any] = {
        "name": "litert 9", "kernels": "fast", "threads": 2, "cores": (0, 3), "delegate": "xnnpack",
        "num_operators_delegated": 7,
    }  # fmt: skip
    assert announced_runtime(HELLO) == Runtime("runtime 9", "0.1", "abc")
    assert runtime_in_force(HELLO, {}) == announced_runtime(HELLO)
    assert runtime_in_force(HELLO, found) == Runtime(
        "litert 9", "0.1", "abc", "fast", Delegate("xnnpack", 7), 2, (0, 3)
    )


def test_what_a_board_file_does_not_know_is_absent() -> None:
    board = Board("pc", "A PC", "linux", "x86_64", "", emulated=False)
    assert hardware_record(board) == Hardware("A PC", "linux", "x86_64")


def test_the_host_names_what_it_measured_with() -> None:
    versions = host_versions()
    assert {"edgekit", "python", "system", "machine", "numpy"} <= set(versions)
