from __future__ import annotations

import importlib
import sys
import types
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


def test_the_runtime_that_is_asked_for_is_the_one(monkeypatch: pytest.MonkeyPatch) -> None:
    packages = {
        "numpy": types.SimpleNamespace(__version__="1.26.4"),
        **{each: types.SimpleNamespace(__version__="7") for each in runtime.PACKAGES.values()},
        **{f"{each}.interpreter": types.SimpleNamespace() for each in runtime.PACKAGES.values()},
    }
    monkeypatch.setattr(importlib, "import_module", packages.__getitem__)
    assert find_runtime().key == "litert"
    for key, package in runtime.PACKAGES.items():
        found = find_runtime(key)
        assert (found.key, found.module) == (key, packages[f"{package}.interpreter"])
        assert found.name == package.replace("_", "-") + " 7"
    with pytest.raises(AgentError, match="runtime 'onnx', expected litert or tflite_runtime"):
        find_runtime("onnx")


def test_a_runtime_that_would_crash_on_this_numpy_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    packages = {
        "numpy": types.SimpleNamespace(__version__="2.1.0"),
        "tflite_runtime": types.SimpleNamespace(),
    }
    monkeypatch.setattr(importlib, "import_module", packages.__getitem__)
    with pytest.raises(AgentError, match=r"it needs numpy below 2, found 2\.1\.0"):
        find_runtime("tflite_runtime")


@pytest.mark.parametrize(
    ("wanted", "version", "machine", "advice"),
    [
        ("litert", (3, 11), "aarch64", "pip install ai-edge-litert`"),
        ("tflite_runtime", (3, 11), "aarch64", "pip install tflite-runtime==2.14.0 'numpy<2'`"),
        ("litert", (3, 9), "aarch64", "take the other --runtime"),
        ("tflite_runtime", (3, 13), "aarch64", "take the other --runtime"),
        ("litert", (3, 7), "aarch64", "no published one fits; name a Python"),
    ],
)
def test_the_advice_is_for_the_runtime_that_was_asked_for(
    wanted: str, version: tuple[int, int], machine: str, advice: str
) -> None:
    assert advice in runtime._advise(wanted, version, machine)
