from __future__ import annotations

import numpy as np
import pytest

from edgekit.datasets import DataSet
from edgekit.errors import ModelError, RecipeError
from edgekit.recipe_accuracy import Measurement
from edgekit.stages import MAX_REFERENCE_SAMPLES, Stage, blame, describe_stages, samples_to_judge
from edgekit.techniques.quantize_int8 import QuantizeInt8


def _dataset(num_test: int, task: str = "classification") -> DataSet:
    train, test = np.zeros((4, 2), np.float32), np.zeros((num_test, 2), np.float32)
    labels = np.arange(num_test) % 2
    y_train = np.zeros(4, np.int64) if task == "anomaly" else np.arange(4) % 2
    return DataSet("two", "made here", 2, train, y_train, test, labels, task=task)


def test_files_are_judged_on_as_many_samples_as_the_reference_kernels_can_run() -> None:
    judged = samples_to_judge(_dataset(MAX_REFERENCE_SAMPLES + 1))
    assert len(judged.y_test) == len(judged.x_test) == MAX_REFERENCE_SAMPLES
    assert len(judged.y_train) == 4


def test_a_small_test_split_is_taken_whole() -> None:
    dataset = _dataset(MAX_REFERENCE_SAMPLES)
    assert samples_to_judge(dataset) is dataset


def test_recordings_are_not_cut() -> None:
    dataset = _dataset(MAX_REFERENCE_SAMPLES + 1, "anomaly")
    assert samples_to_judge(dataset) is dataset


def test_what_a_file_lost_is_told_on_the_samples_that_it_was_judged_on() -> None:
    """The first samples may be harder than all; that is not the technique's doing."""
    trained = Measurement(0.9, np.zeros(10, np.int64), "keras")
    compared = Measurement(0.5, np.zeros(4, np.int64), "keras")
    stage = Stage(QuantizeInt8(), {}, 1, 2, 3, Measurement(0.25, np.array([0, 0, 0, 1]), "micro"))
    described = describe_stages(trained, compared, [stage])
    assert (described["float"]["value"], described["n"]) == (0.9, 10)
    (only,) = described["techniques"]
    assert (only["before"], only["after"], only["n"], only["agreement_with_float"]) == (0.5, 0.25, 4, 0.75)


def test_what_a_recipe_raises_becomes_one_sentence() -> None:
    with (
        pytest.raises(RecipeError, match=r"recipe mine failed while training: ValueError: no$"),
        blame("mine", "training"),
    ):
        raise ValueError("no\nTraceback and more")


def test_what_is_a_sentence_already_stays() -> None:
    with pytest.raises(ModelError, match=r"^as it is$"), blame("mine", "training"):
        raise ModelError("as it is")
