"""The public contract: a snapshot and its two windows as the object that is answered with."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core import history, sketch
from realtime.core.contract.entry_fields import ENTRY_FIELDS
from realtime.core.document import Document, build, build_without_snapshot, timestamp
from realtime.core.history import PERIODS, Figures, Span, Window, reading_series
from realtime.core.records import Evidence, Failure, FailureKind, Fault, FaultCode, ServiceState, Snapshot, Status
from tests.unit.core.making import NOW, failure, snapshot, state
from tests.unit.core.test_codec import snapshots

# 18:45:32.123 in whole buckets of ten seconds.
CURRENT = Span(start=int(datetime(2025, 10, 18, 18, 40, 40, tzinfo=UTC).timestamp()), end=1_760_813_140)
PREVIOUS = Span(start=CURRENT.start - 300, end=CURRENT.start)
NO_HISTORY = (Window(span=CURRENT), Window(span=PREVIOUS))

STORY = [
    state("websocket-ingestion", response_time_seconds=0.0452, readings={"events_per_minute": 750.0}),
    state("enrichment-pipeline", response_time_seconds=0.1205, readings={"processing_rate": 740.0}),
    state("data-api", response_time_seconds=0.0351, readings={"queries_per_minute": 125.0}),
    state("ai-automation-service", response_time_seconds=0.08),
    state("device-intelligence", Status.DEGRADED, response_time_seconds=1.2),
    state("log-aggregator", Status.UNHEALTHY, response_time_seconds=0.01),
]


def story() -> Snapshot:
    return snapshot(
        *STORY,
        events_per_second=12.5,
        events_expected=1,
        events_fresh=1,
        active_sources=("home-assistant", "influxdb", "websocket"),
    )


def built(
    published: Snapshot,
    *,
    current: Window = NO_HISTORY[0],
    previous: Window = NO_HISTORY[1],
    stale: bool = False,
    fault: Fault | None = None,
) -> Document:
    return build(snapshot=published, current=current, previous=previous, stale=stale, fault=fault)


def window(span: Span, *, fleet: Mapping[str, Figures] | None = None, **services: Mapping[str, Figures]) -> Window:
    return Window(span=span, fleet=fleet or {}, services=services)


def swept(mean: float, *, count: int = 60) -> Figures:
    """Figures of so many sweeps of five seconds."""
    return Figures(samples=count, mean=mean, covered_seconds=5 * count)


def metric(name: str, *, current: Mapping[str, Figures], previous: Mapping[str, Figures]) -> Any:
    document = built(story(), current=window(CURRENT, fleet=current), previous=window(PREVIOUS, fleet=previous))
    return document["comparison"]["metrics"][name]


# Shape


def test_the_answer_holds_the_example_of_the_story() -> None:
    document = json.loads(json.dumps(built(story())))

    example = {
        "events_per_second": 12.5,
        "api_calls_active": 5,
        "data_sources_active": ["home-assistant", "influxdb", "websocket"],
        "inactive_apis": 1,
        "error_apis": 0,
        "total_apis": 6,
        "health_summary": {"healthy": 5, "unhealthy": 1, "total": 6, "health_percentage": 83.3},
        "timestamp": "2025-10-18T18:45:32.123Z",
    }
    assert {name: document[name] for name in example} == example
    shown = [
        {"service": "websocket-ingestion", "status": "healthy", "response_time_ms": 45.2, "events_per_minute": 750},
        {"service": "enrichment-pipeline", "status": "healthy", "response_time_ms": 120.5, "processing_rate": 740},
        {"service": "data-api", "status": "healthy", "response_time_ms": 35.1, "queries_per_minute": 125},
    ]
    for entry, expected in zip(document["api_metrics"], shown, strict=False):
        assert list(entry.items())[:4] == list(expected.items())


def test_the_fields_come_in_the_order_of_the_contract() -> None:
    assert list(built(story())) == [
        "events_per_second",
        "api_calls_active",
        "data_sources_active",
        "api_metrics",
        "inactive_apis",
        "error_apis",
        "total_apis",
        "health_summary",
        "timestamp",
        "data_sources_registered",
        "other_services",
        "status",
        "status_since",
        "groups",
        "recent_changes",
        "status_counts",
        "stale",
        "snapshot_id",
        "schema_version",
        "refresh_interval_seconds",
        "collection_time_ms",
        "events_per_minute",
        "events_per_hour",
        "events_sources",
        "errors",
        "comparison",
    ]


def test_an_entry_has_every_field_and_those_of_its_own_only_where_there_is_something_to_say() -> None:
    always = ENTRY_FIELDS - {
        "uptime_seconds",
        "reading_errors",
        "next_check_at",
        "maintenance_until",
        "certificate_days",
    }
    full = state("full", uptime_seconds=60.0, reading_errors={"rate": "not found"}, readings={"n": 1.0})

    bare, rich = built(snapshot(state("bare"), full))["api_metrics"]

    assert set(bare) == always
    assert set(rich) == always | {"uptime_seconds", "reading_errors", "n"}


@pytest.mark.parametrize(
    ("one", "field", "shown"),
    [
        (state(), "response_time_ms", None),
        (state(response_time_seconds=0.04521), "response_time_ms", 45.2),
        (state(), "checked_at", None),
        (state(checked_at=NOW), "checked_at", "2025-10-18T18:45:32.123Z"),
        (state(last_success_at=NOW), "last_success", "2025-10-18T18:45:32.123Z"),
        (state(), "error", None),
        (state(type="data"), "type", "data"),
        (state(status_since=NOW), "status_since", "2025-10-18T18:45:32.123Z"),
        (state(maintenance_until=NOW), "maintenance_until", "2025-10-18T18:45:32.123Z"),
        (state(certificate_days=-3), "certificate_days", -3),
        (state(evidence=Evidence.HTTP), "evidence", "http"),
        (state(unknown_word="quiescing"), "unknown_word", "quiescing"),
        (state(reason="not checked yet"), "reason", "not checked yet"),
        (state(group="ingestion"), "group", "ingestion"),
        (state(pending=True), "pending", True),
        (state(consecutive_failures=3), "consecutive_failures", 3),
        (state(uptime_seconds=5_124.57), "uptime_seconds", 5_124.57),
        (state(reading_errors={"rate": "why"}), "reading_errors", {"rate": "why"}),
        (
            state(status=Status.UNHEALTHY, failure=Failure(kind=FailureKind.HTTP_STATUS, message="m", http_status=500)),
            "error",
            {"kind": "http_status", "message": "m", "http_status": 500},
        ),
        (
            state(status=Status.ERROR, failure=failure()),
            "error",
            {"kind": "connect", "message": "connection refused", "http_status": None},
        ),
    ],
)
def test_an_entry_shows_what_is_known_of_its_service(one: ServiceState, field: str, shown: object) -> None:
    (entry,) = built(snapshot(one))["api_metrics"]

    assert entry[field] == shown


def test_services_that_do_not_count_as_apis_stand_apart_and_are_in_no_api_count() -> None:
    document = built(snapshot(state("a"), state("influxdb", Status.ERROR, counts_as_api=False), state("b")))

    assert [entry["service"] for entry in document["api_metrics"]] == ["a", "b"]
    assert [entry["service"] for entry in document["other_services"]] == ["influxdb"]
    assert (document["total_apis"], document["error_apis"]) == (2, 0)
    assert document["status"] == "error"
    assert document["status_counts"]["error"] == 1
    assert document["errors"]["services_failing"] == 1


def test_all_six_statuses_are_counted() -> None:
    document = built(snapshot(*(state(status.value, status) for status in Status)))

    assert document["status_counts"] == {status.value: 1 for status in Status}
    assert (document["api_calls_active"], document["inactive_apis"], document["error_apis"]) == (2, 3, 1)
    assert document["health_summary"] == {"healthy": 2, "unhealthy": 4, "total": 6, "health_percentage": 40.0}


@pytest.mark.parametrize(
    ("statuses", "percentage"),
    [
        ([Status.HEALTHY, Status.MAINTENANCE], 100.0),
        ([Status.ERROR, Status.MAINTENANCE], 0.0),
        ([Status.HEALTHY, Status.DEGRADED, Status.UNKNOWN, Status.MAINTENANCE], 66.7),
        ([Status.MAINTENANCE, Status.MAINTENANCE], 0.0),
    ],
)
def test_health_is_taken_over_the_apis_that_are_not_in_maintenance(statuses: list[Status], percentage: float) -> None:
    states = [state(str(index), status) for index, status in enumerate(statuses)]

    summary = built(snapshot(*states, state("store", Status.ERROR, counts_as_api=False)))["health_summary"]

    assert summary["health_percentage"] == percentage
    assert summary["healthy"] + summary["unhealthy"] == summary["total"] == len(statuses)


def test_an_empty_registry_gives_zeros_and_unknown_and_no_error() -> None:
    document = built(snapshot())

    assert document["health_summary"] == {"healthy": 0, "unhealthy": 0, "total": 0, "health_percentage": 0}
    assert (document["status"], document["stale"]) == ("unknown", False)
    assert document["api_metrics"] == document["other_services"] == document["data_sources_active"] == []
    assert (document["events_per_second"], document["total_apis"]) == (0, 0)
    assert "error" not in document


def test_the_event_rate_is_shown_in_three_units() -> None:
    document = built(story())

    rates = [document[f"events_per_{unit}"] for unit in ("second", "minute", "hour")]
    assert rates == [12.5, 750, 45_000]
    assert document["events_sources"] == {"expected": 1, "fresh": 1}


# Stale, faults, nothing published


def test_being_stale_changes_nothing_but_stale_status_and_error() -> None:
    away = Fault(code=FaultCode.STORE_UNAVAILABLE, message="the store does not answer")

    fresh, stale = built(story()), built(story(), stale=True, fault=away)

    assert {name for name in stale if stale.get(name) != fresh.get(name)} == {"stale", "status", "error"}
    assert (stale["stale"], stale["status"]) == (True, "unknown")
    assert stale["error"] == {"code": "store_unavailable", "message": "the store does not answer"}
    assert "error" not in built(story(), stale=True)
    assert built(story(), stale=True)["status"] == "unknown"


def test_what_fails_now_is_told_before_what_failed_when_the_snapshot_was_made() -> None:
    then = Fault(code=FaultCode.SWEEP_OVERRUN, message="then")
    now = Fault(code=FaultCode.STORE_UNAVAILABLE, message="now")
    published = replace(story(), fault=then)

    assert built(published)["error"] == {"code": "sweep_overrun", "message": "then"}
    assert built(published, fault=now)["error"] == {"code": "store_unavailable", "message": "now"}


@pytest.mark.parametrize("period", PERIODS.values())
def test_without_a_snapshot_the_answer_has_every_field_all_the_same(period: int) -> None:
    document = build_without_snapshot(now=NOW, period_seconds=period)

    full = built(replace(story(), fault=Fault(code=FaultCode.INTERNAL, message="x")))
    assert _shape(document) == _shape({**full, "api_metrics": [], "data_sources_active": []})
    assert (document["stale"], document["status"], document["snapshot_id"]) == (True, "unknown", 0)
    assert document["timestamp"] == "2025-10-18T18:45:32.123Z"
    assert document["error"]["code"] == "no_snapshot"
    assert (document["total_apis"], document["refresh_interval_seconds"]) == (0, 0)
    assert document["comparison"]["period_seconds"] == period
    json.dumps(document, allow_nan=False)


def _shape(value: object) -> object:
    return {name: _shape(inner) for name, inner in value.items()} if isinstance(value, dict) else None


# Errors


def test_errors_are_counted_over_the_current_period() -> None:
    fleet = {
        history.PROBED_SWEEPS: swept(1.0, count=30),
        history.FAILED: Figures(samples=180, mean=9 / 180),
        history.kind_series("connect"): Figures(samples=2, mean=1.0),
        history.kind_series("timeout"): Figures(samples=7, mean=1.0),
    }
    failing = story()
    failing = replace(failing, services=(*failing.services, state("x", readings={"reported_error_count": 4.0})))

    errors = built(failing, current=window(CURRENT, fleet=fleet))["errors"]

    assert errors == {
        "services_failing": 1,
        "probes": 180,
        "failed_probes": 9,
        "error_rate": 5.0,
        "failures_per_minute": 3.6,  # thirty sweeps of five seconds are two and a half minutes
        "by_kind": {"timeout": 7, "connect": 2},
        "reported_errors": 4,
    }


@pytest.mark.parametrize(
    ("seconds", "per_minute"), [(5, 12.0), (60, 1.0), (300, 0.2), (3_600, 0.02), (0.5, 120.0), (0, 0.0)]
)
def test_failures_per_minute_are_of_the_time_in_which_services_were_probed(seconds: float, per_minute: float) -> None:
    fleet = {
        history.SWEEPS: Figures(samples=1_000, mean=1.0, covered_seconds=5_000),
        history.PROBED_SWEEPS: Figures(samples=100, mean=1.0, covered_seconds=seconds),
        history.FAILED: Figures(samples=100, mean=0.01),
    }

    assert built(story(), current=window(CURRENT, fleet=fleet))["errors"]["failures_per_minute"] == per_minute


@pytest.mark.parametrize("interval", [1, 2, 60])
def test_the_present_interval_has_no_part_in_the_figures_of_a_period(interval: int) -> None:
    fleet = {**_probes(sweeps=150, failed=28 / 1800), history.EVENTS_PER_SECOND: swept(1.0)}
    now, before = window(CURRENT, fleet=fleet), window(PREVIOUS, fleet=fleet)

    one, other = (
        built(replace(story(), refresh_interval_seconds=seconds), current=now, previous=before)
        for seconds in (5, interval)
    )

    assert other["errors"] == one["errors"]
    assert other["comparison"] == one["comparison"]
    assert other["comparison"]["metrics"]["error_rate"]["trend"] == "flat"


def test_a_service_has_its_own_error_figures() -> None:
    own = {history.FAILED: swept(1 / 3)}

    entries = built(story(), current=window(CURRENT, **{"data-api": own}))["api_metrics"]

    assert [(entry["error_count"], entry["error_rate"]) for entry in entries[1:3]] == [(0, 0.0), (20, 33.33)]


# Comparison


def test_the_windows_say_when_they_begin_and_end_and_how_many_sweeps_they_hold() -> None:
    fleet = {history.SWEEPS: swept(1.0)}

    comparison = built(story(), current=window(CURRENT, fleet=fleet))["comparison"]

    assert comparison["period_seconds"] == 300
    assert comparison["current"] == {
        "start": "2025-10-18T18:40:40.000Z",
        "end": "2025-10-18T18:45:40.000Z",
        "samples": 60,
    }
    assert comparison["previous"] == {
        "start": "2025-10-18T18:35:40.000Z",
        "end": "2025-10-18T18:40:40.000Z",
        "samples": 0,
    }


@pytest.mark.parametrize(
    ("name", "series", "current", "previous", "expected"),
    [
        ("events_per_second", history.EVENTS_PER_SECOND, 12.5, 10.0, (12.5, 10, 2.5, 25.0, "up", "↑", "neutral")),
        ("events_per_second", history.EVENTS_PER_SECOND, 0.1, 0.2, (0.1, 0.2, -0.1, -50.0, "flat", "→", "neutral")),
        ("api_calls_active", history.API_CALLS_ACTIVE, 5.0, 6.0, (5, 6, -1, -16.7, "down", "↓", "worse")),
        ("api_calls_active", history.API_CALLS_ACTIVE, 5.5, 5.0, (5.5, 5, 0.5, 10.0, "flat", "→", "same")),
        ("health_percentage", history.HEALTH_RATIO, 1.0, 5 / 6, (100, 83.33, 16.67, 20.0, "up", "↑", "better")),
        ("health_percentage", history.HEALTH_RATIO, 0.02, 0.01, (2, 1, 1, 100.0, "flat", "→", "same")),
    ],
)
def test_each_figure_has_its_unit_its_noise_floor_and_its_good_direction(
    name: str, series: str, current: float, previous: float, expected: tuple[object, ...]
) -> None:
    found = metric(name, current={series: swept(current)}, previous={series: swept(previous)})

    keys = ("current", "previous", "change", "change_percent", "trend", "indicator", "assessment")
    assert found == dict(zip(keys, expected, strict=True))


def _probes(*, sweeps: int, failed: float, per_sweep: int = 12) -> dict[str, Figures]:
    return {
        history.PROBED_SWEEPS: swept(1.0, count=sweeps),
        history.FAILED: Figures(samples=sweeps * per_sweep, mean=failed),
    }


def test_more_errors_are_worse() -> None:
    found = metric("error_rate", current=_probes(sweeps=60, failed=0.1), previous=_probes(sweeps=60, failed=0.0))

    assert found == {
        "current": 10,
        "previous": 0,
        "change": 10,
        "change_percent": None,
        "trend": "up",
        "indicator": "↑",
        "assessment": "worse",
    }


def test_a_previous_figure_that_is_shown_as_zero_has_no_percentage() -> None:
    found = metric("error_rate", current=_probes(sweeps=60, failed=0.1), previous=_probes(sweeps=60, failed=0.00001))

    assert (found["previous"], found["change"], found["change_percent"], found["trend"]) == (0, 10, None, "up")


@pytest.mark.parametrize("sweeps", [1, 2, 29])
def test_the_many_probes_of_few_sweeps_say_nothing_of_a_period(sweeps: int) -> None:
    found = metric("error_rate", current=_probes(sweeps=60, failed=0.1), previous=_probes(sweeps=sweeps, failed=0.0))

    assert (found["trend"], found["change"], found["change_percent"]) == ("unknown", None, None)
    assert (found["current"], found["previous"]) == (10, 0)


def test_latencies_are_compared_by_their_percentiles() -> None:
    def with_latencies(span: Span, latencies: list[float]) -> Window:
        sweeps = swept(1.0)
        return Window(span=span, fleet={history.LATENCY_SWEEPS: sweeps}, latency_bins=sketch.add({}, latencies))

    metrics = built(
        story(),
        current=with_latencies(CURRENT, [0.1] * 90 + [0.5] * 10),
        previous=with_latencies(PREVIOUS, [0.1] * 100),
    )["comparison"]["metrics"]

    p50, p95 = metrics["response_time_ms_p50"], metrics["response_time_ms_p95"]
    assert (p50["trend"], p50["assessment"]) == ("flat", "same")
    assert p50["current"] == pytest.approx(100, rel=0.01)
    assert (p95["trend"], p95["assessment"]) == ("up", "worse")
    assert p95["current"] == pytest.approx(500, rel=0.01)
    assert p95["change"] == pytest.approx(400, abs=6)


@pytest.mark.parametrize(("ms", "trend"), [(4.9, "flat"), (5.1, "up")])
def test_a_latency_that_moves_within_five_milliseconds_is_flat(ms: float, trend: str) -> None:
    own = {history.RESPONSE_TIME: swept(0.01 + ms / 1000)}
    before = {history.RESPONSE_TIME: swept(0.01)}

    document = built(
        story(), current=window(CURRENT, **{"data-api": own}), previous=window(PREVIOUS, **{"data-api": before})
    )

    assert document["api_metrics"][2]["comparison"]["response_time_ms"]["trend"] == trend


def test_without_history_every_comparison_is_unknown_and_null() -> None:
    for found in built(story())["comparison"]["metrics"].values():
        assert found == {
            "current": None,
            "previous": None,
            "change": None,
            "change_percent": None,
            "trend": "unknown",
            "indicator": "·",
            "assessment": "unknown",
        }


def test_an_entry_compares_its_registered_readings_and_no_others() -> None:
    one = state("a", readings={"rate": 2.0, "along": 1.0}, tracked=("rate", "away"))
    own = {reading_series("rate"): swept(2.0), reading_series("along"): swept(1.0)}
    before = {reading_series("rate"): swept(1.0)}

    (entry,) = built(snapshot(one), current=window(CURRENT, a=own), previous=window(PREVIOUS, a=before))["api_metrics"]

    unknown = {"current": None, "previous": None, "change_percent": None, "trend": "unknown"}
    assert entry["comparison"] == {
        "response_time_ms": unknown,
        "error_rate": unknown,
        "rate": {"current": 2, "previous": 1, "change_percent": 100.0, "trend": "up"},
        "away": unknown,
    }


# Numbers


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.1 + 0.2, "0.3"),
        (12.5, "12.5"),
        (1 / 3, "0.333333333"),
        (750.0, "750"),
        (749.9999999999995, "750"),
        (-0.0, "0"),
        (0.0, "0"),
        (17_179_869_184.0, "17179869184"),
        (1_760_813_132_123.0, "1760813132123"),
        (1_760_813_132.123, "1760813132.123"),
        (9_007_199_254_740_992.0, "9007199254740992"),
        (123_456_789.123_456, "123456789.123"),
        (1e290, "1e+290"),
        (-1e290, "-1e+290"),
        (1.5e-7, "1.5e-07"),
        (5e-324, "5e-324"),
    ],
)
def test_a_number_is_shown_as_it_was_sent_and_without_binary_noise(value: float, shown: str) -> None:
    (entry,) = built(snapshot(state(readings={"n": value})))["api_metrics"]

    assert json.dumps(entry["n"]) == shown


def test_the_change_of_two_figures_is_no_more_exact_than_they_are() -> None:
    figures = {history.EVENTS_PER_SECOND: swept(12.1)}
    noisy = {history.EVENTS_PER_SECOND: swept(12.1 - 4e-13)}

    found = metric("events_per_second", current=noisy, previous=figures)

    assert json.dumps([found["change"], found["change_percent"]]) == "[0, 0]"


@given(st.floats(-1e290, 1e290))
def test_a_shown_number_is_close_to_the_true_one(value: float) -> None:
    (entry,) = built(snapshot(state(readings={"n": value})))["api_metrics"]

    assert entry["n"] == pytest.approx(value, rel=1e-8, abs=0)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (NOW, "2025-10-18T18:45:32.123Z"),
        (NOW.replace(microsecond=0), "2025-10-18T18:45:32.000Z"),
        (NOW.astimezone(timezone(timedelta(hours=2))), "2025-10-18T18:45:32.123Z"),
    ],
)
def test_a_moment_is_written_in_utc_with_milliseconds(at: datetime, text: str) -> None:
    assert timestamp(at) == text


# Anything at all


figures = st.dictionaries(
    st.sampled_from(
        [
            history.SWEEPS,
            history.PROBED_SWEEPS,
            history.LATENCY_SWEEPS,
            history.FAILED,
            history.EVENTS_PER_SECOND,
            history.HEALTH_RATIO,
            history.RESPONSE_TIME,
            history.kind_series("dns"),
        ]
    ),
    st.builds(
        Figures, samples=st.integers(1, 1_000), mean=st.floats(-1e290, 1e290), covered_seconds=st.floats(0.001, 1e6)
    ),
)


@given(published=snapshots, now=figures, before=figures, stale=st.booleans(), period=st.sampled_from([60, 300, 86_400]))
def test_any_snapshot_and_any_windows_give_valid_json(
    published: Snapshot, now: dict[str, Figures], before: dict[str, Figures], stale: bool, period: int
) -> None:
    limited = replace(published, events_per_second=12.5, services=tuple(map(_limited, published.services)))
    span, earlier = history.spans(at=NOW.timestamp(), period_seconds=period)
    services = {one.name: now for one in limited.services}

    document = build(
        snapshot=limited,
        current=Window(span=span, fleet=now, services=services, latency_bins={0: 5}),
        previous=Window(span=earlier, fleet=before, services=services),
        stale=stale,
    )

    text = json.dumps(document, allow_nan=False)
    assert json.loads(text)["total_apis"] == sum(one.counts_as_api for one in published.services)
    parts = document["api_calls_active"] + document["inactive_apis"] + document["error_apis"]
    assert parts == document["total_apis"] == len(document["api_metrics"])


def _limited(one: ServiceState) -> ServiceState:
    """The state with numbers that readings can have, under names that cannot collide with fields."""
    return replace(
        one,
        readings={f"n{name}": max(-1e290, min(1e290, value)) for name, value in one.readings.items()},
        response_time_seconds=0.1,
        uptime_seconds=None if one.uptime_seconds is None else 1.5,
    )


def test_an_entry_of_a_typical_service_stays_under_a_kilobyte() -> None:
    readings = {f"reading_number_{index}": 1_234.5678 * index for index in range(6)}
    typical = state(
        "websocket-ingestion",
        Status.UNHEALTHY,
        group="ingestion",
        response_time_seconds=0.0452,
        readings=readings,
        tracked=tuple(readings)[:2],
        uptime_seconds=86_400.5,
        checked_at=NOW,
        last_success_at=NOW,
        failure=failure(FailureKind.HTTP_STATUS, "HTTP status 503, expected 200-299"),
    )
    own = {name: swept(1 / 7) for name in (history.RESPONSE_TIME, history.FAILED, *map(reading_series, readings))}
    many = {"websocket-ingestion": own}

    (entry,) = built(snapshot(typical), current=window(CURRENT, **many), previous=window(PREVIOUS, **many))[
        "api_metrics"
    ]

    assert len(json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode()) < 1_024
