from __future__ import annotations

import pytest

from edgekit.bench.statistics import summarize, wilson_interval


def test_a_set_of_samples_comes_to_these_numbers() -> None:
    summary = summarize([10, 20, 30, 40], warmup=7, resolution=0.5)
    assert (summary.min, summary.median, summary.mean, summary.max) == (10, 25, 25, 40)
    assert summary.p90 == 37
    assert summary.p99 == 39.7
    assert summary.stdev == pytest.approx(12.909944, abs=1e-6)
    assert (summary.n, summary.warmup, summary.resolution) == (4, 7, 0.5)
    assert summary.samples == (10, 20, 30, 40)


def test_one_sample_has_no_standard_deviation() -> None:
    assert summarize([5], warmup=0, resolution=1).stdev is None


def test_counts_stay_whole_numbers() -> None:
    summary = summarize([2_656_760] * 3, warmup=1, resolution=40)
    assert isinstance(summary.median, int)
    assert all(isinstance(each, int) for each in summary.samples)


def test_no_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="no samples"):
        summarize([], warmup=0, resolution=1)


# Source: Wilson's formula worked out by hand with z = 1.959964.
@pytest.mark.parametrize(
    ("correct", "n", "low", "high"),
    [(81, 263, 0.255289, 0.366242), (0, 20, 0.0, 0.161125), (20, 20, 0.838875, 1.0), (1, 1, 0.206549, 1.0)],
)
def test_the_interval_is_wilsons(correct: int, n: int, low: float, high: float) -> None:
    interval = wilson_interval(correct, n)
    assert interval.low == pytest.approx(low, abs=1e-4)
    assert interval.high == pytest.approx(high, abs=1e-4)
    assert (interval.level, interval.method) == (0.95, "wilson")
