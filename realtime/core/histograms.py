"""Quantiles of Prometheus histograms."""

import math
from collections.abc import Mapping


def quantile(*, ratio: float, buckets: Mapping[float, float]) -> float | None:
    """Return the value below which this ratio of observations lies, None without observations.

    buckets: cumulative counts by upper bound; the last bound must be infinite, and there must be another one.

    As Prometheus' `histogram_quantile()` ("Querying: functions"): observations are spread evenly within their bucket,
    the lowest bucket begins at 0 if its bound is positive, and what lies beyond the highest finite bound counts as
    that bound.
    """
    bounds = sorted(buckets)
    counts = _never_falling([buckets[bound] for bound in bounds])
    if counts[-1] <= 0:
        return None
    rank = ratio * counts[-1]
    index = next(number for number, count in enumerate(counts) if count >= rank)
    if math.isinf(bounds[index]):
        return bounds[-2]
    if index == 0 and bounds[0] <= 0:
        return bounds[0]
    start, below = (bounds[index - 1], counts[index - 1]) if index else (0.0, 0.0)
    return start + (bounds[index] - start) * (rank - below) / (counts[index] - below)


def _never_falling(counts: list[float]) -> list[float]:
    """Return the counts with each at least that of the bucket before: label sets may have been read unevenly."""
    highest = 0.0
    return [highest := max(highest, count) for count in counts]
