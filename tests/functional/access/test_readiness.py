"""`/readyz`: whether a process has something to serve, and from where."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.test import Client

from metricsproj import asgi, own_health
from metricsproj.descriptors import Descriptors, Supply
from realtime.reporting.reader import process_reader
from realtime.store.snapshots import Store
from tests.functional.access.conftest import Cupboard
from tests.functional.api.conftest import Publish
from tests.functional.live.serving import requested, serving


def asked(host: str = "localhost") -> tuple[int, dict[str, Any]]:
    answer = Client(headers={"host": host}).get("/readyz")
    assert answer["Cache-Control"] == "no-store"
    return answer.status_code, answer.json()


def test_a_process_without_a_snapshot_is_not_ready(store: Store) -> None:
    assert asked() == (
        503,
        {"ready": False, "store": "available", "snapshot": None, "descriptors": "available"},
    )


@pytest.mark.parametrize("host", ["localhost", "10.0.0.7:8003", "not a host"])
def test_a_process_with_a_snapshot_is_ready_whoever_asks(publish: Publish, cupboard: Cupboard, host: str) -> None:
    number = publish()

    status, told = asked(host)

    assert (status, told["ready"], told["store"]) == (200, True, "available")
    assert told["snapshot"]["id"] == number
    assert told["snapshot"]["stale"] is False


def test_a_stale_snapshot_is_something_to_serve(publish: Publish) -> None:
    publish(ago=timedelta(hours=1))

    status, told = asked()

    assert (status, told["snapshot"]["stale"]) == (200, True)
    assert told["snapshot"]["age_seconds"] >= 3600


@pytest.mark.parametrize(("supply", "status"), [(Supply.SHORT, 200), (Supply.EXHAUSTED, 503)])
def test_a_process_that_refuses_clients_is_not_ready(
    publish: Publish, monkeypatch: pytest.MonkeyPatch, supply: Supply, status: int
) -> None:
    publish()
    descriptors = Descriptors(limit=lambda: 1024)
    monkeypatch.setattr(own_health, "process_descriptors", lambda: descriptors)
    descriptors.note(supply)

    found, told = asked()

    assert (found, told["ready"], told["descriptors"]) == (status, status == 200, supply)


def test_a_process_whose_store_went_away_goes_on(publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    publish()
    asked()

    def refuse() -> redis.Redis:
        raise redis.ConnectionError

    reader = process_reader()
    monkeypatch.setattr(reader._store._client, "_connect", refuse)
    reader._asked_at = -1000.0

    status, told = asked()

    assert (status, told["ready"], told["store"]) == (200, True, "unavailable")


def test_health_is_answered_over_plain_http_also_under_tls(publish: Publish, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    publish()

    assert asked()[0] == Client().get("/livez").status_code == 200


async def test_health_is_answered_while_all_threads_for_pages_wait() -> None:
    may_end = threading.Event()
    waiting = [asgi._pages._threads.submit(may_end.wait) for _ in range(asgi.PAGE_THREADS)]
    try:
        async with serving() as port, requested(port, "/livez") as answer:
            assert answer.status == 200
    finally:
        may_end.set()
    assert all(future.result() for future in waiting)
