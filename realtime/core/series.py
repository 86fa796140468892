"""History as points, one for each bucket of a period: what small charts are drawn from.

A point is what happened in one bucket: the difference of the running totals at its two ends. A bucket may be shorter
than the time between two sweeps (2 s in the period of a minute); one without a sample gives None.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from realtime.core import history, sketch
from realtime.core.contract.metrics import Metric, NamedMetric
from realtime.core.document import Document, timestamp
from realtime.core.history import Figures, Window
from realtime.core.records import StatusChange


def build(
    *,
    metric: NamedMetric,
    period_seconds: int,
    buckets: Sequence[Window],
    names: Iterable[str],
    with_fleet: bool = True,
) -> Document:
    """Return the answer of the history endpoint for one metric.

    Args:
        buckets: oldest first, at least one.
        names: the services to show, in this order.
        with_fleet: False leaves out the figures of the fleet.
    """
    fleet = metric.fleet if with_fleet else None
    return {
        "metric": metric.name,
        "period_seconds": period_seconds,
        "bucket_seconds": history.bucket_seconds(period_seconds),
        "start": timestamp(datetime.fromtimestamp(buckets[0].span.start, UTC)),
        "fleet": [_fleet_point(fleet, bucket) for bucket in buckets] if fleet else [],
        "services": _service_points(metric.service, buckets=buckets, names=names) if metric.service else {},
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


def _fleet_point(metric: Metric, bucket: Window) -> float | int | None:
    if metric.quantile is not None:
        return metric.quantity.shown(sketch.quantile(bucket.latency_bins, metric.quantile))
    return _point(metric, bucket.fleet)


def _service_points(
    metric: Metric, *, buckets: Sequence[Window], names: Iterable[str]
) -> dict[str, list[float | int | None]]:
    return {name: [_point(metric, bucket.services.get(name, {})) for bucket in buckets] for name in names}


def _point(metric: Metric, figures: Mapping[str, Figures]) -> float | int | None:
    found = figures.get(metric.series)
    return metric.quantity.shown(found.mean) if found else None
