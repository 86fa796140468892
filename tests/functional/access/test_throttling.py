"""The rate limit for each client: off by default, for REST and new connections, never in the way of a failing store."""

import asyncio
import dataclasses
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from django.conf import settings as project
from django.test import Client, RequestFactory

from realtime.api.throttling import PerClient
from realtime.api.views import MetricsView
from realtime.config import Rate
from realtime.reporting.clients import client_address
from realtime.reporting.rate_limit import RateLimit, process_rate_limit
from realtime.store.client import StoreUnavailable
from realtime.store.redis_keys import RedisKeys
from realtime.store.request_counts import RequestCounts, open_request_counts
from tests.functional.api.conftest import URL, Publish
from tests.functional.api.test_serving import commands
from tests.functional.live.conftest import Newsroom
from tests.functional.live.serving import Client as Socket
from tests.functional.live.serving import listening, requested, serving, streaming

STREAM = f"{URL}/stream"


@pytest.fixture
def two_a_minute(settings: Any, monkeypatch: pytest.MonkeyPatch, clean_store: redis.Redis) -> None:
    settings.REALTIME = dataclasses.replace(settings.REALTIME, throttle=Rate(requests=2, window_seconds=60))
    monkeypatch.setattr(MetricsView, "throttle_classes", [PerClient])
    process_rate_limit.cache_clear()


@pytest.fixture
def proxied(settings: Any) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}


def statuses(*addresses: str, **headers: str) -> list[int]:
    return [Client(headers=headers or None, REMOTE_ADDR=address).get(URL).status_code for address in addresses]


def test_by_default_nobody_is_counted(publish: Publish) -> None:
    publish()

    assert MetricsView.throttle_classes == []


@pytest.mark.usefixtures("two_a_minute")
def test_each_client_has_its_own_limit(publish: Publish) -> None:
    publish()

    assert statuses("10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.2") == [200, 200, 429, 200]


@pytest.mark.usefixtures("two_a_minute")
def test_rest_and_history_share_the_limit_and_say_when_to_come_again(publish: Publish) -> None:
    publish()
    statuses("10.0.0.1", "10.0.0.1")

    response = Client(REMOTE_ADDR="10.0.0.1").get(f"{URL}/history?metric=error_rate")

    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 60
    assert response.json()["code"] == "throttled"


@pytest.mark.usefixtures("two_a_minute")
@pytest.mark.parametrize("path", ["/livez", "/readyz", "/"])
def test_health_and_pages_are_never_throttled(publish: Publish, path: str) -> None:
    publish()

    assert {Client().get(path).status_code for _ in range(4)} == {200}


@pytest.mark.usefixtures("two_a_minute")
def test_a_header_that_nobody_vouches_for_makes_no_other_client(publish: Publish) -> None:
    publish()
    for number in range(2):
        statuses("10.0.0.1", **{"X-Forwarded-For": f"10.9.9.{number}"})

    assert statuses("10.0.0.1") == [429]


@pytest.mark.usefixtures("two_a_minute", "proxied")
def test_behind_a_trusted_proxy_the_address_that_it_saw_counts(publish: Publish) -> None:
    publish()
    for number in range(2):
        assert statuses("10.0.0.1", **{"X-Forwarded-For": f"1.1.1.{number}, 192.0.2.7"}) == [200]

    assert statuses("10.0.0.1", **{"X-Forwarded-For": "192.0.2.7"}) == [429]
    assert statuses("10.0.0.1", **{"X-Forwarded-For": "192.0.2.8"}) == [200]


@pytest.mark.usefixtures("proxied")
@pytest.mark.parametrize(
    ("forwarded", "remote", "found"),
    [
        ("2001:DB8::1", "10.0.0.1", "2001:db8::"),
        ("unknown", "10.0.0.1", "10.0.0.1"),
        ("'; DROP TABLE", "", "0.0.0.0"),
        ("", "", "0.0.0.0"),
    ],
)
def test_what_is_no_address_is_never_taken_for_one(forwarded: str, remote: str, found: str) -> None:
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR=remote)

    assert client_address(request) == found


@pytest.mark.usefixtures("two_a_minute")
def test_counting_costs_one_round_trip_more(publish: Publish, clean_store: redis.Redis) -> None:
    publish()
    statuses("10.0.0.1")
    clean_store.config_resetstat()

    for _ in range(2):
        process_rate_limit().seconds_to_wait("10.0.0.2")

    # A script's own commands are counted too; what goes over the wire is the script alone.
    sent = commands(clean_store)
    assert sent.pop("eval") == 2
    assert sent == {"pttl": 2, "set": 1, "incr": 1}


@pytest.mark.usefixtures("two_a_minute")
def test_while_the_store_is_away_everybody_is_let_through(publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    publish()
    statuses("10.0.0.1")
    asked = []

    def refuse(*_: object, **__: object) -> None:
        asked.append(1)
        raise StoreUnavailable

    monkeypatch.setattr(RequestCounts, "count", refuse)

    assert statuses(*["10.0.0.1"] * 5) == [200] * 5
    assert len(asked) == 1


def key_of(client: str) -> str:
    return RedisKeys(project.REALTIME.key_prefix).requests(client)


@pytest.mark.usefixtures("two_a_minute")
def test_of_requests_at_the_same_time_exactly_the_limit_is_let_through(settings: Any) -> None:
    settings.REALTIME = dataclasses.replace(settings.REALTIME, throttle=Rate(requests=10, window_seconds=3600))
    limit, threads = RateLimit(counts=open_request_counts(settings.REALTIME)), 20
    start = threading.Barrier(threads)

    def let_through(_: int) -> int:
        start.wait()
        return sum(limit.seconds_to_wait("10.0.0.9") is None for _ in range(10))

    with ThreadPoolExecutor(threads) as pool:
        assert sum(pool.map(let_through, range(threads))) == 10


@pytest.mark.usefixtures("two_a_minute")
def test_another_address_of_its_own_network_is_no_other_client(publish: Publish) -> None:
    publish()

    assert statuses("2001:db8::1", "2001:db8::2", "2001:db8::ffff:3", "2001:db8:0:1::1") == [200, 200, 429, 200]


SPOILS: dict[str, Callable[[redis.Redis, str], object]] = {
    "garbage": lambda client, key: client.set(key, b"\xff garbage", px=50_000),
    "a huge number": lambda client, key: client.set(key, "9" * 400, px=50_000),
    "no end": lambda client, key: client.set(key, 2),
    "an end beyond the window": lambda client, key: client.set(key, 2, px=90_000),
    "a list": lambda client, key: client.rpush(key, "x"),
    "a hash": lambda client, key: client.hset(key, "a", "b"),
}


@pytest.mark.usefixtures("two_a_minute")
@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_what_is_no_count_is_replaced_by_one(
    publish: Publish, clean_store: redis.Redis, spoil: Callable[[redis.Redis, str], object]
) -> None:
    publish()
    spoil(clean_store, key_of("10.0.0.1"))

    assert statuses(*["10.0.0.1"] * 3) == [200, 200, 429]


@pytest.mark.usefixtures("two_a_minute")
def test_the_window_ends_however_often_a_refused_client_comes(clean_store: redis.Redis) -> None:
    limit, key = process_rate_limit(), key_of("10.0.0.1")
    assert [limit.seconds_to_wait("10.0.0.1") for _ in range(2)] == [None, None]
    clean_store.pexpire(key, 1500)

    waits = [limit.seconds_to_wait("10.0.0.1") for _ in range(5)]

    assert all(wait is not None and 0 < wait <= 1.5 for wait in waits)
    assert clean_store.get(key) == b"2"
    assert clean_store.pttl(key) <= 1500
    clean_store.delete(key)  # as the end of the window does
    assert limit.seconds_to_wait("10.0.0.1") is None


async def refusal_of(client: Socket) -> str:
    code, reason = await client.closed()
    assert code == 4429
    return reason or ""


@pytest.mark.usefixtures("two_a_minute")
async def test_new_connections_count_like_requests(newsroom: Newsroom) -> None:
    newsroom.publish()
    async with serving() as port:
        async with listening(port) as client, streaming(port) as stream:
            assert (await client.next())["type"] == "snapshot"
            assert (await stream.event())["event"] == "snapshot"
            assert await asyncio.to_thread(statuses, "127.0.0.1", "10.0.0.2") == [429, 200]

            async with listening(port) as third:
                assert (await refusal_of(third)).startswith("too many requests; come again in ")
            async with requested(port, STREAM) as refused:
                assert refused.status == 429
                assert 0 < int(refused.headers["retry-after"]) <= 60
                assert refused.headers["cache-control"] == "no-store"
                assert json.loads(await refused.rest())["code"] == "throttled"

            # Whoever listens already goes on.
            number = newsroom.publish()
            assert (await client.next())["id"] == number
            assert (await stream.event())["id"] == str(number)


@pytest.mark.usefixtures("two_a_minute")
async def test_connections_that_are_refused_for_other_reasons_are_not_counted(
    newsroom: Newsroom, settings: Any
) -> None:
    async with serving() as port:
        for _ in range(3):
            async with requested(port, STREAM, method="POST", Content_Length="0") as refused:
                assert refused.status == 405
            async with requested(port, STREAM, Host="evil.example") as refused:
                assert refused.status == 400
        newsroom.publish()
        async with listening(port) as client:
            assert (await client.next())["type"] == "snapshot"


@pytest.mark.usefixtures("two_a_minute", "proxied")
async def test_behind_a_trusted_proxy_connections_count_for_the_address_that_it_saw(newsroom: Newsroom) -> None:
    newsroom.publish()
    async with serving() as port:
        for number in range(2):
            async with streaming(port, X_Forwarded_For=f"1.1.1.{number}, 2001:DB8::{number}"):
                pass
        async with listening(port, additional_headers={"X-Forwarded-For": "2001:db8:0::7"}) as same:
            await refusal_of(same)
        async with listening(port, additional_headers={"X-Forwarded-For": "2001:db8:0:1::7"}) as other:
            assert (await other.next())["type"] == "snapshot"


async def test_by_default_connections_are_not_counted(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RateLimit, "seconds_to_wait", lambda *_: 60.0)
    newsroom.publish()
    async with serving() as port, listening(port) as client, streaming(port) as stream:
        assert (await client.next())["type"] == "snapshot"
        assert (await stream.event())["event"] == "snapshot"


@pytest.mark.usefixtures("two_a_minute")
async def test_a_store_that_fails_lets_every_connection_through(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(RequestCounts, "count", refuse)
    newsroom.publish()
    async with serving() as port:
        for _ in range(4):
            async with listening(port) as client:
                assert (await client.next())["type"] == "snapshot"
