"""What a set of samples comes to, and how far a proportion can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgekit.bench.result import ConfidenceInterval, Distribution

CONFIDENCE_LEVEL = 0.95


def summarize(samples: Sequence[float], *, warmup: int, resolution: float) -> Distribution:
    """Percentiles interpolate linearly between samples; `stdev` divides by n - 1, absent for one sample."""
    if not samples:
        raise ValueError("no samples to summarize")
    values = np.asarray(samples, dtype=np.float64)
    median, p90, p99 = (_tidy(each) for each in np.percentile(values, (50, 90, 99)))
    return Distribution(
        samples=tuple(_tidy(each) for each in samples),
        n=len(samples),
        warmup=warmup,
        min=_tidy(values.min()),
        median=median,
        mean=_tidy(values.mean()),
        max=_tidy(values.max()),
        p90=p90,
        p99=p99,
        resolution=_tidy(resolution),
        stdev=_tidy(values.std(ddof=1)) if len(samples) > 1 else None,
    )


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
