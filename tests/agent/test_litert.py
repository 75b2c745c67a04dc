from __future__ import annotations

import types
from typing import Any

import numpy as np
import pytest

from edgekit.agent.errors import AgentError
from edgekit.agent.litert import LoadedModel
from edgekit.agent.options import KERNELS
from edgekit.agent.runtime import find_runtime
from edgekit.wire.codes import Space, Status


@pytest.fixture
def module() -> Any:
    pytest.importorskip("ai_edge_litert", reason="needs a TFLite runtime: pip install ai-edge-litert")
    return find_runtime("litert").module


def fill(model: LoadedModel) -> None:
    model.write_input(0, 0, np.array([1, 2, 3, 4], np.float32).tobytes())
    model.write_input(1, 0, np.array([10, 20, 30, 40], np.float32).tobytes())


@pytest.mark.parametrize("kernels", KERNELS)
def test_a_model_is_run_and_timed(module: Any, add_model: bytes, kernels: str) -> None:
    model = LoadedModel(module, add_model, kernels, 1)
    assert (model.num_inputs, model.num_outputs, model.num_operators) == (2, 1, 2)
    assert model.setup_ticks > 0
    fill(model)
    ticks = model.invoke(warmup=2, runs=3)
    assert len(ticks) == 3
    assert all(0 < each < 10**9 for each in ticks)
    assert list(np.frombuffer(model.read(Space.OUTPUT, 0, 0, 16), np.float32)) == [21, 42, 63, 84]
    assert np.frombuffer(model.read(Space.OUTPUT, 0, 4, 4), np.float32)[0] == 42
    assert np.frombuffer(model.read(Space.INPUT, 1, 12, 4), np.float32)[0] == 40


def test_a_part_of_an_input_can_be_written(module: Any, add_model: bytes) -> None:
    model = LoadedModel(module, add_model, "fast", 1)
    fill(model)
    model.write_input(1, 8, np.array([0], np.float32).tobytes())
    model.invoke(0, 1)
    assert list(np.frombuffer(model.read(Space.OUTPUT, 0, 0, 16), np.float32)) == [21, 42, 3, 84]


def test_tensors_between_operators_are_kept_by_the_reference_kernels_only(
    module: Any, add_model: bytes
) -> None:
    model = LoadedModel(module, add_model, "reference", 1)
    fill(model)
    model.invoke(0, 1)
    assert list(np.frombuffer(model.read(Space.TENSOR, 2, 0, 16), np.float32)) == [11, 22, 33, 44]
    with pytest.raises(AgentError) as caught:
        model.read(Space.TENSOR, 99, 0, 16)
    assert caught.value.status == Status.BAD_RANGE
    fast = LoadedModel(module, add_model, "fast", 1)
    fast.invoke(0, 1)
    with pytest.raises(AgentError, match="kept only with the reference kernels"):
        fast.read(Space.TENSOR, 2, 0, 16)


@pytest.mark.parametrize(
    ("act", "status"),
    [
        (lambda model: model.write_input(2, 0, b""), Status.BAD_RANGE),
        (lambda model: model.write_input(0, 13, b"1234"), Status.BAD_RANGE),
        (lambda model: model.write_input(0, 1 << 31, b"1"), Status.BAD_RANGE),
        (lambda model: model.read(Space.OUTPUT, 0, 0, 16), Status.BAD_STATE),
        (lambda model: (model.invoke(0, 1), model.read(Space.OUTPUT, 1, 0, 1)), Status.BAD_RANGE),
        (lambda model: (model.invoke(0, 1), model.read(Space.OUTPUT, 0, 8, 9)), Status.BAD_RANGE),
        (lambda model: model.read(3, 0, 0, 1), Status.BAD_REQUEST),
        (lambda model: model.read(Space.INPUT, 7, 0, 1), Status.BAD_RANGE),
    ],
)
def test_what_lies_outside_is_refused(module: Any, add_model: bytes, act: Any, status: Status) -> None:
    with pytest.raises(AgentError) as caught:
        act(LoadedModel(module, add_model, "fast", 1))
    assert caught.value.status == status


@pytest.mark.parametrize("size", [8, 100, 300])
def test_a_broken_model_is_a_bad_model(module: Any, add_model: bytes, size: int) -> None:
    with pytest.raises(AgentError) as caught:
        LoadedModel(module, add_model[:size], "fast", 1)
    assert caught.value.status == Status.BAD_MODEL
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("text", "status", "operator"),
    [
        ("Didn't find op for builtin opcode 'FOO' version '9'. An older version", Status.UNSUPPORTED, None),
        ("Encountered unresolved custom op: LceBconv2d.\nSee", Status.UNSUPPORTED, None),
        ("Encountered unresolved custom op: edgetpu-custom-op.\nSee", Status.UNSUPPORTED, None),
        ("tensorflow/lite/x.cc:1 a != b\nNode number 3 (CONV_2D) failed to prepare.", Status.UNSUPPORTED, 3),
    ],
)
def test_what_a_runtime_says_in_prose_becomes_a_status(
    text: str, status: Status, operator: int | None
) -> None:
    class Refusing:
        def __init__(self, **options: Any) -> None:
            pass

        def allocate_tensors(self) -> None:
            raise RuntimeError(text)

    with pytest.raises(AgentError) as caught:
        LoadedModel(types.SimpleNamespace(Interpreter=Refusing), b"", "fast", 1)
    assert (caught.value.status, caught.value.operator) == (status, operator)
    assert caught.value.message in text or "run it with --delegate edgetpu" in caught.value.message
