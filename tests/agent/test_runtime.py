from __future__ import annotations

import importlib
import sys
from typing import Any

import pytest

from edgekit.agent import runtime
from edgekit.agent.errors import AgentError, first_line
from edgekit.agent.runtime import find_runtime
from edgekit.wire.codes import Status


@pytest.mark.parametrize(
    ("version", "machine", "advice"),
    [
        ((3, 11), "x86_64", "pip install ai-edge-litert`"),
        ((3, 13), "aarch64", "pip install ai-edge-litert`"),
        ((3, 8), "aarch64", "pip install tflite-runtime==2.14.0 'numpy<2'`"),
        ((3, 11), "armv7l", "pip install tflite-runtime==2.14.0 'numpy<2'`"),
        ((3, 7), "aarch64", "no published one fits"),
        ((3, 12), "armv7l", "no published one fits"),
    ],
)
def test_the_advice_names_a_runtime_that_there_are_wheels_of(
    version: tuple[int, int], machine: str, advice: str
) -> None:
    assert advice in runtime._advise(None, version, machine)


def test_no_runtime_at_all_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> Any:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name.split(".")[0])

    monkeypatch.setattr(importlib, "import_module", nothing)
    with pytest.raises(
        AgentError, match=rf"{sys.executable} \(3\.\d+\) has no TFLite runtime; run `.* pip install"
    ) as caught:
        find_runtime()
    assert caught.value.status == Status.NO_RUNTIME


def test_a_runtime_that_does_not_import_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> Any:
        if name.startswith("tflite_runtime"):
            raise ImportError("numpy.core.multiarray failed to import\nmore")
        raise ModuleNotFoundError(f"No module named {name!r}", name=name.split(".")[0])

    monkeypatch.setattr(importlib, "import_module", broken)
    with pytest.raises(
        AgentError, match=r"tflite_runtime is installed but fails: numpy\.core\.multiarray failed"
    ) as caught:
        find_runtime()
    assert "more" not in caught.value.message


def test_a_missing_numpy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_numpy(name: str) -> Any:
        raise ModuleNotFoundError("No module named 'numpy'", name="numpy")

    monkeypatch.setattr(importlib, "import_module", without_numpy)
    with pytest.raises(AgentError, match="ai_edge_litert is installed but No module named 'numpy'"):
        find_runtime()


def test_the_first_line_of_an_error_is_never_empty() -> None:
    assert first_line(ValueError("\n  a \nb")) == "a"
    assert first_line(ValueError("")) == "ValueError"
