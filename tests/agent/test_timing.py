from __future__ import annotations

import time
import types
from typing import Any

import pytest

from edgekit.agent.runtime import find_runtime
from edgekit.agent.timing import measure_overhead_ns, time_runs


class Sleeping:
    def __init__(self) -> None:
        self.calls: list[str] = []

    def prepare(self) -> None:
        self.calls.append("prepare")
        time.sleep(0.02)

    def invoke(self) -> None:
        self.calls.append("invoke")
        time.sleep(0.002)


def test_only_the_run_is_timed_and_warm_up_runs_are_not_reported() -> None:
    interpreter = Sleeping()
    ticks = time_runs(interpreter, interpreter.prepare, warmup=2, runs=3)
    assert interpreter.calls == ["prepare", "invoke"] * 5
    assert len(ticks) == 3
    assert 2_000_000 <= min(ticks) < 20_000_000


def test_the_wrapper_of_the_runtime_is_part_of_the_overhead() -> None:
    class Slow:
        def invoke(self) -> None:
            time.sleep(0.001)
            self._interpreter.Invoke()  # type: ignore[attr-defined]

    assert measure_overhead_ns(types.SimpleNamespace(Interpreter=Slow), runs=10) >= 1_000_000


@pytest.mark.parametrize("module", [types.SimpleNamespace(), types.SimpleNamespace(Interpreter=int)])
def test_of_an_unknown_runtime_the_call_alone_is_measured(module: Any) -> None:
    assert 0 < measure_overhead_ns(module) < 1_000_000


def test_the_overhead_is_below_a_hundredth_of_a_millisecond() -> None:
    pytest.importorskip("ai_edge_litert", reason="needs a TFLite runtime: pip install ai-edge-litert")
    assert 0 < measure_overhead_ns(find_runtime("litert").module) < 10_000
