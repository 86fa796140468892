"""The metrics: figures that are compared over two periods and have a history, of the whole fleet or of each service."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from realtime.core import history
from realtime.core.comparison import GoodDirection
from realtime.core.contract.quantities import EVENTS_PER_SECOND, MEAN_COUNT, MILLISECONDS, PERCENT, READING
from realtime.core.contract.shapes import Number


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A figure of a period: the mean of a series of samples, or a quantile of the fleet's answer times.

    quantity: its unit and rounding, in comparison and history alike.
    example: its value in the previous and in the current period.
    floor: the least change that counts, in the answer's unit, where 5 % of the previous value is less.
    counted_by: the series whose samples say how much of a period is covered; None: its own.
    """

    name: str
    meaning: str
    quantity: Number
    example: tuple[float, float]
    series: str
    quantile: float | None = None
    floor: float = 0.0
    good: GoodDirection = GoodDirection.NEITHER
    counted_by: str | None = None


FLEET_METRICS = (
    Metric(
        name="events_per_second",
        meaning="Event ingestion rate. A sweep in which a contributing service is missing gives no sample.",
        quantity=EVENTS_PER_SECOND,
        example=(11.8, 12.5),
        series=history.EVENTS_PER_SECOND,
        floor=0.1,
    ),
    Metric(
        name="api_calls_active",
        meaning="Number of services that count as APIs and are healthy or degraded.",
        quantity=MEAN_COUNT,
        example=(6, 5),
        series=history.API_CALLS_ACTIVE,
        floor=0.5,
        good=GoodDirection.UP,
    ),
    Metric(
        name="health_percentage",
        meaning="Share of the APIs outside maintenance that are healthy or degraded.",
        quantity=PERCENT,
        example=(100, 83.33),
        series=history.HEALTH_RATIO,
        floor=1,
        good=GoodDirection.UP,
    ),
    Metric(
        name="error_rate",
        meaning="Share of all probes that failed.",
        quantity=PERCENT,
        example=(0.28, 4.17),
        series=history.FAILED,
        floor=1,
        good=GoodDirection.DOWN,
        # A dozen probes of one sweep say no more of a period than one does.
        counted_by=history.PROBED_SWEEPS,
    ),
    Metric(
        name="response_time_ms_p50",
        meaning="The median of all answer times, accurate to 1 %. Failed probes have none.",
        quantity=MILLISECONDS,
        example=(44.7, 45.1),
        series=history.LATENCY_SWEEPS,
        quantile=0.50,
        floor=5,
        good=GoodDirection.DOWN,
    ),
    Metric(
        name="response_time_ms_p95",
        meaning="The 95th percentile of all answer times, accurate to 1 %. Failed probes have none.",
        quantity=MILLISECONDS,
        example=(118.2, 131.6),
        series=history.LATENCY_SWEEPS,
        quantile=0.95,
        floor=5,
        good=GoodDirection.DOWN,
    ),
)

SERVICE_METRICS = (
    Metric(
        name="response_time_ms",
        meaning="Mean answer time of the service. Failed probes have none.",
        quantity=MILLISECONDS,
        example=(44.9, 45.4),
        series=history.RESPONSE_TIME,
        floor=5,
        good=GoodDirection.DOWN,
    ),
    Metric(
        name="error_rate",
        meaning="Share of the service's probes that failed.",
        quantity=PERCENT,
        example=(0, 1.67),
        series=history.FAILED,
        floor=1,
        good=GoodDirection.DOWN,
    ),
)

_FLEET = {metric.name: metric for metric in FLEET_METRICS}
_SERVICE = {metric.name: metric for metric in SERVICE_METRICS}
# Every name that is known without a registry.
METRIC_NAMES = tuple(_FLEET | _SERVICE)


@lru_cache(maxsize=4096)
def reading_metric(name: str) -> Metric:
    """Return the metric of a registered reading, given by its public name."""
    return Metric(
        name=name,
        meaning="Mean of the reading.",
        quantity=READING,
        example=(11.8, 12.5),
        series=history.reading_series(name),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedMetric:
    """What one metric name stands for: a figure of the fleet, one of each service, or both."""

    name: str
    fleet: Metric | None
    service: Metric | None


def metric_named(name: str, *, readings: Collection[str]) -> NamedMetric | None:
    """Return what a name stands for, None where there is no such metric.

    readings: public names of the registered readings of all services. One may be called like a figure of the fleet
    (`events_per_second`); then the name stands for both.
    """
    fleet = _FLEET.get(name)
    service = _SERVICE.get(name) or (reading_metric(name) if name in readings else None)
    return NamedMetric(name=name, fleet=fleet, service=service) if fleet or service else None
