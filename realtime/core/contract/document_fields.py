"""The fields of the document: what `GET /api/v1/real-time-metrics` answers with, in the order of the answer.

The first nine are those of the story that asked for this endpoint; their names, types and meaning do not change.
"""

from realtime.core.contract.compared import METRIC_COMPARISON, metric_example
from realtime.core.contract.entry_fields import ENTRY
from realtime.core.contract.metrics import FLEET_METRICS
from realtime.core.contract.quantities import (
    COUNT,
    EVENTS_PER_HOUR,
    EVENTS_PER_MINUTE,
    EVENTS_PER_SECOND,
    FAILURE_KIND,
    FAILURES_PER_MINUTE,
    FAULT_CODE,
    FLAG,
    HEALTH_PERCENT,
    MILLISECONDS,
    MOMENT,
    PERCENT,
    READING,
    SECONDS,
    STATUS,
    TEXT,
)
from realtime.core.contract.shapes import Field, ListOf, MapOf, Record
from realtime.core.records import Status

_HEALTH_SUMMARY = Record(
    name="HealthSummary",
    meaning="How many of the services that count as APIs are healthy.",
    fields=(
        Field("healthy", COUNT, "The same as `api_calls_active`.", example=5),
        Field("unhealthy", COUNT, "The sum of `inactive_apis` and `error_apis`.", example=1),
        Field("total", COUNT, "The same as `total_apis`.", example=6),
        Field(
            "health_percentage",
            HEALTH_PERCENT,
            "Share of the APIs outside maintenance that are healthy or degraded; 0 when there are none.",
            example=83.3,
        ),
    ),
)

_GROUP = Record(
    name="Group",
    meaning="The services of one group.",
    fields=(
        Field("group", TEXT, "Name of the group; empty for the services without one.", example="ingestion"),
        Field(
            "status", STATUS, "Roll-up of the group's services: the worst, leaving out maintenance.", example="healthy"
        ),
        Field("services", COUNT, "Number of its services.", example=2),
        Field("failing", COUNT, "Number of its services that are unhealthy or in error.", example=0),
    ),
)

_RECENT_CHANGE = Record(
    name="RecentChange",
    meaning="A change of the shown status of a service.",
    fields=(
        Field("at", MOMENT, "When the sweep ended that brought it.", example="2025-10-18T18:40:02.117Z"),
        Field("service", TEXT, "Name of the service.", example="data-api"),
        Field("from", STATUS, "Status before.", example="healthy"),
        Field("to", STATUS, "Status since then.", example="unhealthy"),
        Field(
            "reason",
            TEXT,
            "One sentence that says why, safe to show to anyone.",
            example="HTTP status 503, expected 200-299",
            null_when="the service became healthy",
        ),
    ),
)

_STATUS_COUNTS = Record(
    name="StatusCounts",
    meaning="Number of services in each status.",
    fields=tuple(
        Field(status, COUNT, f"Number of services whose status is {status}.", example=example)
        for status, example in zip(Status, (4, 1, 1, 0, 0, 1), strict=True)
    ),
)

_EVENTS_SOURCES = Record(
    name="EventsSources",
    meaning="What the event rate rests on.",
    fields=(
        Field("expected", COUNT, "Services that should contribute to the event rate.", example=1),
        Field(
            "fresh",
            COUNT,
            "Services that do in this sweep. If fewer than expected, the rate is too low and gives no sample.",
            example=1,
        ),
    ),
)

_ERRORS = Record(
    name="Errors",
    meaning="Failures over all services.",
    fields=(
        Field("services_failing", COUNT, "Services that are unhealthy or in error now.", example=1),
        Field("probes", COUNT, "Probes in the current period.", example=360),
        Field("failed_probes", COUNT, "Probes in the current period that failed.", example=15),
        Field("error_rate", PERCENT, "Share of the probes in the current period that failed.", example=4.17),
        Field(
            "failures_per_minute",
            FAILURES_PER_MINUTE,
            "Failed probes per minute of the time in which services were probed.",
            example=3,
        ),
        Field(
            "by_kind",
            MapOf(value=COUNT, key="timeout", keys=FAILURE_KIND),
            "Failed probes in the current period by kind, the most frequent first.",
            example={"timeout": 9, "http_status": 6},
        ),
        Field(
            "reported_errors",
            READING,
            "Sum of the numbers that the services themselves report as `error_count`.",
            example=4,
        ),
    ),
)

_PERIOD = Record(
    name="Period",
    meaning="One of the two periods that are compared.",
    fields=(
        Field("start", MOMENT, "Its beginning, at the edge of a bucket.", example="2025-10-18T18:40:40.000Z"),
        Field(
            "end",
            MOMENT,
            "Its end, at the edge of a bucket; that of the current period may lie after `timestamp`.",
            example="2025-10-18T18:45:40.000Z",
        ),
        Field("samples", COUNT, "Number of sweeps in it.", example=60),
    ),
)

_COMPARISON = Record(
    name="Comparison",
    meaning="The figures of the whole fleet in the current and in the previous period.",
    fields=(
        Field("period_seconds", SECONDS, "Length of each of the two periods.", example=300),
        Field("current", _PERIOD, "The period that ends with the bucket of the snapshot."),
        Field(
            "previous",
            _PERIOD,
            "The period before.",
            example={"start": "2025-10-18T18:35:40.000Z", "end": "2025-10-18T18:40:40.000Z", "samples": 60},
        ),
        Field(
            "metrics",
            Record(
                name="MetricComparisons",
                meaning="The comparison of each metric.",
                fields=tuple(
                    Field(metric.name, METRIC_COMPARISON, metric.meaning, example=metric_example(metric))
                    for metric in FLEET_METRICS
                ),
            ),
            "The comparison of each metric.",
        ),
    ),
)

_FAULT = Record(
    name="Fault",
    meaning="Something that failed on our side, never in a service.",
    fields=(
        Field("code", FAULT_CODE, "A stable word for programs.", example="store_unavailable"),
        Field("message", TEXT, "One sentence, safe to show to anyone.", example="the store does not answer"),
    ),
)

DOCUMENT = Record(
    name="RealTimeMetrics",
    meaning="All services as of one sweep, compared with the period before.",
    fields=(
        Field(
            "events_per_second",
            EVENTS_PER_SECOND,
            "Event ingestion rate: the sum of the readings that the registry marks as counting toward it.",
            example=12.5,
        ),
        Field("api_calls_active", COUNT, "Services that count as APIs and are healthy or degraded.", example=5),
        Field(
            "data_sources_active",
            ListOf(item=TEXT),
            "Names of the active data sources, sorted. A data source is active when its service is healthy or degraded "
            "and its condition, if any, is true.",
            example=["home-assistant", "influxdb", "websocket"],
        ),
        Field(
            "api_metrics",
            ListOf(item=ENTRY),
            "One entry for each service that counts as an API, in registry order, failing ones included.",
        ),
        Field(
            "inactive_apis",
            COUNT,
            "Services that count as APIs and are neither active nor in error: unhealthy, unknown, in maintenance.",
            example=1,
        ),
        Field("error_apis", COUNT, "Services that count as APIs and gave no usable answer.", example=0),
        Field(
            "total_apis",
            COUNT,
            "Services that count as APIs: the sum of `api_calls_active`, `inactive_apis` and `error_apis`.",
            example=6,
        ),
        Field("health_summary", _HEALTH_SUMMARY, "How many of the services that count as APIs are healthy."),
        Field("timestamp", MOMENT, "When the sweep finished.", example="2025-10-18T18:45:32.123Z"),
        Field(
            "data_sources_registered",
            ListOf(item=TEXT),
            "Names of all data sources in the registry, active or not, sorted.",
            example=["home-assistant", "influxdb", "websocket", "zigbee"],
        ),
        Field(
            "other_services",
            ListOf(item=ENTRY),
            "One entry for each service that does not count as an API, such as a pure data store, in registry order.",
        ),
        Field(
            "status",
            STATUS,
            "Roll-up of all services: the worst of error, unhealthy, degraded, unknown, healthy, leaving out "
            "maintenance; unknown while the snapshot is stale.",
            example="unhealthy",
        ),
        Field(
            "status_since",
            MOMENT,
            "Since when the roll-up has its value; while the snapshot is stale, its `timestamp`.",
            example="2025-10-18T18:40:02.117Z",
        ),
        Field("groups", ListOf(item=_GROUP), "One row for each group, in registry order, services without one last."),
        Field("recent_changes", ListOf(item=_RECENT_CHANGE), "The last 20 status changes of the fleet, newest first."),
        Field("status_counts", _STATUS_COUNTS, "Number of services in each status, over all services."),
        Field(
            "stale",
            FLAG,
            "True when the snapshot is too old (more than 2 of its own refresh intervals and the sweep deadline) or "
            "the store could not be reached. It changes no count and no entry.",
            example=False,
        ),
        Field(
            "snapshot_id",
            COUNT,
            "Number of the snapshot, which grows with each published one; 0 before the first.",
            example=1760813132123,
        ),
        Field("schema_version", COUNT, "Version of this contract. Added fields do not change it.", example=1),
        Field(
            "refresh_interval_seconds",
            SECONDS,
            "Time between the starts of two sweeps, as the snapshot was made under; 0 before the first snapshot.",
            example=5,
        ),
        Field("collection_time_ms", MILLISECONDS, "How long the sweep took.", example=212.4),
        Field("events_per_minute", EVENTS_PER_MINUTE, "The event ingestion rate per minute.", example=750),
        Field("events_per_hour", EVENTS_PER_HOUR, "The event ingestion rate per hour.", example=45000),
        Field(
            "events_sources", _EVENTS_SOURCES, "How many services should contribute to the event rate, and how many do."
        ),
        Field("errors", _ERRORS, "Failures over all services, now and in the current period."),
        Field("comparison", _COMPARISON, "The current period compared with the previous one."),
        Field(
            "error",
            _FAULT,
            "What failed on our side: the store, the registry's database, our network, or the sweep itself.",
            absent_when="nothing failed on our side",
        ),
    ),
)
