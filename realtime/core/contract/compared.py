"""One metric in two periods: what the answer shows of the comparison, and the meaning of each of its fields."""

from typing import Any

from realtime.core.comparison import Comparison, assess, compare
from realtime.core.contract.metrics import Metric
from realtime.core.contract.quantities import ASSESSMENT, CHANGE_PERCENT, INDICATOR, READING, TREND
from realtime.core.contract.shapes import Field, Record
from realtime.core.history import Figures

_EXAMPLE_SECONDS = 300

_CURRENT = Field(
    "current",
    READING,
    "The figure in the current period, in the unit and rounding of its metric.",
    example=12.5,
    null_when="the period has no sample",
)
_PREVIOUS = Field(
    "previous",
    READING,
    "The figure in the previous period, in the unit and rounding of its metric.",
    example=11.8,
    null_when="the period has no sample",
)
_TOO_LITTLE = "either period has fewer than 3 samples or samples that cover less than half of it"
_CHANGE_PERCENT = Field(
    "change_percent",
    CHANGE_PERCENT,
    "The change as a percentage of the previous figure.",
    example=5.9,
    null_when=f"`previous` is 0, or {_TOO_LITTLE}",
)
_TREND = Field(
    "trend",
    TREND,
    "Which way the figure goes. It is flat while the change is at most 5 % of the previous figure, or at most the "
    f"noise floor of the metric; unknown when {_TOO_LITTLE}.",
    example="up",
)

SERVICE_COMPARISON = Record(
    name="ServiceComparison",
    meaning="One figure of a service in the current and in the previous period.",
    fields=(_CURRENT, _PREVIOUS, _CHANGE_PERCENT, _TREND),
)

METRIC_COMPARISON = Record(
    name="MetricComparison",
    meaning="One figure of the whole fleet in the current and in the previous period.",
    fields=(
        _CURRENT,
        _PREVIOUS,
        Field(
            "change",
            READING,
            "`current` less `previous`, in the unit and rounding of the metric.",
            example=0.7,
            null_when=_TOO_LITTLE,
        ),
        _CHANGE_PERCENT,
        _TREND,
        Field("indicator", INDICATOR, "The trend as an arrow, or a dot while it is unknown.", example="↑"),
        Field(
            "assessment",
            ASSESSMENT,
            "Whether the trend is good. Fewer errors, shorter answer times and more health are better; the event rate "
            "is neutral.",
            example="neutral",
        ),
    ),
)


def service_comparison(metric: Metric, *, current: Figures, previous: Figures, period_seconds: int) -> dict[str, Any]:
    """Return a `ServiceComparison`; the figures are in the inside unit."""
    compared = _compared(metric, current=current, previous=previous, period_seconds=period_seconds)
    before = metric.quantity.rounded(compared.previous)
    return {
        "current": metric.quantity.rounded(compared.current),
        "previous": before,
        "change_percent": _change_percent(compared, of=before),
        "trend": compared.trend,
    }


def metric_comparison(metric: Metric, *, current: Figures, previous: Figures, period_seconds: int) -> dict[str, Any]:
    """Return a `MetricComparison`; the figures are in the inside unit."""
    compared = _compared(metric, current=current, previous=previous, period_seconds=period_seconds)
    before = metric.quantity.rounded(compared.previous)
    # The difference of two figures is no more exact than the larger of them.
    largest = max(abs(compared.current or 0.0), abs(compared.previous or 0.0))
    return {
        "current": metric.quantity.rounded(compared.current),
        "previous": before,
        "change": metric.quantity.rounded(compared.change, like=largest),
        "change_percent": _change_percent(compared, of=before),
        "trend": compared.trend,
        "indicator": compared.indicator,
        "assessment": assess(compared.trend, good=metric.good),
    }


def service_example(metric: Metric) -> dict[str, Any]:
    """Return the comparison of the metric's own example."""
    previous, current = _example_figures(metric)
    return service_comparison(metric, current=current, previous=previous, period_seconds=_EXAMPLE_SECONDS)


def metric_example(metric: Metric) -> dict[str, Any]:
    """Return the comparison of the metric's own example."""
    previous, current = _example_figures(metric)
    return metric_comparison(metric, current=current, previous=previous, period_seconds=_EXAMPLE_SECONDS)


def _example_figures(metric: Metric) -> tuple[Figures, Figures]:
    previous, current = (
        Figures(samples=60, mean=value / metric.quantity.per_unit, covered_seconds=_EXAMPLE_SECONDS)
        for value in metric.example
    )
    return previous, current


def _compared(metric: Metric, *, current: Figures, previous: Figures, period_seconds: int) -> Comparison:
    # Compared in the answer's unit, like the noise floors: 2 % and 1 % are one point apart, 0.02 and 0.01 a bit more.
    return compare(
        current=_in_unit(current, metric.quantity.per_unit),
        previous=_in_unit(previous, metric.quantity.per_unit),
        period_seconds=period_seconds,
        floor=metric.floor,
    )


def _in_unit(figures: Figures, per_unit: float) -> Figures:
    return figures if figures.mean is None or per_unit == 1 else figures._replace(mean=figures.mean * per_unit)


def _change_percent(compared: Comparison, *, of: float | None) -> float | int | None:
    """Return the change in percent, None where the previous figure is shown as 0."""
    return CHANGE_PERCENT.rounded(compared.change_percent) if of else None
