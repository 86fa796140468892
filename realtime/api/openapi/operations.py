"""What the OpenAPI document says of each endpoint: its parameters, its answers and their headers.

drf-spectacular finds these classes by the views they speak of. They stand apart, so that serving costs none of it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from drf_spectacular.extensions import OpenApiViewExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from realtime.core.contract.document_fields import DOCUMENT
from realtime.core.contract.history_fields import HISTORY
from realtime.core.contract.index_fields import INDEX
from realtime.core.contract.json_schema import reference_to
from realtime.core.contract.metrics import METRIC_NAMES
from realtime.core.contract.shapes import Record, example_of
from realtime.core.document import build_without_snapshot
from realtime.core.history import DEFAULT_PERIOD, PERIODS
from realtime.core.parameters import FAIL_ON, MAX_NAMES
from realtime.core.records import Status
from realtime.core.slices import Fields

JSON = "application/json"
_NOW = datetime(2025, 10, 18, 18, 45, 32, 123_000, tzinfo=UTC)  # of the examples


def _word(name: str, description: str, *, words: Iterable[str], default: str | None = None) -> OpenApiParameter:
    schema: dict[str, Any] = {"type": "string", "enum": list(words)}
    return OpenApiParameter(name, schema | ({"default": default} if default else {}), description=description)


def _list(name: str, description: str, *, item: dict[str, Any], **limits: int) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        {"type": "array", "items": {"type": "string"} | item, "minItems": 1, **limits},
        description=f"{description} Separated by commas; the totals stay those of all services.",
        explode=False,
        style="form",
    )


def _header(name: str, description: str, example: str, *, status: int = 200) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        str,
        location=OpenApiParameter.HEADER,
        description=description,
        response=[status],
        examples=[OpenApiExample(name, value=example)],
    )


def _answer(record: Record, description: str, *, example_value: object = None) -> OpenApiResponse:
    example = OpenApiExample(record.name, value=example_value or example_of(record), response_only=True)
    return OpenApiResponse(reference_to(record), description=description, examples=[example])


_PERIOD = _word(
    "period",
    "Length of the current period, and of the previous one that it is compared with.",
    words=PERIODS,
    default=DEFAULT_PERIOD,
)
# Conditional requests (RFC 9110, section 13), and the headers that they build on.
_CONDITIONS = [
    OpenApiParameter(
        "If-None-Match",
        str,
        location=OpenApiParameter.HEADER,
        description="The `ETag` of an earlier answer. While it is still the answer, 304 comes without a body.",
    ),
]
_HEADERS = [
    _header("ETag", "Changes when the answer does.", '"5f2a9c0d4b1e8f7360c2d1a4b5e69788"'),
    _header("Age", "Whole seconds since the sweep finished.", "3"),
    _header("X-Cache", "HIT, or STALE while the store is away.", "HIT"),
    _header("Cache-Control", "The answer may be kept for one refresh interval.", "private, max-age=5"),
]
_NOT_MODIFIED = OpenApiResponse(description="The client already has this answer.")


def _described(view: Any, *, operation_id: str, **description: Any) -> Any:
    """Return the view as drf-spectacular reads it."""

    class Schema(AutoSchema):
        def get_operation_id(self) -> str:
            return operation_id

    class Described(view):  # type: ignore[misc]
        schema = Schema()

    return extend_schema(tags=["metrics"], **description)(Described)


class DescribedMetrics(OpenApiViewExtension):
    """`GET /api/v1/real-time-metrics`."""

    target_class = "realtime.api.views.RealTimeMetricsView"

    def view_replacement(self) -> Any:
        return _described(
            self.target_class,
            operation_id="getRealTimeMetrics",
            summary="All services as of the last sweep, compared with the period before",
            description="Answers from memory; the cost does not depend on the state of the services.",
            parameters=[
                _PERIOD,
                _word(
                    "fields",
                    "How much of the document: `summary` leaves the lists of entries empty, `brief` "
                    "leaves out the comparison of each entry.",
                    words=Fields,
                    default=Fields.ALL,
                ),
                _list("group", "Only entries of these groups.", item={}, maxItems=MAX_NAMES),
                _list("status", "Only entries with these statuses.", item={"enum": list(Status)}),
                _list("service", "Only entries of these services.", item={}, maxItems=MAX_NAMES),
                _word(
                    "fail_on",
                    "Answer 503 with the same body when the roll-up is this bad or worse, or unknown: "
                    "for monitors that only look at the HTTP status.",
                    words=FAIL_ON,
                ),
                *_CONDITIONS,
                *_HEADERS,
                _header("Last-Modified", "When the sweep finished.", "Sat, 18 Oct 2025 18:45:32 GMT"),
                _header(
                    "Link",
                    "The event stream, and this description.",
                    '</api/v1/real-time-metrics/stream>; rel="alternate"; type="text/event-stream"',
                ),
            ],
            responses={
                (200, JSON): _answer(DOCUMENT, "The document."),
                304: _NOT_MODIFIED,
                (503, JSON): _answer(
                    DOCUMENT,
                    "The document, when there is no snapshot yet or `fail_on` asks for it; or a problem, when read "
                    "keys or sessions cannot be checked.",
                    example_value=build_without_snapshot(now=_NOW, period_seconds=PERIODS[DEFAULT_PERIOD]),
                ),
            },
        )


class DescribedHistory(OpenApiViewExtension):
    """`GET /api/v1/real-time-metrics/history`."""

    target_class = "realtime.api.views.HistoryView"

    def view_replacement(self) -> Any:
        return _described(
            self.target_class,
            operation_id="getMetricHistory",
            summary="One metric over a period, as at most 30 points for each service",
            description="A point is the mean of the samples in its bucket, and null where there was none. In the "
            "period of a minute a bucket lasts 2 s, so with a sweep every 5 s three of five points are null.",
            parameters=[
                OpenApiParameter(
                    "metric",
                    description=f"One of {', '.join(METRIC_NAMES)}, or the name of a registered reading.",
                    required=True,
                    examples=[OpenApiExample("response_time_ms", value="response_time_ms")],
                ),
                _PERIOD,
                OpenApiParameter(
                    "service",
                    description="Only this service, with its failures by kind and its last 20 status changes.",
                ),
                *_CONDITIONS,
                *_HEADERS,
            ],
            responses={(200, JSON): _answer(HISTORY, "The history."), 304: _NOT_MODIFIED},
        )


class DescribedIndex(OpenApiViewExtension):
    """`GET /api/v1/`."""

    target_class = "realtime.api.views.IndexView"

    def view_replacement(self) -> Any:
        return _described(
            self.target_class,
            operation_id="getIndex",
            summary="The endpoints of the API",
            responses={(200, JSON): _answer(INDEX, "The endpoints.")},
        )
