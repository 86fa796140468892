"""The fields of the index: what `GET /api/v1/` answers with."""

from realtime.core.contract.quantities import TEXT
from realtime.core.contract.shapes import Field, MapOf, Record

_ENDPOINT = Record(
    name="Endpoint",
    meaning="One endpoint of the API.",
    fields=(
        Field("href", TEXT, "Its path on this host.", example="/api/v1/real-time-metrics"),
        Field(
            "description", TEXT, "What it answers with.", example="all services now, compared with the period before"
        ),
    ),
)

INDEX = Record(
    name="Index",
    meaning="The endpoints of the API.",
    fields=(Field("endpoints", MapOf(value=_ENDPOINT, key="real_time_metrics"), "The endpoints by name."),),
)
