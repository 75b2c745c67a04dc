from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.errors import DataError, ModelError
from edgekit.oracle import LiteRtOracle, MicroOracle, find_oracle
from edgekit.tflite_model import read_model
from tests.tiny_model import Operator, Tensor, build_dense, build_file

_DENSE = build_dense()
_INPUT = np.array([[3, -5, 7, -1]], np.int8)


def _hide(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    real_import = builtins.__import__

    def fake(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".")[0] in packages:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", fake)


def _logits_by_hand() -> np.ndarray[Any, Any]:
    weights = np.arange(-6, 6).reshape(3, 4)
    accumulators = (_INPUT.astype(int) + 1) @ weights.T + np.array([8, -8, 0])
    # Scale of the sum 0.5 * 0.25, of the output 1: an eighth, rounded half away from zero.
    eighths = accumulators / 8
    return np.clip(np.sign(eighths) * np.floor(np.abs(eighths) + 0.5) + 3, -128, 127)


def test_the_tflite_micro_wheel_comes_first_and_names_its_version() -> None:
    pytest.importorskip("tflite_micro")
    oracle = find_oracle(_DENSE)
    assert oracle is not None
    assert oracle.name.startswith("tflite-micro 0.")


def test_litert_reference_kernels_stand_in_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ai_edge_litert")
    _hide(monkeypatch, "tflite_micro")
    oracle = find_oracle(_DENSE)
    assert oracle is not None
    assert oracle.name.startswith("ai-edge-litert ")
    assert oracle.name.endswith(" BUILTIN_REF")


def test_without_any_runtime_there_is_no_oracle(monkeypatch: pytest.MonkeyPatch) -> None:
    _hide(monkeypatch, "tflite_micro", "ai_edge_litert")
    assert find_oracle(_DENSE) is None


def test_a_broken_model_never_reaches_a_runtime() -> None:
    with pytest.raises(ModelError, match="truncated or corrupt"):
        find_oracle(_DENSE[:-40])


def test_a_model_that_no_runtime_can_run_has_no_oracle_and_nothing_is_printed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    data = build_file([Tensor("x", (1, 4))], [Operator(32, (0,), (0,), custom="NoSuchOperator")], [0], [0])
    assert find_oracle(data) is None
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("make", [MicroOracle, LiteRtOracle])
def test_outputs_and_all_tensors_of_an_inference_are_exact(make: Any) -> None:
    pytest.importorskip("tflite_micro" if make is MicroOracle else "ai_edge_litert")
    oracle = make(read_model(_DENSE))
    (output,) = oracle.invoke([_INPUT])
    tensors = oracle.tensors([_INPUT])
    assert sorted(tensors) == [0, 3, 4]
    np.testing.assert_array_equal(tensors[0], _INPUT)
    np.testing.assert_array_equal(tensors[3], _logits_by_hand())
    np.testing.assert_array_equal(tensors[4], output)
    assert (output.dtype, output.shape) == (np.int8, (1, 3))
    # TFLite's softmax is a table of 1/256: within one step of the real one.
    logits = tensors[3].astype(float)
    expected = np.exp(logits) / np.exp(logits).sum() * 256 - 128
    assert np.abs(output - np.clip(expected, -128, 127)).max() <= 1


@pytest.mark.parametrize("make", [MicroOracle, LiteRtOracle])
def test_results_do_not_depend_on_what_ran_before_nor_change_afterwards(make: Any) -> None:
    pytest.importorskip("tflite_micro" if make is MicroOracle else "ai_edge_litert")
    oracle = make(read_model(_DENSE))
    (first,) = oracle.invoke([_INPUT])
    kept = first.copy()
    (other,) = oracle.invoke([np.array([[-128, 127, -128, 127]], np.int8)])
    assert not np.array_equal(other, kept)
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_array_equal(oracle.invoke([_INPUT])[0], kept)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([], "has 1 inputs, but 0 arrays"),
        ([_INPUT[0]], r"must be int8 of shape \[1, 4\]; found int8 of shape \[4\]"),
        ([_INPUT.astype(np.float32)], "found float32"),
    ],
)
@pytest.mark.parametrize("make", [MicroOracle, LiteRtOracle])
def test_inputs_that_do_not_fit_are_refused(make: Any, inputs: list[Any], message: str) -> None:
    pytest.importorskip("tflite_micro" if make is MicroOracle else "ai_edge_litert")
    with pytest.raises(DataError, match=message):
        make(read_model(_DENSE)).invoke(inputs)


def test_no_file_descriptor_stays_open() -> None:
    find_oracle(_DENSE)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        find_oracle(_DENSE)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
