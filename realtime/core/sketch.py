"""Quantiles of positive numbers from logarithmic bins, within 1 %.

The bins are those of DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with
relative-error guarantees", VLDB 2019, section 2). They hold plain sums of weights, so that two sketches can be added,
and a later one less an earlier one is the sketch of what came between.
"""

import math
from collections.abc import Iterable, Mapping

RELATIVE_ERROR = 0.01
_GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_LOG_GAMMA = math.log(_GAMMA)
# Faster answers than a microsecond, zero included, share the lowest bin.
_LEAST = 1e-6

Bins = Mapping[int, int]


def bin_of(value: float) -> int:
    """Return the bin of a value: the one that holds (gamma^(bin-1), gamma^bin]."""
    return math.ceil(math.log(max(value, _LEAST)) / _LOG_GAMMA)


def add(bins: Bins, values: Iterable[float], *, weight: int = 1) -> dict[int, int]:
    """Return the bins with the values added, each with this weight."""
    grown = dict(bins)
    for value in values:
        index = bin_of(value)
        grown[index] = grown.get(index, 0) + weight
    return grown


def subtract(later: Bins, earlier: Bins) -> dict[int, int]:
    """Return the bins of what came after `earlier`, which must be a past state of `later`."""
    return {index: rest for index, weight in later.items() if (rest := weight - earlier.get(index, 0)) > 0}


def quantile(bins: Bins, q: float) -> float | None:
    """Return the q-quantile by nearest rank, within 1 % of the value at that rank; None for empty bins.

    With weights: the least value up to which lies the share q of their sum.
    """
    rank = max(1, math.ceil(q * sum(bins.values())))
    seen = 0
    for index in sorted(bins):
        seen += bins[index]
        if seen >= rank:
            # The point whose relative distance to both edges of the bin is the same.
            return 2 * _GAMMA**index / (_GAMMA + 1)
    return None
