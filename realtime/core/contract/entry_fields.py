"""The fields of an entry: what the answer says of one service.

The readings of the service stand flat beside them, so a reading with the name of a field is called `reported_<name>`.
"""

from realtime.core.contract.compared import SERVICE_COMPARISON, service_example
from realtime.core.contract.metrics import SERVICE_METRICS, reading_metric
from realtime.core.contract.quantities import (
    COUNT,
    DAYS,
    EVIDENCE,
    FAILURE_KIND,
    FLAG,
    MILLISECONDS,
    MOMENT,
    PERCENT,
    READING,
    STATUS,
    TEXT,
    UPTIME_SECONDS,
)
from realtime.core.contract.shapes import Field, MapOf, Record, Whole

FAILURE = Record(
    name="Failure",
    meaning="Why a probe failed. It holds no credential, query string, header or stack trace.",
    fields=(
        Field("kind", FAILURE_KIND, "The kind of failure.", example="http_status"),
        Field("message", TEXT, "One sentence, safe to show to anyone.", example="HTTP status 503, expected 200-299"),
        Field(
            "http_status",
            Whole(),
            "The HTTP status of the answer.",
            example=503,
            null_when="there was no HTTP answer",
        ),
    ),
)

_COMPARISON = Record(
    name="EntryComparison",
    meaning="The figures of a service in the current and in the previous period: its own, and its registered readings.",
    fields=tuple(
        Field(metric.name, SERVICE_COMPARISON, metric.meaning, example=service_example(metric))
        for metric in SERVICE_METRICS
    ),
    others=Field(
        "events_per_second",
        SERVICE_COMPARISON,
        "The mean of a registered reading, under the name that it has in the entry.",
        example=service_example(reading_metric("events_per_second")),
    ),
)

ENTRY = Record(
    name="Entry",
    meaning="One service, with its readings flat beside the fields.",
    fields=(
        Field("service", TEXT, "Name of the service in the registry.", example="websocket-ingestion"),
        Field("status", STATUS, "Status of the service after flap damping.", example="healthy"),
        Field(
            "response_time_ms",
            MILLISECONDS,
            "Measured by us: from sending the health request, including connecting if needed, to the last body byte. "
            "For `tcp://` and `tls://`, the time until the connection was established.",
            example=45.2,
            null_when="there was no answer",
        ),
        Field("type", TEXT, "A free word from the registry: core, data, analysis, ai, datastore.", example="core"),
        Field("group", TEXT, "Group of the service in the registry; empty without one.", example="ingestion"),
        Field(
            "status_since",
            MOMENT,
            "Since when the status has its value.",
            example="2025-10-18T09:12:07.481Z",
            null_when="that is not known",
        ),
        Field(
            "reason",
            TEXT,
            "One sentence, safe to show to anyone: why the service is degraded, bad or unknown, or until when it is in "
            "maintenance.",
            example="slower than 1 s: 1.21 s",
            null_when="the service is healthy",
        ),
        Field(
            "evidence",
            EVIDENCE,
            "What the status rests on: the words under `status_path`, a status word in a usual place, a bound, the "
            "HTTP status alone, or an established connection.",
            example="word",
            null_when="there was no usable answer",
        ),
        Field(
            "unknown_word",
            TEXT,
            "A status word in the answer whose meaning is not known, so that it decided nothing.",
            example="quiescing",
            null_when="there was none",
        ),
        Field(
            "checked_at",
            MOMENT,
            "When the last probe ended.",
            example="2025-10-18T18:45:32.098Z",
            null_when="the service was never probed",
        ),
        Field(
            "last_success",
            MOMENT,
            "When the last probe ended that did not fail.",
            example="2025-10-18T18:45:32.098Z",
            null_when="no probe has succeeded yet",
        ),
        Field("consecutive_failures", COUNT, "Failed probes in a row, up to the last one.", example=0),
        Field(
            "pending",
            FLAG,
            "True while the last probe speaks for another status, which is not shown before enough probes agree (flap "
            "damping).",
            example=False,
        ),
        Field("error_count", COUNT, "Failed probes in the current period.", example=1),
        Field("error_rate", PERCENT, "Share of the probes in the current period that failed.", example=1.67),
        Field(
            "error",
            FAILURE,
            "The failure behind the shown status.",
            null_when="the status is neither unhealthy nor error",
        ),
        Field(
            "maintenance_until",
            MOMENT,
            "End of the maintenance window.",
            example="2025-10-18T20:00:00.000Z",
            absent_when="the service is not in maintenance",
        ),
        Field(
            "certificate_days",
            DAYS,
            "Whole days until the server's certificate expires, negative once it has.",
            example=61,
            absent_when="the last probe saw no certificate",
        ),
        Field(
            "next_check_at",
            MOMENT,
            "When the service is probed again.",
            example="2025-10-18T18:46:32.000Z",
            absent_when="it is probed in every sweep; a service that keeps timing out is not",
        ),
        Field(
            "uptime_seconds",
            UPTIME_SECONDS,
            "How long the service says that it has been running.",
            example=86400.5,
            absent_when="the service does not say",
        ),
        Field(
            "reading_errors",
            MapOf(value=TEXT, key="queue_depth"),
            "Why a registered reading is missing, by its name.",
            example={"queue_depth": "the expression finds nothing in the answer"},
            absent_when="every registered reading could be read",
        ),
        Field(
            "comparison",
            _COMPARISON,
            "The service's figures in the current and in the previous period.",
            absent_when="the request says `fields=brief`",
        ),
    ),
    others=Field(
        "events_per_minute",
        READING,
        "A reading of the service: a registered one, or a number from the top level of its health answer. Its name and "
        "unit are those of the registry or of the service.",
        example=750,
    ),
)

# The names that no reading can have; `uptime_seconds` is both a reading and the field that shows it.
ENTRY_FIELDS = ENTRY.field_names
