from __future__ import annotations

import sys

import pytest

from edgekit.errors import MissingDependencyError
from edgekit.larq_oracle import LarqOracle, has_larq_operators
from edgekit.tflite_model import read_model
from tests.tiny_model import Operator, Tensor, build_dense, build_file

_BINARIZED = build_file(
    [Tensor("in", (1, 4), "float32", None), Tensor("out", (1, 1), "int32", None)],
    [Operator(32, (0,), (1,), "LceQuantize")],
    [0],
    [1],
)


def test_files_of_larq_compute_engine_are_known_by_their_operators() -> None:
    assert has_larq_operators(read_model(_BINARIZED))
    assert not has_larq_operators(read_model(build_dense()))


def test_without_larq_compute_engine_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "larq_compute_engine.tflite.python.interpreter", None)
    monkeypatch.setitem(sys.modules, "larq_compute_engine", None)
    with pytest.raises(MissingDependencyError, match="not installed; pip install larq=="):
        LarqOracle(read_model(_BINARIZED))
