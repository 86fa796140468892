"""The fields of the history: what `GET /api/v1/real-time-metrics/history` answers with, in the order of the answer."""

from realtime.core.contract.quantities import COUNT, FAILURE_KIND, MOMENT, READING, SECONDS, STATUS, TEXT
from realtime.core.contract.shapes import Field, ListOf, MapOf, Record

_POINTS = ListOf(item=READING, null_when="the bucket has no sample")

_STATUS_CHANGE = Record(
    name="StatusChange",
    meaning="A change of the shown status of the service.",
    fields=(
        Field("at", MOMENT, "When the sweep ended that brought it.", example="2025-10-18T18:40:02.117Z"),
        Field("from", STATUS, "Status before.", example="healthy"),
        Field("to", STATUS, "Status since then.", example="unhealthy"),
        Field(
            "kind",
            FAILURE_KIND,
            "The kind of failure that made it bad.",
            example="http_status",
            null_when="it became neither unhealthy nor error",
        ),
        Field(
            "reason",
            TEXT,
            "One sentence that says why, safe to show to anyone.",
            example="HTTP status 503, expected 200-299",
            null_when="the service became healthy",
        ),
    ),
)

HISTORY = Record(
    name="MetricHistory",
    meaning="One metric over a period, as one point for each bucket, oldest first.",
    fields=(
        Field("metric", TEXT, "Name of the metric.", example="response_time_ms"),
        Field("period_seconds", SECONDS, "Length of the period.", example=300),
        Field("bucket_seconds", SECONDS, "Length of a bucket.", example=10),
        Field(
            "start",
            MOMENT,
            "Start of the first bucket; the last bucket is that of the snapshot.",
            example="2025-10-18T18:40:40.000Z",
        ),
        Field(
            "fleet",
            _POINTS,
            "The points of the whole fleet, in the unit and rounding of the metric. Empty when the metric has no "
            "figure of the fleet, and when a single service was asked for.",
            example=[],
        ),
        Field(
            "services",
            MapOf(value=_POINTS, key="websocket-ingestion"),
            "The points of each service, in registry order; empty when the metric is one of the fleet alone.",
            example={"websocket-ingestion": [45.2, None, 44.8]},
        ),
        Field("snapshot_id", COUNT, "The snapshot that the last bucket ends with.", example=1760813132123),
        Field(
            "failures_by_kind",
            MapOf(value=COUNT, key="timeout", keys=FAILURE_KIND),
            "Failed probes of the service in the period by kind, the most frequent first.",
            example={"timeout": 9, "http_status": 6},
            absent_when="no single service was asked for",
        ),
        Field(
            "status_changes",
            ListOf(item=_STATUS_CHANGE),
            "The last 20 status changes of the service, oldest first.",
            absent_when="no single service was asked for",
        ),
    ),
)
