"""Readings from the registry file to the answer: an exporter on a real socket, sweeps, and the document they give."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from realtime.collection.cycle import Collected, Collector
from realtime.collection.inspection import probe_now
from realtime.core.records import Evidence, FailureKind, Status
from realtime.reporting.reader import process_reader
from tests.functional.registry.rows import imported
from tests.functional.small_services import SmallServices, small_services

pytestmark = pytest.mark.django_db

START = datetime.now(UTC)
REGISTRY = """
services:
  - name: broker
    base_url: {url}
    readings:
      - {{name: ready, path: /metrics, metric: 'queue_ready{{queue=~"in|out"}}', degraded_if: "> 100"}}
      - {{name: queues, path: /metrics, metric: queue_ready, aggregate: count}}
      - {{name: published, path: /metrics, metric: published_total, kind: counter, unhealthy_if: "< 1"}}
      - {{name: took_p50, path: /metrics, metric: took_seconds, aggregate: p50, degraded_if: "> 1"}}
  - name: exporter
    base_url: {url}
    health_path: /metrics
    readings:
      - {{name: up, metric: up, aggregate: min, unhealthy_if: "< 1"}}
"""


def metrics(*, ready: int = 3, published: int = 0, fast: int = 0, slow: int = 0, up: str = "1") -> bytes:
    return f"""# HELP up Whether it works.
# TYPE up gauge
up {up}
# TYPE queue_ready gauge
queue_ready{{queue="in",vhost="/"}} {ready}
queue_ready{{queue="out",vhost="/"}} 4
queue_ready{{queue="dead \\"letters\\"",vhost="/"}} 5000
# TYPE published_total counter
published_total{{queue="in"}} {published}
published_total{{queue="out"}} 7
# TYPE took_seconds histogram
took_seconds_bucket{{le="0.5"}} {fast}
took_seconds_bucket{{le="2"}} {fast + slow}
took_seconds_bucket{{le="+Inf"}} {fast + slow}
took_seconds_sum 1
took_seconds_count {fast + slow}
""".encode()


@pytest.fixture
def exporter(db: None) -> Iterator[SmallServices]:
    with small_services() as services:
        services.types["/metrics"] = "text/plain; version=0.0.4; charset=utf-8"
        imported(REGISTRY.format(url=services.url))
        process_reader.cache_clear()
        yield services
    process_reader.cache_clear()


class Sweeps:
    """Sweeps ten seconds apart; each returns the entries of the answer, by service."""

    def __init__(self, collector: Collector, exporter: SmallServices) -> None:
        self._collector = collector
        self._exporter = exporter
        self._at = START

    def __call__(self, body: bytes) -> dict[str, dict[str, Any]]:
        self._exporter.answers["/metrics"] = body
        self._at += timedelta(seconds=10)
        assert isinstance(self._collector.collect(interval_seconds=10, now=self._at), Collected)
        process_reader.cache_clear()
        document = Client().get("/api/v1/real-time-metrics").json()
        return {entry["service"]: entry for entry in document["api_metrics"]}


@pytest.fixture
def sweep(collector: Collector, exporter: SmallServices) -> Sweeps:
    return Sweeps(collector, exporter)


def test_gauges_counters_and_quantiles_of_an_exporter_are_in_the_answer(sweep: Sweeps) -> None:
    first = sweep(metrics(published=1000))["broker"]
    second = sweep(metrics(published=1200, fast=10))["broker"]

    assert (first["ready"], first["queues"]) == (7, 3)
    assert "published" not in first
    assert "took_p50" not in first
    assert second["published"] == pytest.approx(20, rel=0.1)
    assert second["took_p50"] == pytest.approx(0.25)
    assert (first["status"], second["status"]) == ("healthy", "healthy")


def test_each_bound_decides_once_its_number_is_there(sweep: Sweeps) -> None:
    first = sweep(metrics())["broker"]
    second = sweep(metrics())["broker"]
    third = sweep(metrics(published=500, slow=10))["broker"]
    fourth = sweep(metrics(published=900, slow=10, ready=200))["broker"]
    fifth = sweep(metrics(published=1900, slow=10))["broker"]

    assert first["status"] == "healthy"
    assert second["status"] == "unhealthy"
    assert second["error"] == {
        "kind": "bound",
        "message": "published is 0 (unhealthy if < 1)",
        "http_status": None,
    }
    assert (third["status"], third["error"]) == ("degraded", None)
    assert (fourth["status"], fourth["ready"]) == ("degraded", 204)
    assert (fifth["status"], fifth["error"]) == ("healthy", None)


def test_an_exporter_that_starts_again_gives_no_negative_rate(sweep: Sweeps) -> None:
    sweep(metrics(published=100_000, fast=500))

    restarted = sweep(metrics(published=100, fast=10))["broker"]

    assert restarted["published"] == pytest.approx(10, rel=0.1)
    assert restarted["took_p50"] == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (metrics(up="0"), "up is 0 (unhealthy if < 1)"),
        (metrics(up="NaN"), "up could not be read (unhealthy if < 1): a matching sample is not a finite number"),
        (b"# TYPE down gauge\ndown 1\n", "up could not be read (unhealthy if < 1): no sample of the answer matches"),
        (
            b"Please sign in\n",
            "up could not be read (unhealthy if < 1): the answer holds nothing that Prometheus text has",
        ),
        (b"", "up could not be read (unhealthy if < 1): the answer holds nothing that Prometheus text has"),
    ],
)
def test_an_exporter_behind_http_200_is_only_as_well_as_its_metrics_say(
    sweep: Sweeps, body: bytes, message: str
) -> None:
    well, ill = sweep(metrics())["exporter"], sweep(body)["exporter"]

    assert (well["status"], well["error"]) == ("healthy", None)
    assert ill["status"] == "unhealthy"
    assert ill["error"] == {"kind": "bound", "message": message, "http_status": None}


def test_probe_now_judges_what_one_answer_gives(exporter: SmallServices) -> None:
    exporter.answers["/metrics"] = metrics(up="0", ready=200)

    broker, ill = probe_now(["broker", "exporter"])

    assert (broker.result.status, broker.result.evidence) == (Status.DEGRADED, Evidence.WORD)
    assert broker.rule.startswith("ready is 204 (degraded if > 100) (")
    assert (ill.result.status, ill.result.evidence) == (Status.UNHEALTHY, Evidence.BOUND)
    assert ill.result.failure is not None
    assert ill.result.failure.kind is FailureKind.BOUND
