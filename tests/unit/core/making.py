"""Values for the tests of the pure core: everything a test does not speak of has a plausible default."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from realtime.core.records import Exchange, Failure, FailureKind, ProbeResult, ServiceState, Snapshot, Status, Target

NOW = datetime(2025, 10, 18, 18, 45, 32, 123_000, tzinfo=UTC)
JSON_TYPE = "application/json"

LONE_SURROGATE = "\ud800"


def target(name: str = "data-api", **changes: Any) -> Target:
    return Target(**{"name": name, "base_url": "http://127.0.0.1:8006", **changes})


def answered(body: bytes | str = b"", **changes: Any) -> Exchange:
    """An exchange that came to its end: 200, JSON, 45.2 ms."""
    given = body if isinstance(body, bytes) else body.encode()
    values = {"path": "/health", "http_status": 200, "content_type": JSON_TYPE, "elapsed_seconds": 0.0452}
    return Exchange(**{**values, "body": given, **changes})


def answered_json(document: object, **changes: Any) -> Exchange:
    return answered(json.dumps(document), **changes)


def unanswered(kind: FailureKind = FailureKind.CONNECT, **changes: Any) -> Exchange:
    return Exchange(path="/health", failure=failure(kind), **changes)


def failure(kind: FailureKind = FailureKind.CONNECT, message: str = "connection refused") -> Failure:
    return Failure(kind=kind, message=message)


def probed(name: str = "data-api", status: Status = Status.HEALTHY, **changes: Any) -> ProbeResult:
    """A probe's result; a bad one has a failure, an error no response time."""
    values: dict[str, Any] = {"target": name, "status": status, "finished_seconds": 0.1}
    if status.is_bad:
        values["failure"] = failure(FailureKind.CONNECT if status is Status.ERROR else FailureKind.REPORTED)
    if status is not Status.ERROR:
        values["response_time_seconds"] = 0.0452
    return ProbeResult(**{**values, **changes})


def state(name: str = "data-api", status: Status = Status.HEALTHY, **changes: Any) -> ServiceState:
    values: dict[str, Any] = {"name": name, "type": "core", "group": "", "counts_as_api": True, "status": status}
    if status.is_bad:
        values["failure"] = failure()
    return ServiceState(**{**values, **changes})


def snapshot(*services: ServiceState, **changes: Any) -> Snapshot:
    values: dict[str, Any] = {
        "id": 1,
        "finished_at": NOW,
        "refresh_interval_seconds": 5,
        "sweep_deadline_seconds": 4.0,
        "collection_seconds": 0.2,
        "services": services,
    }
    return Snapshot(**{**values, **changes})


# Text as JSON can carry it: lone surrogates included.
json_texts = st.text(st.characters(), max_size=20) | st.sampled_from(
    ["ok", "DOWN", "Degraded.", "", "status", "1:25:24.57", LONE_SURROGATE, "reported_error", "\0"]
)
json_names = json_texts | st.sampled_from(
    ["status", "state", "health", "uptime_seconds", "uptime", "error_count", "events_per_second", "a", "b", "items"]
)
json_numbers = (
    st.integers(-(2**53), 2**53) | st.sampled_from([10**307, -(10**307), 10**308, 10**400]) | st.floats(allow_nan=False)
)
json_scalars = st.none() | st.booleans() | json_numbers | json_texts
json_values: st.SearchStrategy[Any] = st.recursive(
    json_scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(json_names, inner, max_size=6),
    max_leaves=12,
)
json_objects = st.dictionaries(json_names, json_scalars, max_size=12)
json_bodies = json_values.map(lambda value: json.dumps(value).encode())
