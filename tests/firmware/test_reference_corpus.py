"""Every public model at hand: what the runtime computes equals the reference, and what it refuses is on a list.

They are not in the repository: set EDGEKIT_DATA_DIR to a folder that holds tflm/ (TFLM's examples, and the single
operators of SEANet with golden outputs) and mlperf_tiny/.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.errors import EdgekitError
from edgekit.host_runtime import HostRuntime
from edgekit.oracle import MicroOracle
from edgekit.tflite_model import read_model
from tests.firmware.reference import random_input

NUM_INPUTS = 5

# What still is refused, by path in the folder. This list only shrinks: a model that loads must leave it.
REFUSED = {
    "mlperf_tiny/kws_ref_model_float32.tflite": "the operands are of different types",  # int8 weights, float32 image
}
# The golden outputs come from an older TFLM. Where today's wheel computes something else, the wheel decides.
OLDER_GOLDEN = {"tflm/seanet/leaky_relu"}


def data_dir() -> Path | None:
    folder = os.environ.get("EDGEKIT_DATA_DIR")
    return Path(folder) if folder else None


def find_models() -> list[str]:
    root = data_dir()
    if root is None:
        return []
    found = (path for part in ("tflm", "mlperf_tiny") for path in (root / part).rglob("*.tflite"))
    return sorted(str(path.relative_to(root)) for path in found)


def listed_as(name: str) -> str:
    """SEANet's files are numbered per operator: `seanet/pad7.tflite` is listed as `seanet/pad`."""
    return name.removesuffix(".tflite").rstrip("0123456789") if "/seanet/" in name else name


@cache
def golden(root: Path) -> dict[str, np.ndarray[Any, Any]]:
    with np.load(root / "tflm" / "seanet_golden.npz") as arrays:
        return dict(arrays)


def reference(
    root: Path, name: str, model: bytes
) -> list[tuple[list[np.ndarray[Any, Any]], list[np.ndarray[Any, Any]]]]:
    """Pairs of inputs and expected outputs."""
    if "/seanet/" in name and listed_as(name) not in OLDER_GOLDEN:
        arrays, stem = golden(root), Path(name).stem
        inputs = [arrays[key] for key in sorted(arrays) if key.startswith(f"{stem}_input")]
        return [(inputs, [arrays[key] for key in sorted(arrays) if key.startswith(f"{stem}_golden")])]
    description, rng = read_model(model), np.random.default_rng(20)
    oracle = MicroOracle(description)
    drawn = [[random_input(each, rng) for each in description.inputs] for _ in range(NUM_INPUTS)]
    # State, where a model has any, goes on from one inference to the next, as on the board.
    return [(inputs, oracle.invoke(inputs, fresh=number == 0)) for number, inputs in enumerate(drawn)]


def assert_close(actual: np.ndarray[Any, Any], expected: np.ndarray[Any, Any]) -> None:
    if expected.dtype == np.float32:
        tolerance = 1e-6 * float(np.abs(expected).max())
        np.testing.assert_allclose(actual, expected.ravel(), rtol=1e-6, atol=tolerance)
    else:
        np.testing.assert_array_equal(actual, expected.ravel())


@pytest.mark.skipif(data_dir() is None, reason="EDGEKIT_DATA_DIR is not set")
def test_the_lists_name_only_models_that_exist() -> None:
    found = {listed_as(name) for name in find_models()}
    assert REFUSED.keys() | OLDER_GOLDEN <= found


@pytest.mark.parametrize("name", find_models())
def test_public_model_equals_the_reference_or_is_refused_for_the_listed_reason(name: str) -> None:
    pytest.importorskip(
        "tflite_micro", reason="the tflite-micro wheel is the oracle; it exists for x86-64 only"
    )
    root = data_dir()
    assert root is not None
    model = (root / name).read_bytes()
    runtime = HostRuntime(model)
    if listed_as(name) in REFUSED:
        with pytest.raises(EdgekitError, match=REFUSED[listed_as(name)]):
            runtime.require_loaded()
        return
    runtime.require_loaded()
    for inputs, outputs in reference(root, name, model):
        runtime.invoke(inputs)
        for index, expected in enumerate(outputs):
            assert_close(runtime.tensor(1, index).view(expected.dtype), expected)
