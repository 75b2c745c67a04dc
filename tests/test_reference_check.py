"""What is said when the reference runtimes do not agree, and that they are both asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgekit import reference_check
from edgekit.datasets import DataSet
from edgekit.errors import RecipeError
from edgekit.recipe_accuracy import Measurement, measure_flatbuffer
from edgekit.reference_check import (
    MAX_SAMPLES,
    check_references,
    describe_references,
    num_compared,
    require_alike,
)
from edgekit.tflite_model import read_model
from tests.test_known_wrong import make_unpacking
from tests.tiny_model import build_dense

_LABELS = np.arange(400) % 10
_FIRST = Measurement(1.0, _LABELS, "tflite-micro 1")


def _differing(num: int, size: int = 200) -> Measurement:
    predictions = _LABELS[:size].copy()
    predictions[:num] += 1
    return Measurement(1.0 - num / size, predictions, "ai-edge-litert 2")


@pytest.mark.parametrize(("num", "size"), [(0, 200), (1, 200), (1, 20), (2, 400)])
def test_a_tie_in_two_hundred_samples_is_nothing(num: int, size: int) -> None:
    require_alike([_FIRST, _differing(num, size)])


@pytest.mark.parametrize(("num", "size"), [(2, 200), (2, 20), (3, 400)])
def test_more_than_that_fails_and_names_both_runtimes(num: int, size: int) -> None:
    with pytest.raises(
        RecipeError, match=rf"tflite-micro 1 and ai-edge-litert 2 answer {num} of {size} test"
    ):
        require_alike([_FIRST, _differing(num, size)])


def test_anomalies_are_held_to_their_metric() -> None:
    first = replace(_FIRST, metric="AUC", accuracy=0.90)
    require_alike([first, replace(_differing(20), metric="AUC", accuracy=0.896)])
    with pytest.raises(RecipeError, match=r"measure 0\.9000 and 0\.8900 AUC"):
        require_alike([first, replace(_differing(0), metric="AUC", accuracy=0.89)])


def test_both_are_in_the_record() -> None:
    assert describe_references([_FIRST, _differing(1)]) == [
        {"runtime": "tflite-micro 1", "value": 1.0, "n": 400, "num_differing": 0},
        {"runtime": "ai-edge-litert 2", "value": 0.995, "n": 200, "num_differing": 1},
    ]


def _data(size: int = 40) -> DataSet:
    x = np.random.default_rng(1).uniform(-8, 8, (size, 4)).astype(np.float32)
    y = np.arange(size) % 3
    return DataSet("made up", "made up", 3, x, y, x, y)


def test_the_other_reference_is_asked_for_no_more_samples_than_it_has_time_for() -> None:
    assert num_compared(_data(), 40) == 40
    assert num_compared(_data(), 1000) == MAX_SAMPLES
    anomalies = replace(
        _data(), task="anomaly", num_classes=2, y_train=np.zeros(40, int), y_test=np.arange(40) % 2
    )
    assert num_compared(anomalies, 1000) == 1000


def test_both_references_run_the_file() -> None:
    pytest.importorskip("tflite_micro")
    pytest.importorskip("ai_edge_litert")
    model, data = read_model(build_dense()), _data()
    counted: list[int] = []
    first = measure_flatbuffer(model, data, lambda count: None)
    measured = check_references(model, data, first, counted.append)
    assert [each.measured_with.split()[0] for each in measured] == ["tflite-micro", "ai-edge-litert"]
    assert sum(counted) == 40


def test_a_reference_that_answers_otherwise_fails_the_export(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tflite_micro")

    class Wrong:
        name = "ai-edge-litert of tomorrow"

        def __init__(self, model: Any) -> None:
            pass

        def invoke(self, inputs: Any) -> list[Any]:
            return [np.array([[0, 1, 2]], np.int8)]

    monkeypatch.setitem(reference_check._REFERENCES, "ai-edge-litert", Wrong)
    model, data = read_model(build_dense()), _data()
    first = measure_flatbuffer(model, data, lambda count: None)
    with pytest.raises(RecipeError, match=r"and ai-edge-litert of tomorrow answer \d+ of 40 test samples"):
        check_references(model, data, first, lambda count: None)


def test_a_file_that_a_reference_is_known_to_compute_wrongly_is_refused() -> None:
    with pytest.raises(RecipeError, match="tflite-micro computes wrong results with operator 0"):
        check_references(make_unpacking((0.5, 0.25)), _data(), _FIRST, lambda count: None)
