from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.anomaly import Scores, score_recordings, to_real
from edgekit.tflite_model import read_model
from tests.tiny_model import build_dense

_INPUT = read_model(build_dense()).inputs[0]


def _scores(errors: list[float], labels: list[int]) -> Scores:
    return Scores(np.array(errors, float), np.array(labels))


@pytest.mark.parametrize(
    ("errors", "labels", "auc"),
    [
        ([1, 2, 3, 4], [0, 0, 1, 1], 1.0),
        ([4, 3, 2, 1], [0, 0, 1, 1], 0.0),
        ([1, 3, 2, 4], [0, 0, 1, 1], 0.75),
        ([5, 5, 5], [0, 1, 1], 0.5),
    ],
)
def test_the_area_is_the_share_of_pairs_in_the_right_order(
    errors: list[float], labels: list[int], auc: float
) -> None:
    assert _scores(errors, labels).auc == auc


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=40))
@settings(deadline=None)
def test_it_is_what_counting_every_pair_gives(samples: list[tuple[int, bool]]) -> None:
    good = [error for error, is_anomaly in samples if not is_anomaly]
    bad = [error for error, is_anomaly in samples if is_anomaly]
    if not good or not bad:
        return
    pairs = [(a > b) + (a == b) / 2 for a in bad for b in good]
    found = _scores([error for error, _ in samples], [int(is_anomaly) for _, is_anomaly in samples])
    assert found.auc == pytest.approx(sum(pairs) / len(pairs))
    low, high = found.interval(0.95)
    assert 0 <= low <= found.auc <= high <= 1


def test_the_interval_narrows_with_more_recordings_and_never_claims_certainty() -> None:
    few, many = (_scores([*range(2 * size)], [0] * size + [1] * size) for size in (5, 500))
    assert few.interval(0.95)[1] == many.interval(0.95)[1] == 1.0
    assert 0.5 < few.interval(0.95)[0] < many.interval(0.95)[0] < 1.0


def test_the_interval_holds_the_true_area_as_often_as_it_says() -> None:
    """Normal scores one standard deviation apart have an area of 0.7602."""
    random, inside = np.random.default_rng(1), 0
    labels = np.repeat([0, 1], 30)
    for _ in range(400):
        low, high = Scores(random.normal(labels, 1.0), labels).interval(0.95)
        inside += low < 0.7602 < high
    assert 0.92 <= inside / 400 <= 0.985


def test_a_recording_is_the_mean_over_its_windows_in_the_order_of_the_numbers() -> None:
    inputs = np.zeros((5, 1, 2))
    outputs = np.array([[1, 1], [0, 0], [2, 0], [0, 4], [3, 3]])
    found = score_recordings(inputs, outputs, np.array([1, 0, 1, 0, 1]), np.array([7, 3, 7, 3, 9]))
    assert found.errors.tolist() == [(0 + 8) / 2, (1 + 2) / 2, 9]
    assert found.labels.tolist() == [0, 1, 1]
    alone = score_recordings(inputs, outputs, np.array([1, 0, 1, 0, 1]), None)
    assert alone.errors.tolist() == [1, 0, 2, 8, 9]


def test_many_windows_are_scored_in_parts() -> None:
    inputs = np.random.default_rng(2).normal(0, 1, (10_000, 3)).astype(np.float32)
    labels = np.arange(10_000) % 2
    found = score_recordings(inputs, np.zeros_like(inputs), labels, None)
    np.testing.assert_allclose(found.errors, np.square(inputs.astype(float)).mean(axis=1))


def test_quantized_numbers_are_compared_as_what_they_stand_for() -> None:
    # scale 0.5, zero point -1
    assert to_real(np.array([-1, 1, -128], np.int8), _INPUT).tolist() == [0.0, 1.0, -63.5]
    assert to_real(np.array([0.25], np.float32), _INPUT).tolist() == [0.25]
