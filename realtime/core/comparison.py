"""Compares a figure of the current period with the previous one: change, trend, and whether that is good."""

import math
from dataclasses import dataclass
from enum import StrEnum

from realtime.core.history import Figures

# Fewer samples than these say nothing about a period.
MIN_SAMPLES = 3
# Nor do samples that stand for a smaller share of its time.
MIN_SHARE_COVERED = 0.5
# Within this share of the previous value nothing counts as a change, whatever the figure.
NOISE_RATIO = 0.05


class Trend(StrEnum):
    """Which way a figure goes; unknown when either period has too few samples."""

    UP = "up"
    DOWN = "down"
    FLAT = "flat"
    UNKNOWN = "unknown"


INDICATORS = {Trend.UP: "↑", Trend.DOWN: "↓", Trend.FLAT: "→", Trend.UNKNOWN: "·"}


class Assessment(StrEnum):
    """Whether a trend is good for the people who run the services."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    NEUTRAL = "neutral"
    UNKNOWN = "unknown"


class GoodDirection(StrEnum):
    """Which way is good for a figure; NEITHER makes it neutral."""

    UP = "up"
    DOWN = "down"
    NEITHER = "neither"


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """One figure in two periods; `change` and `change_percent` are None when the trend is unknown.

    A `previous` of 0 leaves only `change_percent` None: nothing can be a percentage of it.
    """

    current: float | None
    previous: float | None
    change: float | None
    change_percent: float | None
    trend: Trend

    @property
    def indicator(self) -> str:
        return INDICATORS[self.trend]


def compare(*, current: Figures, previous: Figures, period_seconds: float, floor: float = 0.0) -> Comparison:
    """Compare the means of two periods.

    Args:
        period_seconds: length of each of the two.
        floor: least change that counts, in the figure's own unit, where 5 % of the previous value is less.
    """
    is_enough = _is_enough(current, period_seconds) and _is_enough(previous, period_seconds)
    if current.mean is None or previous.mean is None or not is_enough:
        return Comparison(
            current=current.mean, previous=previous.mean, change=None, change_percent=None, trend=Trend.UNKNOWN
        )
    change = current.mean - previous.mean
    return Comparison(
        current=current.mean,
        previous=previous.mean,
        change=change,
        change_percent=_percent(change, of=abs(previous.mean)),
        trend=_trend(change, band=max(NOISE_RATIO * abs(previous.mean), floor)),
    )


def assess(trend: Trend, *, good: GoodDirection) -> Assessment:
    """Say whether a trend is good, given which way is good."""
    if trend is Trend.UNKNOWN:
        return Assessment.UNKNOWN
    if good is GoodDirection.NEITHER:
        return Assessment.NEUTRAL
    if trend is Trend.FLAT:
        return Assessment.SAME
    return Assessment.BETTER if trend.value == good.value else Assessment.WORSE


def _is_enough(figures: Figures, period_seconds: float) -> bool:
    return figures.samples >= MIN_SAMPLES and figures.covered_seconds >= MIN_SHARE_COVERED * period_seconds


def _percent(change: float, *, of: float) -> float | None:
    percent = change / of * 100 if of else math.nan
    # Of a denormal nearly everything is an infinite percentage, which JSON cannot say.
    return percent if math.isfinite(percent) else None


def _trend(change: float, *, band: float) -> Trend:
    if abs(change) <= band:
        return Trend.FLAT
    return Trend.UP if change > 0 else Trend.DOWN
