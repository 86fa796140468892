"""`/history`: the past of one metric as points, compared with the mean of the raw samples."""

import json
import math
import random
import statistics
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from django.conf import settings
from django.test import Client
from django_redis import get_redis_connection
from pytest_django import DjangoAssertNumQueries

from realtime.core import codec, history, series
from realtime.core.consolidation import consolidate
from realtime.core.history import PERIODS, bucket_seconds
from realtime.core.parameters import HistoryQuery
from realtime.core.records import FailureKind, ProbeResult, Status
from realtime.reporting import histories as histories_module
from realtime.reporting.histories import Histories, process_histories
from realtime.store.client import StoreUnavailable
from realtime.store.redis_keys import RedisKeys
from realtime.store.snapshots import Acquired, Store
from tests.functional.api.conftest import REFUSED, TARGETS, swept

URL = "/api/v1/real-time-metrics/history"
SWEPT = "websocket-ingestion"
BOUNDARY = 611_393 * 2880  # 2025-10-18 18:24:00 UTC; a bucket of every period begins here


@dataclass
class Past:
    """Sweeps as they were, to be compared with what the endpoint tells of them."""

    store: Store
    sweeps: list[tuple[float, list[ProbeResult]]] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)

    def sweep(self, at: float, **failing: FailureKind) -> None:
        """Publish a sweep that ended at this Unix time; names of failing services have `_` for `-`."""
        outcomes = [self._result(target.name, failing.get(target.name.replace("-", "_"))) for target in TARGETS]
        acquired = self.store.acquire(lease_seconds=60)
        assert isinstance(acquired, Acquired)
        done = consolidate(
            sweep=swept(outcomes, at=datetime.fromtimestamp(at, UTC)),
            snapshot_id=acquired.lease.number,
            previous=acquired.previous,
            memory=acquired.memory,
        )
        self.store.publish(
            lease=acquired.lease,
            snapshot=done.snapshot,
            memory=done.memory,
            totals=history.grow(acquired.totals, sample=done.sample, tracked=done.tracked),
            changes=done.changes,
        )
        self.sweeps.append((at, outcomes))
        self.ids.append(acquired.lease.number)

    def points(self, value: Callable[[ProbeResult], float | None], *, period: int, service: str) -> list[float | None]:
        """Return the mean of each bucket, from the raw values."""
        size = bucket_seconds(period)
        last = math.floor(self.sweeps[-1][0] / size)
        points: list[float | None] = []
        for bucket in range(last - 29, last + 1):
            found = [
                number
                for at, outcomes in self.sweeps
                for outcome in outcomes
                if math.floor(at / size) == bucket and outcome.target == service
                if (number := value(outcome)) is not None
            ]
            points.append(statistics.fmean(found) if found else None)
        return points

    def _result(self, name: str, kind: FailureKind | None) -> ProbeResult:
        numbers = random.Random(f"{name} {len(self.sweeps)}")
        if kind is not None:
            failure = REFUSED if kind is FailureKind.CONNECT else type(REFUSED)(kind=kind, message=str(kind))
            return ProbeResult(target=name, status=Status.ERROR, failure=failure, finished_seconds=0.1)
        return ProbeResult(
            target=name,
            status=Status.HEALTHY,
            response_time_seconds=numbers.uniform(0.01, 0.5),
            finished_seconds=0.1,
            gauges={"events_per_second": numbers.uniform(5, 15)} if name == SWEPT else {},
        )


@pytest.fixture
def past(store: Store) -> Iterator[Past]:
    process_histories.cache_clear()
    yield Past(store)
    process_histories.cache_clear()


def told(response: Any) -> dict[str, Any]:
    assert response.status_code == 200, response.content
    document: dict[str, Any] = json.loads(response.content)
    return document


def almost(points: list[float | None], *, within: float = 0.0) -> Any:
    """Points that are off by no more than their rounding."""
    return [None if point is None else pytest.approx(point, rel=1e-6, abs=within) for point in points]


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("gap", [5.0, 61.7])
def test_each_point_is_the_mean_of_the_samples_of_its_bucket(ask: Any, past: Past, period: str, gap: float) -> None:
    for number in range(70):
        kind = FailureKind.TIMEOUT if number % 7 == 0 else None
        past.sweep(BOUNDARY + number * gap, **({"websocket_ingestion": kind} if kind else {}))

    found = told(ask(URL, metric="response_time_ms", period=period))
    errors = told(ask(URL, metric="error_rate", period=period))

    size = bucket_seconds(PERIODS[period])
    start = (math.floor(past.sweeps[-1][0] / size) - 29) * size
    assert found["start"] == datetime.fromtimestamp(start, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
    assert (found["metric"], found["period_seconds"], found["bucket_seconds"]) == (
        "response_time_ms",
        PERIODS[period],
        size,
    )
    assert found["fleet"] == []
    assert list(found["services"]) == [target.name for target in TARGETS]
    for name in found["services"]:
        times = past.points(_milliseconds, period=PERIODS[period], service=name)
        rates = past.points(lambda result: 100.0 * (result.failure is not None), period=PERIODS[period], service=name)
        assert found["services"][name] == almost(times, within=0.0501)
        assert errors["services"][name] == almost(rates, within=0.00501)
    assert len(errors["fleet"]) == 30


def _milliseconds(result: ProbeResult) -> float | None:
    return None if result.response_time_seconds is None else 1000 * result.response_time_seconds


def test_a_metric_of_the_fleet_that_is_a_reading_too_has_both(ask: Any, past: Past) -> None:
    for number in range(4):
        past.sweep(BOUNDARY + 10 * number)

    found = told(ask(URL, metric="events_per_second"))

    expected = past.points(lambda result: result.gauges.get("events_per_second"), period=300, service=SWEPT)
    assert found["fleet"] == almost(expected)
    assert found["services"] == {SWEPT: almost(expected)}
    assert found["snapshot_id"] == past.ids[-1]


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("api_calls_active", 2.0),
        ("health_percentage", 100.0),
        ("response_time_ms_p50", None),
        ("response_time_ms_p95", None),
    ],
)
def test_a_metric_of_the_fleet_alone_has_no_services(ask: Any, past: Past, metric: str, value: float | None) -> None:
    past.sweep(BOUNDARY)

    found = told(ask(URL, metric=metric, period="1m"))

    assert found["services"] == {}
    assert found["fleet"][:29] == [None] * 29
    last = found["fleet"][29]
    if value is None:
        times = sorted(filter(None, (_milliseconds(result) for result in past.sweeps[0][1])))
        value = times[1] if metric.endswith("p50") else times[2]
    assert last == pytest.approx(value, rel=0.0101)


def test_one_service_comes_with_its_failures_and_changes(ask: Any, past: Past) -> None:
    past.sweep(BOUNDARY - 400, websocket_ingestion=FailureKind.DNS)  # before the period
    past.sweep(BOUNDARY)
    past.sweep(BOUNDARY + 10, websocket_ingestion=FailureKind.TIMEOUT)
    past.sweep(BOUNDARY + 20, websocket_ingestion=FailureKind.TIMEOUT)
    past.sweep(BOUNDARY + 30, websocket_ingestion=FailureKind.CONNECT)

    found = told(ask(URL, metric="error_rate", service=SWEPT))

    assert found["fleet"] == []
    assert list(found["services"]) == [SWEPT]
    assert found["failures_by_kind"] == {"timeout": 2, "connect": 1}
    assert found["status_changes"] == [
        {"at": "2025-10-18T18:24:00.000Z", "from": "error", "to": "healthy", "kind": None, "reason": None},
        {
            "at": "2025-10-18T18:24:10.000Z",
            "from": "healthy",
            "to": "error",
            "kind": "timeout",
            "reason": "timeout",
        },
    ]


def test_a_service_without_the_metric_has_no_points(ask: Any, past: Past) -> None:
    past.sweep(BOUNDARY)

    assert told(ask(URL, metric="events_per_second", service="influxdb"))["services"] == {}


@pytest.mark.parametrize(
    ("parameters", "field", "choice"),
    [
        ({}, "metric", "error_rate"),
        ({"metric": "speed"}, "metric", "response_time_ms_p95"),
        ({"metric": "error_rate", "period": "2m"}, "period", "15m"),
    ],
)
def test_what_is_unknown_is_refused_with_the_choices(
    ask: Any, past: Past, parameters: Mapping[str, str], field: str, choice: str
) -> None:
    past.sweep(BOUNDARY)

    response = ask(URL, **parameters)

    error = json.loads(response.content)
    assert (response.status_code, error["code"], error["field"]) == (400, "invalid_parameter", field)
    assert choice in error["choices"]
    assert response["Cache-Control"] == "no-store"


def test_a_service_that_is_not_there_is_not_found(ask: Any, past: Past) -> None:
    past.sweep(BOUNDARY)

    response = ask(URL, metric="error_rate", service="nobody")

    error = json.loads(response.content)
    assert (response.status_code, error["code"], error["field"]) == (404, "not_found", "service")


def test_before_the_first_snapshot_there_is_no_history(ask: Any, past: Past) -> None:
    response = ask(URL, metric="error_rate")

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert json.loads(response.content)["code"] == "no_snapshot"


@pytest.mark.parametrize("service", [{}, {"service": SWEPT}])
def test_a_request_costs_one_round_trip_and_no_sql(
    ask: Any,
    past: Past,
    clean_store: redis.Redis,
    django_assert_num_queries: DjangoAssertNumQueries,
    db: None,
    service: dict[str, str],
) -> None:
    past.sweep(BOUNDARY)
    get_redis_connection("default").ping()  # connected already
    before = _commands(clean_store)

    with django_assert_num_queries(0):
        for _ in range(5):
            told(ask(URL, metric="error_rate", **service))

    # One for all within 100 ms; on a slow machine some of the five come later.
    assert 1 <= _commands(clean_store) - before <= 5


def _commands(client: redis.Redis) -> int:
    stats: Any = client.info("commandstats")
    return sum(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("eval", "eval_ro", "get", "evalsha"))


def test_an_answer_is_made_once_for_each_snapshot(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    real = series.build

    def build(**options: Any) -> Any:
        made.append(options["metric"].name)
        return real(**options)

    monkeypatch.setattr(series, "build", build)
    now = [1000.0]
    histories = Histories(store=past.store, monotonic=lambda: now[0])
    question = HistoryQuery(metric="error_rate", period_seconds=300)
    past.sweep(BOUNDARY)
    for _ in range(3):
        first = histories.answer(question)
        now[0] += 1
    past.sweep(BOUNDARY + 5)
    second = histories.answer(question)

    assert made == ["error_rate", "error_rate"]
    assert (first.snapshot_id, second.snapshot_id) == tuple(past.ids)


@pytest.mark.parametrize(("age_seconds", "is_new"), [(1.0, False), (3600.0, True)])
def test_who_comes_while_another_is_asking_gets_the_kept_answer_only_while_that_is_young(
    past: Past, age_seconds: float, is_new: bool
) -> None:
    now = [1000.0]
    histories = Histories(store=past.store, monotonic=lambda: now[0])
    question = HistoryQuery(metric="error_rate", period_seconds=300)
    past.sweep(BOUNDARY)
    kept = histories.answer(question)
    past.sweep(BOUNDARY + 5)
    now[0] += age_seconds
    with ThreadPoolExecutor(max_workers=1) as thread:
        histories._asking.acquire()  # as another question's thread does
        asked = thread.submit(histories.answer, question)
        if not is_new:
            assert asked.result(timeout=10) == kept
        histories._asking.release()
        assert (asked.result(timeout=10).snapshot_id != kept.snapshot_id) is is_new


def test_answers_are_kept_in_bounded_number(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histories_module, "MAX_ANSWERS", 3)
    histories = Histories(store=past.store)
    past.sweep(BOUNDARY)
    for period in PERIODS.values():
        histories.answer(HistoryQuery(metric="error_rate", period_seconds=period))

    assert len(histories._answers) == 3
    assert len(histories._windows) == histories_module.MAX_PERIODS_KEPT


def test_buckets_that_are_over_are_not_decoded_again(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    histories = Histories(store=past.store)
    for number in range(40):
        past.sweep(BOUNDARY + 10 * number)
    histories.answer(HistoryQuery(metric="error_rate", period_seconds=300))
    decoded = []
    real = codec.decode_totals
    monkeypatch.setattr(codec, "decode_totals", lambda data: decoded.append(data) or real(data))  # type: ignore[func-returns-value]
    past.sweep(BOUNDARY + 400)
    decoded.clear()
    histories.answer(HistoryQuery(metric="response_time_ms", period_seconds=300))

    assert len(decoded) == 2  # the new totals, and those that they are compared with


def test_totals_that_cannot_be_read_leave_a_gap(ask: Any, past: Past, clean_store: redis.Redis) -> None:
    for number in range(4):
        past.sweep(BOUNDARY + 10 * number)
    keys = RedisKeys(settings.REALTIME.key_prefix)
    clean_store.hset(keys.history[list(PERIODS).index("5m")], str((BOUNDARY + 10) // 10), b"garbage")
    clean_store.lpush(keys.changes(SWEPT), b"garbage")

    found = told(ask(URL, metric="response_time_ms", service=SWEPT))

    points = past.points(_milliseconds, period=300, service=SWEPT)
    assert found["services"][SWEPT] == almost([*points[:27], None, None, points[29]], within=0.0501)
    assert found["status_changes"] == []


def test_foreign_bytes_under_our_keys_are_a_failure_of_ours(ask: Any, past: Past, clean_store: redis.Redis) -> None:
    past.sweep(BOUNDARY)
    keys = RedisKeys(settings.REALTIME.key_prefix)
    clean_store.set(keys.snapshot, b"garbage")

    response = ask(URL, metric="error_rate")

    assert response.status_code == 503
    assert json.loads(response.content)["code"] == "internal"


def test_what_the_client_has_already_is_not_sent_again(ask: Any, past: Past) -> None:
    past.sweep(BOUNDARY)
    plain = ask(URL, metric="error_rate")
    zipped = ask(URL, metric="error_rate", headers={"Accept-Encoding": "gzip"})

    assert plain["ETag"] != zipped["ETag"]
    assert zipped["Content-Encoding"] == "gzip"
    assert plain["Cache-Control"] == "private, max-age=5"
    assert plain["Vary"] == "Accept, Accept-Encoding"
    again = ask(URL, metric="error_rate", headers={"If-None-Match": plain["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert ask(URL, metric="error_rate", headers={"If-Match": '"other"'}).status_code == 412


def test_while_the_store_is_away_the_last_answer_is_given(
    ask: Any, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    past.sweep(BOUNDARY)
    fresh = told(ask(URL, metric="error_rate"))
    asked = []

    def away(*args: object, **options: object) -> None:
        asked.append(options)
        raise StoreUnavailable("the store does not answer")

    monkeypatch.setattr(Store, "read_buckets", away)
    histories = process_histories()
    monkeypatch.setattr(histories, "_monotonic", lambda: 1e9)
    for _ in range(3):
        response = ask(URL, metric="error_rate")
        assert told(response) == fresh
        assert (response["X-Cache"], response["Cache-Control"]) == ("STALE", "no-cache")
    unknown = ask(URL, metric="response_time_ms")

    assert len(asked) == 1  # only the one that found out
    assert (unknown.status_code, json.loads(unknown.content)["code"]) == (503, "store_unavailable")


def test_it_answers_with_a_slash_and_to_head_too(ask: Any, past: Past) -> None:
    past.sweep(BOUNDARY)

    assert told(ask(f"{URL}/", metric="error_rate"))["metric"] == "error_rate"
    assert Client().head(f"{URL}?metric=error_rate").content == b""


def test_every_figure_of_the_comparison_has_a_history(ask: Any, past: Past) -> None:
    past.sweep(BOUNDARY)
    document = json.loads(ask().content)

    for metric in document["comparison"]["metrics"]:
        assert told(ask(URL, metric=metric))["fleet"] != []
    for metric in document["api_metrics"][0]["comparison"]:
        assert SWEPT in told(ask(URL, metric=metric))["services"]
