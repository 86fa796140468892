"""The descriptions of the contract are whole, and say what a real document and a real history hold."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core import document, history, series
from realtime.core.contract.compared import METRIC_COMPARISON, SERVICE_COMPARISON
from realtime.core.contract.document_fields import DOCUMENT
from realtime.core.contract.entry_fields import ENTRY
from realtime.core.contract.history_fields import HISTORY
from realtime.core.contract.index_fields import INDEX
from realtime.core.contract.metrics import FLEET_METRICS, SERVICE_METRICS, Metric, metric_named, reading_metric
from realtime.core.contract.problem_fields import PROBLEM
from realtime.core.contract.shapes import Record, example_of, records_in
from realtime.core.history import Figures, Span, Window, reading_series
from realtime.core.records import (
    Evidence,
    Failure,
    FailureKind,
    Fault,
    FaultCode,
    ServiceState,
    Snapshot,
    Status,
    StatusChange,
)
from realtime.core.slices import Fields, Slice
from tests.conformance import Conformance, described_ways
from tests.unit.core.making import NOW, failure, snapshot, state
from tests.unit.core.test_codec import snapshots

ANSWERS = (DOCUMENT, HISTORY, INDEX, PROBLEM)
CURRENT, PREVIOUS = history.spans(at=NOW.timestamp(), period_seconds=300)


RECORDS = {record.name: record for answer in ANSWERS for record in records_in(answer)}


def figures(mean: float, *, count: int = 60) -> Figures:
    return Figures(samples=count, mean=mean, covered_seconds=5.0 * count)


def window(span: Span, *, factor: float = 1.0) -> Window:
    """A window in which every series has samples, with figures that only rounding makes short."""
    own = {
        history.RESPONSE_TIME: figures(0.0452345 * factor),
        history.FAILED: figures(factor / 9),
        reading_series("rate"): figures(12.3456789123 * factor),
        history.kind_series("timeout"): figures(1.0),
    }
    fleet = {
        history.SWEEPS: figures(1.0),
        history.PROBED_SWEEPS: figures(1.0),
        history.LATENCY_SWEEPS: figures(1.0),
        history.FAILED: figures(factor / 7, count=360),
        history.EVENTS_PER_SECOND: figures(12.3456789123 * factor),
        history.API_CALLS_ACTIVE: figures(5.4321 * factor),
        history.HEALTH_RATIO: figures(0.7654321 * factor),
        history.kind_series("timeout"): figures(1.0),
        history.kind_series("connect"): figures(1.0),
    }
    return Window(span=span, fleet=fleet, services={"rich": own}, latency_bins={10: 5, 20: 6})


RICH = state(
    "rich",
    Status.UNHEALTHY,
    type="data",
    group="ingestion",
    status_since=NOW,
    evidence=Evidence.WORD,
    unknown_word="quiescing",
    reason="HTTP status 503",
    pending=True,
    response_time_seconds=0.0452345,
    readings={"rate": 12.3456789123, "depth": 7.0, "reported_error_count": 4.0},
    tracked=("rate",),
    reading_errors={"away": "the expression finds nothing in the answer"},
    uptime_seconds=86_400.123456,
    checked_at=NOW,
    last_success_at=NOW - timedelta(seconds=5),
    consecutive_failures=2,
    failure=Failure(kind=FailureKind.HTTP_STATUS, message="HTTP status 503", http_status=503),
    next_check_at=NOW + timedelta(minutes=1),
    certificate_days=-3,
)
UNREACHABLE = state("unreachable", Status.ERROR, failure=failure())
AWAY = state("away", Status.MAINTENANCE, maintenance_until=NOW + timedelta(hours=1), counts_as_api=False)
CHANGES = (
    StatusChange(service="rich", at=NOW, was=Status.HEALTHY, became=Status.UNHEALTHY, reason="HTTP status 503"),
    StatusChange(service="away", at=NOW, was=Status.ERROR, became=Status.HEALTHY),
)
FULL = snapshot(
    RICH,
    UNREACHABLE,
    AWAY,
    registered_sources=("influxdb", "websocket", "zigbee"),
    active_sources=("influxdb", "websocket"),
    events_per_second=12.3456789123,
    events_expected=2,
    events_fresh=1,
    status_since=NOW,
    recent_changes=CHANGES,
    collection_seconds=0.2123456,
)


def as_json(value: object) -> Any:
    return json.loads(json.dumps(value, allow_nan=False))


# The descriptions themselves


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_every_field_has_a_meaning_in_whole_sentences(record: Record) -> None:
    others = (record.others,) if record.others else ()
    for text in (record.meaning, *(one.meaning for one in (*record.fields, *others))):
        assert text[0].isupper() or text[0] == "`", text
        assert text.endswith("."), text
        assert "  " not in text
    for one in record.fields:
        assert not f"{one.null_when}{one.absent_when}".endswith(".")


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.name)
def test_the_examples_are_as_described(answer: Record) -> None:
    found = Conformance()

    found.check(as_json(example_of(answer)), answer)

    assert found.violations == []


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.name)
def test_records_of_one_name_are_one_record(answer: Record) -> None:
    by_name: dict[str, Record] = {}
    for record in records_in(answer):
        assert by_name.setdefault(record.name, record) == record


@pytest.mark.parametrize("metric", [*FLEET_METRICS, *SERVICE_METRICS, reading_metric("n")], ids=lambda one: one.name)
def test_every_metric_is_described_with_a_rounded_example(metric: Metric) -> None:
    assert metric.meaning.endswith(".")
    assert [metric.quantity.rounded(value) for value in metric.example] == list(metric.example)


def test_the_metrics_that_the_document_describes_are_those_that_are_compared() -> None:
    (metrics,) = [record for record in records_in(DOCUMENT) if record.name == "MetricComparisons"]

    assert metrics.field_names == {metric.name for metric in FLEET_METRICS}


# What is answered


def test_a_full_document_has_the_described_fields_in_every_described_way() -> None:
    found = Conformance()

    fault = Fault(code=FaultCode.INTERNAL, message="something failed")
    brief: dict[str, Any] = {"fault": fault, "part": Slice(fields=Fields.BRIEF)}
    for now, before, options in (
        (window(CURRENT), window(PREVIOUS, factor=0.9), {}),
        (Window(span=CURRENT), Window(span=PREVIOUS), brief),
    ):
        found.check(as_json(document.build(snapshot=FULL, current=now, previous=before, **options)), DOCUMENT)

    assert found.violations == []
    assert found.seen == described_ways(DOCUMENT)


def test_the_fields_of_a_document_come_in_the_order_of_their_descriptions() -> None:
    built = document.build(
        snapshot=FULL,
        current=window(CURRENT),
        previous=window(PREVIOUS),
        fault=Fault(code=FaultCode.INTERNAL, message="something failed"),
    )

    assert_in_order(built, DOCUMENT)
    for entry in (*built["api_metrics"], *built["other_services"]):
        assert_in_order(entry, ENTRY)
    assert_in_order(built["comparison"]["metrics"]["error_rate"], METRIC_COMPARISON)
    assert_in_order(built["api_metrics"][0]["comparison"]["rate"], SERVICE_COMPARISON)


def assert_in_order(value: dict[str, Any], record: Record) -> None:
    described = [one.name for one in record.fields if one.name in value]
    assert [name for name in value if name in record.field_names] == described


def test_the_document_without_a_snapshot_is_as_described() -> None:
    found = Conformance()

    found.check(as_json(document.build_without_snapshot(now=NOW, period_seconds=60)), DOCUMENT)

    assert found.violations == []


@given(published=snapshots, stale=st.booleans(), factor=st.floats(0.001, 1.0))
def test_any_document_is_as_described(published: Snapshot, stale: bool, factor: float) -> None:
    found = Conformance()
    limited = [limited_state(one) for one in published.services]

    built = document.build(
        snapshot=snapshot(*limited, recent_changes=published.recent_changes, fault=published.fault),
        current=window(CURRENT, factor=factor),
        previous=window(PREVIOUS),
        stale=stale,
    )

    found.check(as_json(built), DOCUMENT)
    assert found.violations == []


def limited_state(one: ServiceState) -> ServiceState:
    """The state with names and values as probing gives them: the strategy makes any."""
    return state(
        one.name,
        one.status,
        group=one.group,
        reason=one.reason,
        evidence=one.evidence,
        failure=one.failure,
        readings={f"n{name}": max(-1e290, min(1e290, value)) for name, value in one.readings.items()},
        tracked=tuple(f"n{name}" for name in one.tracked),
    )


@pytest.mark.parametrize("name", ["response_time_ms_p95", "error_rate", "rate", "events_per_second"])
def test_a_history_is_as_described(name: str) -> None:
    found = Conformance()

    found.check(as_json(history_of(name, [window(CURRENT), Window(span=CURRENT)])), HISTORY)

    assert found.violations == []


def test_the_history_of_one_service_has_the_described_fields_in_every_described_way() -> None:
    found = Conformance()
    changes = [
        StatusChange(
            service="rich", at=NOW, was=Status.HEALTHY, became=Status.ERROR, kind=FailureKind.DNS, reason="no such name"
        ),
        StatusChange(service="rich", at=NOW, was=Status.ERROR, became=Status.HEALTHY),
    ]
    whole = history_of("error_rate", [window(CURRENT)])
    own = {"failures_by_kind": {"dns": 1}, "status_changes": [series.change_entry(change) for change in changes]}

    for answer in (whole, whole | own):
        found.check(as_json(answer), HISTORY)

    assert found.violations == []
    assert found.seen == described_ways(HISTORY)


def history_of(name: str, buckets: list[Window]) -> dict[str, Any]:
    metric = metric_named(name, readings={"rate"})
    assert metric is not None
    built = series.build(metric=metric, period_seconds=300, buckets=buckets, names=["rich"])
    return built | {"snapshot_id": 1}


# One metric, two answers


@pytest.mark.parametrize("metric", FLEET_METRICS, ids=lambda metric: metric.name)
def test_a_figure_of_the_fleet_is_rounded_alike_in_document_and_history(metric: Metric) -> None:
    one = window(CURRENT)

    shown = document.build(snapshot=FULL, current=one, previous=one)["comparison"]["metrics"][metric.name]
    points = history_of(metric.name, [one])["fleet"]

    assert points == [shown["current"]]
    assert round(points[0], metric.quantity.decimals or 8) == points[0]


@pytest.mark.parametrize("name", ["response_time_ms", "error_rate", "rate"])
def test_a_figure_of_a_service_is_rounded_alike_in_document_and_history(name: str) -> None:
    one = window(CURRENT)

    entry = document.build(snapshot=FULL, current=one, previous=one)["api_metrics"][0]

    assert history_of(name, [one])["services"]["rich"] == [entry["comparison"][name]["current"]]


@pytest.mark.parametrize("name", ["health_percentage", "response_time_ms_p95"])
def test_a_reading_named_like_a_figure_of_the_fleet_leaves_that_figure_as_it_is(name: str) -> None:
    one = window(CURRENT)
    shared = metric_named(name, readings={name})
    assert shared is not None

    both = series.build(metric=shared, period_seconds=300, buckets=[one], names=["rich"])

    assert both["fleet"] == history_of(name, [one])["fleet"]
    assert both["services"] == {"rich": [None]}


def test_a_moment_is_described_as_it_is_written() -> None:
    found = Conformance()
    (timestamp,) = [one for one in DOCUMENT.fields if one.name == "timestamp"]

    for text in (document.timestamp(datetime(2025, 1, 2, tzinfo=UTC)), timestamp.example):
        found.check(text, timestamp.shape)

    assert found.violations == []
