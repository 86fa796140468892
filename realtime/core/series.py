"""History as points, one for each bucket of a period: what small charts are drawn from.

A point is what happened in one bucket: the difference of the running totals at its two ends. A bucket may be shorter
than the time between two sweeps (2 s in the period of a minute); one without a sample gives None.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from realtime.core import history, sketch
from realtime.core.document import Document, timestamp
from realtime.core.history import Figures, Window
from realtime.core.records import StatusChange

_DIGITS = 9


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A figure that has a history: its series of the fleet and of each service, and the unit it is shown in.

    quantile: of the answer times of the whole fleet, where the figure is one.
    """

    name: str
    fleet: str | None = None
    service: str | None = None
    shown_per_unit: float = 1.0
    quantile: float | None = None


_KNOWN = {
    metric.name: metric
    for metric in (
        Metric(name="events_per_second", fleet=history.EVENTS_PER_SECOND),
        Metric(name="api_calls_active", fleet=history.API_CALLS_ACTIVE),
        Metric(name="health_percentage", fleet=history.HEALTH_RATIO, shown_per_unit=100),
        Metric(name="error_rate", fleet=history.FAILED, service=history.FAILED, shown_per_unit=100),
        Metric(name="response_time_ms", service=history.RESPONSE_TIME, shown_per_unit=1000),
        Metric(name="response_time_ms_p50", quantile=0.50, shown_per_unit=1000),
        Metric(name="response_time_ms_p95", quantile=0.95, shown_per_unit=1000),
    )
}
METRICS = tuple(_KNOWN)


def metric_named(name: str, *, readings: Iterable[str]) -> Metric | None:
    """Return the metric of this name, None where there is none.

    readings: public names of the registered readings of all services. One may be called like a figure of the fleet
    (`events_per_second`); then the metric has both.
    """
    known = _KNOWN.get(name)
    if name not in readings:
        return known
    if known is None:
        return Metric(name=name, service=history.reading_series(name))
    return known if known.service else Metric(name=name, fleet=known.fleet, service=history.reading_series(name))


def build(
    *, metric: Metric, period_seconds: int, buckets: Sequence[Window], names: Iterable[str], with_fleet: bool = True
) -> Document:
    """Return the answer of the history endpoint for one metric.

    Args:
        buckets: oldest first, at least one.
        names: the services to show, in this order.
        with_fleet: False leaves out the figures of the fleet.
    """
    has_fleet = with_fleet and (metric.fleet is not None or metric.quantile is not None)
    return {
        "metric": metric.name,
        "period_seconds": period_seconds,
        "bucket_seconds": history.bucket_seconds(period_seconds),
        "start": timestamp(datetime.fromtimestamp(buckets[0].span.start, UTC)),
        "fleet": [_fleet_point(metric, bucket) for bucket in buckets] if has_fleet else [],
        "services": {name: [_service_point(metric, bucket, name) for bucket in buckets] for name in names}
        if metric.service
        else {},
    }


def change_entry(change: StatusChange) -> Document:
    """Return a status change as the history endpoint shows it."""
    return {
        "at": timestamp(change.at),
        "from": change.was,
        "to": change.became,
        "kind": change.kind,
        "reason": change.reason,
    }


def _fleet_point(metric: Metric, bucket: Window) -> float | None:
    if metric.quantile is not None:
        return _shown(sketch.quantile(bucket.latency_bins, metric.quantile), metric)
    return _point(metric, metric.fleet, bucket.fleet)


def _service_point(metric: Metric, bucket: Window, name: str) -> float | None:
    return _point(metric, metric.service, bucket.services.get(name, {}))


def _point(metric: Metric, series: str | None, figures: Mapping[str, Figures]) -> float | None:
    found = figures.get(series) if series else None
    return _shown(found.mean, metric) if found else None


def _shown(value: float | None, metric: Metric) -> float | None:
    return None if value is None else float(f"{value * metric.shown_per_unit:.{_DIGITS}g}")
