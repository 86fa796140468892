"""The API as a client sees it, on a real Valkey; a fresh process as far as the reader goes."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.test import Client
from django.utils import timezone

from realtime.core import history
from realtime.core.consolidation import consolidate
from realtime.core.records import (
    DataSourceSpec,
    Failure,
    FailureKind,
    ProbeResult,
    ReadingSpec,
    Status,
    Sweep,
    Target,
)
from realtime.reporting.histories import process_histories
from realtime.reporting.reader import process_reader
from realtime.store.snapshots import Acquired, Store, open_store
from tests.embedded_store import clean_store, running_store  # noqa: F401

URL = "/api/v1/real-time-metrics"

RATE = ReadingSpec(name="events_per_second", expression="events_per_second", counts_toward_events=True)
TARGETS = (
    Target(
        name="websocket-ingestion",
        base_url="http://127.0.0.1:8001",
        readings=(RATE,),
        data_sources=(DataSourceSpec(name="websocket"), DataSourceSpec(name="home-assistant")),
    ),
    Target(name="enrichment-pipeline", base_url="http://127.0.0.1:8002"),
    Target(
        name="influxdb",
        base_url="http://127.0.0.1:8086",
        type="datastore",
        counts_as_api=False,
        data_sources=(DataSourceSpec(name="influxdb"),),
    ),
)
REFUSED = Failure(kind=FailureKind.CONNECT, message="connection refused")

Publish = Callable[..., int]


def results(**statuses: Status) -> list[ProbeResult]:
    """What a sweep brings: all healthy but those named, with `_` for `-`."""
    found = []
    for target in TARGETS:
        status = statuses.get(target.name.replace("-", "_"), Status.HEALTHY)
        values: dict[str, Any] = {"target": target.name, "status": status, "finished_seconds": 0.1}
        if status.is_bad:
            found.append(ProbeResult(**values, failure=REFUSED))
            continue
        gauges = {"events_per_second": 12.5, "events_per_minute": 750.0} if target.readings else {}
        found.append(ProbeResult(**values, response_time_seconds=0.0452, gauges=gauges))
    return found


@pytest.fixture
def store(clean_store: redis.Redis) -> Iterator[Store]:  # noqa: F811
    process_reader.cache_clear()
    process_histories.cache_clear()
    yield open_store(settings.REALTIME)
    process_reader.cache_clear()
    process_histories.cache_clear()


@pytest.fixture
def publish(store: Store) -> Publish:
    """Publish the snapshot of a sweep that ended now, or `ago`, and return its id."""

    def publish(*, ago: timedelta = timedelta(0), **statuses: Status) -> int:
        acquired = store.acquire(lease_seconds=60)
        assert isinstance(acquired, Acquired)
        at = timezone.now() - ago
        done = consolidate(
            sweep=swept(results(**statuses), at=at),
            snapshot_id=acquired.lease.number,
            previous=acquired.previous,
            memory=acquired.memory,
        )
        totals = history.grow(acquired.totals, sample=done.sample, tracked=done.tracked)
        store.publish(lease=acquired.lease, snapshot=done.snapshot, memory=done.memory, totals=totals)
        process_reader.cache_clear()
        return acquired.lease.number

    return publish


def swept(outcomes: list[ProbeResult], *, at: datetime) -> Sweep:
    return Sweep(
        targets=TARGETS,
        outcomes=outcomes,
        started_at=at - timedelta(seconds=0.2),
        finished_at=at,
        collection_seconds=0.2,
        refresh_interval_seconds=5,
        deadline_seconds=4.0,
    )


@pytest.fixture
def ask(store: Store) -> Callable[..., Any]:
    """GET the endpoint: query parameters as keywords, headers as a mapping."""

    def ask(url: str = URL, *, headers: dict[str, str] | None = None, **parameters: str) -> Any:
        return Client(headers=headers).get(url, parameters)

    return ask
