"""What a set of samples comes to, and how far a proportion can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from edgekit.bench.result import ConfidenceInterval, Distribution, Window

CONFIDENCE_LEVEL = 0.95
MAX_KEPT = 10_000
"""A fast model makes millions of runs; a result that everybody can open has not so many numbers."""


def summarize(
    samples: Sequence[float] | npt.NDArray[np.float64],
    *,
    warmup: int,
    resolution: float,
    windows: Sequence[Window] | None = None,
    repeats: bool = False,
) -> Distribution:
    """Percentiles interpolate linearly between samples; `stdev` divides by n - 1, absent for one sample.

    `repeats` says that runs are equal by nature, so that an interval of their median would say nothing.
    """
    if not len(samples):
        raise ValueError("no samples to summarize")
    values = np.asarray(samples, dtype=np.float64)
    every = -(-len(values) // MAX_KEPT)
    median, p90, p99 = (_tidy(each) for each in np.percentile(values, (50, 90, 99)))
    return Distribution(
        samples=tuple(_tidy(each) for each in values[::every]),
        n=len(values),
        warmup=warmup,
        min=_tidy(values.min()),
        median=median,
        mean=_tidy(values.mean()),
        max=_tidy(values.max()),
        p90=p90,
        p99=p99,
        resolution=_tidy(resolution),
        stdev=_tidy(values.std(ddof=1)) if len(values) > 1 else None,
        kept_every=every if every > 1 else None,
        median_interval=None if repeats else median_interval(values),
        windows=None if windows is None else tuple(windows),
    )


def median_interval(
    values: npt.NDArray[np.float64], level: float = CONFIDENCE_LEVEL
) -> ConfidenceInterval | None:
    """Between two samples in order of size; whatever the distribution, as long as the samples are independent.

    None for so few that no two of them enclose the median surely enough.

    Source: David, Nagaraja: Order Statistics, 3rd edition, section 7.1.
    """
    from scipy.stats import binom  # importing scipy.stats takes longer than many a benchmark

    n = len(values)
    rank = int(binom.ppf((1 - level) / 2, n, 0.5))  # from 1; as many samples lie above the upper end
    if rank < 1:
        return None
    ordered = np.partition(values, (rank - 1, n - rank))
    return ConfidenceInterval(_tidy(ordered[rank - 1]), _tidy(ordered[n - rank]), level, "order_statistics")


def wilson_interval(num_correct: int, n: int, level: float = CONFIDENCE_LEVEL) -> ConfidenceInterval:
    """Source: Wilson, E. B. (1927), Probable inference, JASA 22. It stays inside [0, 1] even at 0 and n."""
    from scipy.stats import binomtest  # importing scipy.stats takes longer than many a benchmark

    interval = binomtest(num_correct, n).proportion_ci(confidence_level=level, method="wilson")
    return ConfidenceInterval(
        low=float(interval.low), high=float(interval.high), level=level, method="wilson"
    )


def _tidy(value: float) -> float:
    """Counts stay whole numbers, and microseconds do not pretend to more digits than picoseconds."""
    number = float(value)
    return int(number) if number.is_integer() else round(number, 6)
