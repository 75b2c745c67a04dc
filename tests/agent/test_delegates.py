from __future__ import annotations

import ctypes
import shutil
import subprocess
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.agent import delegates
from edgekit.agent.delegates import check_delegate, count_delegated, find_edgetpu_library
from edgekit.agent.errors import AgentError
from edgekit.agent.litert import LoadedModel
from edgekit.agent.runtime import find_runtime
from edgekit.wire.codes import Space, Status


@pytest.fixture
def module() -> Any:
    pytest.importorskip("ai_edge_litert", reason="needs a TFLite runtime: pip install ai-edge-litert")
    return find_runtime("litert").module


@pytest.fixture
def fake_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A real shared library that the runtime loads as a delegate; it takes every ADD and computes nothing."""
    if shutil.which("gcc") is None:
        pytest.skip("needs gcc")
    library = tmp_path / "libedgetpu.so.1"
    source = Path(__file__).parent / "fake_delegate.c"
    command = ["gcc", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-o", str(library), str(source)]
    subprocess.run(command, check=True, timeout=60)
    monkeypatch.setattr(delegates, "EDGETPU_LIBRARIES", (str(library),))
    return library


@pytest.mark.parametrize(
    ("delegate", "taken"), [(None, (2, 1)), ("xnnpack", (2, 1)), ("none", (0, 0)), ("edgetpu", (2, 1))]
)
def test_a_delegate_takes_what_the_runtime_says_it_took(
    module: Any, add_model: bytes, fake_library: Path, delegate: str | None, taken: tuple[int, int]
) -> None:
    model = LoadedModel(module, add_model, "fast", 1, delegate)
    assert model.mapping == taken
    assert model.num_operators == 2
    for index in (0, 1):
        model.write_input(index, 0, np.ones(4, np.float32).tobytes())
    model.invoke(0, 1)
    found = np.frombuffer(model.read(Space.OUTPUT, 0, 0, 16), np.float32)
    # The fake one computes nothing: so it, and not the runtime's own kernels, was asked to.
    assert (list(found) == [3, 3, 3, 3]) is (delegate != "edgetpu")


def test_the_reference_kernels_have_no_delegate(module: Any, add_model: bytes) -> None:
    assert LoadedModel(module, add_model, "reference", 1).mapping == (0, 0)


def test_a_library_without_its_device_says_so(
    module: Any, add_model: bytes, fake_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_delegate(module, "litert", "fast", "edgetpu")
    monkeypatch.setenv("FAKE_DELEGATE_FAILS", "1")
    with pytest.raises(
        AgentError, match=r"finds no Edge TPU \(no device answers\); is it plugged in"
    ) as caught:
        LoadedModel(module, add_model, "fast", 1, "edgetpu")
    assert caught.value.status == Status.UNSUPPORTED


def test_a_missing_library_says_what_to_install(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delegates, "EDGETPU_LIBRARIES", ("libno-such-edgetpu.so.1",))
    with pytest.raises(
        AgentError, match=r"has no Edge TPU runtime .*; install Coral's package libedgetpu1-std"
    ):
        check_delegate(module, "litert", "fast", "edgetpu")


def test_a_library_of_another_architecture_is_not_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "libedgetpu.so.1"
    broken.write_bytes(b"\x7fELF not really")
    monkeypatch.setattr(delegates, "EDGETPU_LIBRARIES", ("libno-such.so", str(broken)))
    with pytest.raises(AgentError, match=r"cannot be loaded: .*libedgetpu\.so\.1"):
        find_edgetpu_library()


def test_the_first_library_that_loads_is_taken(fake_library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delegates, "EDGETPU_LIBRARIES", ("libno-such.so", str(fake_library)))
    assert find_edgetpu_library() == str(fake_library)
    assert ctypes.CDLL(str(fake_library)).tflite_plugin_create_delegate


@pytest.mark.parametrize(
    ("kernels", "delegate", "status"),
    [
        ("reference", "xnnpack", Status.BAD_REQUEST),
        ("reference", None, Status.UNSUPPORTED),
        ("fast", "none", Status.UNSUPPORTED),
        ("fast", "edgetpu", Status.UNSUPPORTED),
    ],
)
def test_an_old_runtime_refuses_what_it_cannot_choose(
    kernels: str, delegate: str | None, status: Status
) -> None:
    with pytest.raises(AgentError) as caught:
        check_delegate(types.SimpleNamespace(), "old 1.0", kernels, delegate)
    assert caught.value.status == status


def test_an_old_runtime_does_what_it_does_by_itself() -> None:
    check_delegate(types.SimpleNamespace(), "old 1.0", "fast", None)


def listed(name: str, index: int, inputs: list[int], outputs: list[int]) -> dict[str, Any]:
    return {"op_name": name, "index": index, "inputs": inputs, "outputs": outputs}


def test_operators_between_the_inputs_and_outputs_of_a_partition_are_delegated() -> None:
    # 0 → A → 1 → B → 2 → C → 3, and D makes 4 from 1 and 3; -1 is an input that is left away.
    own = [
        listed("A", 0, [0, -1], [1]),
        listed("B", 1, [1], [2]),
        listed("C", 2, [2], [3]),
        listed("D", 3, [1, 3], [4]),
    ]
    interpreter = types.SimpleNamespace(
        _get_ops_details=lambda: [
            *own,
            listed("DELEGATE", 4, [0], [2, 1]),
            listed("DELEGATE", 5, [1, 3], [4]),
        ]
    )
    assert count_delegated(interpreter) == (3, 2)


def test_a_runtime_that_lists_no_operators_leaves_it_open() -> None:
    assert count_delegated(object()) is None
