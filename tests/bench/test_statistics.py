from __future__ import annotations

import numpy as np
import pytest

from edgekit.bench.statistics import MAX_KEPT, median_interval, summarize, wilson_interval


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


@pytest.mark.parametrize(("n", "low", "high"), [(6, 1, 6), (10, 2, 9), (20, 6, 15), (100, 40, 61)])
def test_the_median_lies_between_two_samples_in_order(n: int, low: int, high: int) -> None:
    # Ranks from the tables of the sign test at 5 %, two-sided.
    values = np.random.default_rng(3).permutation(np.arange(1.0, n + 1))
    found = summarize(list(values), warmup=0, resolution=1).median_interval
    assert found is not None
    assert (found.low, found.high, found.level, found.method) == (low, high, 0.95, "order_statistics")


def test_the_interval_of_a_median_covers_it_as_often_as_it_says() -> None:
    random = np.random.default_rng(11)
    hits = 0
    for _ in range(400):
        found = median_interval(random.lognormal(size=41))
        assert found is not None
        hits += found.low <= 1.0 <= found.high
    assert 0.93 <= hits / 400 <= 0.99


@pytest.mark.parametrize("n", [1, 2, 5])
def test_too_few_samples_have_no_interval(n: int) -> None:
    assert summarize([1.0] * n, warmup=0, resolution=1).median_interval is None


@pytest.mark.parametrize(("n", "every"), [(10_000, None), (10_001, 2), (1_000_000, 100)])
def test_of_very_many_samples_some_are_kept_and_all_are_counted(n: int, every: int | None) -> None:
    values = np.arange(float(n))
    found = summarize(values, warmup=0, resolution=1)
    assert (found.n, found.kept_every, found.max) == (n, every, n - 1)
    assert len(found.samples) == -(-n // (every or 1)) <= MAX_KEPT
    assert found.samples[1] == (every or 1)
