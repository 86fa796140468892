"""Trouble, made to happen: a store that is paused or killed, a collector that stopped, a server that starts anew."""

import asyncio
import contextlib
import json
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis
from channels.layers import get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer
from pytest_django import Settings

from metricsproj import embedded, redis_urls
from realtime.broadcast import announcements
from realtime.config import ReadAccess
from realtime.core.records import Fault, FaultCode
from realtime.core.slices import Slice
from realtime.live import hub as hub_module
from realtime.live import websocket
from realtime.live.hub import Hub
from realtime.reporting.reader import Reader
from tests.embedded_store import started_store
from tests.functional.live.conftest import Newsroom
from tests.functional.live.serving import (
    NORMAL,
    PATIENCE_SECONDS,
    STORE_AWAY,
    Client,
    Json,
    listening,
    rest_answer,
    serving,
)


async def next_but_heartbeats(client: Client) -> Json:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (message := await client.next())["type"] == "heartbeat":
            pass
    return message


@pytest.fixture
def own_store(newsroom: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A store that the test may ill-treat, for the newsroom and for announcements; yields its URL."""
    url = embedded.store_url(tmp_path)
    client = redis.Redis.from_url(url, **redis_urls.client_options())
    newsroom.store._client._connect = lambda: client
    layer = RedisPubSubChannelLayer(hosts=[{"address": url, **redis_urls.async_client_options()}], prefix="own:")
    monkeypatch.setattr(announcements, "get_channel_layer", lambda: layer)
    yield url
    client.close()


@pytest.mark.slow
async def test_a_frozen_store_is_told_and_so_is_its_thaw(newsroom: Newsroom, own_store: str, tmp_path: Path) -> None:
    with started_store(tmp_path, url=own_store) as process:
        newsroom.publish()
        async with serving() as port, listening(port, "?mode=delta") as client:
            await client.next()
            process.send_signal(signal.SIGSTOP)
            try:
                assert await next_but_heartbeats(client) == STORE_AWAY
                assert json.loads(await rest_answer(port))["stale"] is True
            finally:
                process.send_signal(signal.SIGCONT)
            assert await next_but_heartbeats(client) == NORMAL
            number = newsroom.publish()
            message = await next_but_heartbeats(client)
            assert (message["type"], message["id"]) == ("snapshot", number)
            newsroom.publish()
            assert (await next_but_heartbeats(client))["type"] == "delta"


async def has_been_through_trouble(client: Client, newsroom: Newsroom) -> None:
    """Have the feed of this client change its state twice."""
    await client.next()
    newsroom.store.is_away = True
    assert await next_but_heartbeats(client) == STORE_AWAY
    newsroom.store.is_away = False
    assert await next_but_heartbeats(client) == NORMAL


async def no_look_is_due(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the hub wait for news, and for nothing but news."""
    waiting, real = asyncio.Event(), newsroom.hub._wait

    async def wait() -> None:
        waiting.set()
        await real()

    monkeypatch.setattr(hub_module, "SECONDS_BETWEEN_LOOKS", 60.0)
    monkeypatch.setattr(newsroom.hub, "_wait", wait)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await waiting.wait()


async def test_who_comes_just_as_the_last_listener_leaves_hears_of_trouble(newsroom: Newsroom) -> None:
    is_ending, may_end = asyncio.Event(), asyncio.Event()

    async def slow_to_end() -> AsyncIterator[int]:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            is_ending.set()
            await may_end.wait()
            raise
        yield 0

    newsroom.hub._announcements = slow_to_end
    newsroom.publish()
    async with serving() as port:
        async with listening(port) as first:
            await has_been_through_trouble(first, newsroom)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await is_ending.wait()
        async with listening(port) as second:
            assert (await second.next())["data"]["stale"] is False
            may_end.set()
            newsroom.store.is_away = True
            assert await next_but_heartbeats(second) == STORE_AWAY


@pytest.mark.slow
async def test_who_comes_while_nobody_of_its_period_is_read_for_hears_of_trouble(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.publish()
    reader = newsroom.hub._reader
    real_answer, asked, may_answer = reader.answer, [], threading.Event()

    def answer(*, period_seconds: int, now: Any, part: Slice) -> Any:
        asked.append(period_seconds)
        assert may_answer.wait(PATIENCE_SECONDS)
        return real_answer(period_seconds=period_seconds, now=now, part=part)

    async with serving() as port, listening(port, "?period=1h") as keeper:
        await keeper.next()
        async with listening(port) as first:
            await has_been_through_trouble(first, newsroom)
            await no_look_is_due(newsroom, monkeypatch)
        # Gone between two looks, so that the next one begins without its period.
        await newsroom.listeners_are(1)
        monkeypatch.setattr(reader, "answer", answer)
        try:
            newsroom.hub._news.set()
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not asked:
                    await asyncio.sleep(0.005)
            async with listening(port) as second:
                # From the feed of before, while the look goes on.
                assert (await second.next())["data"]["stale"] is False
                assert asked == [3600]
                newsroom.store.is_away = True
                monkeypatch.setattr(hub_module, "SECONDS_BETWEEN_LOOKS", 0.1)
                may_answer.set()
                assert await next_but_heartbeats(second) == STORE_AWAY
        finally:
            may_answer.set()


async def test_who_connects_while_the_store_is_away_sees_it_and_then_the_whole_new_snapshot(
    newsroom: Newsroom,
) -> None:
    newsroom.publish()
    async with serving() as port, listening(port) as early:
        await early.next()
        newsroom.store.is_away = True
        assert await next_but_heartbeats(early) == STORE_AWAY
        async with listening(port, "?mode=delta&interval=60") as late:
            message = await late.next()
            assert (message["data"]["stale"], message["data"]["error"]) == (True, STORE_AWAY["error"])
            newsroom.store.is_away = False
            newsroom.publish()
            # Either the recovery is seen first, or the snapshot that came with it.
            while (message := await next_but_heartbeats(early))["type"] == "state":
                assert message == NORMAL
            assert message["data"]["stale"] is False


@pytest.mark.slow
async def test_a_store_that_was_killed_and_started_again_is_heard_again(
    newsroom: Newsroom, own_store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving() as port:
        with started_store(tmp_path, url=own_store):
            newsroom.publish()
            stack = contextlib.AsyncExitStack()
            client = await stack.enter_async_context(listening(port))
            await client.next()
        async with stack:
            assert await next_but_heartbeats(client) == STORE_AWAY
            with started_store(tmp_path, url=own_store):
                assert await next_but_heartbeats(client) == NORMAL
                monkeypatch.setattr(hub_module, "SECONDS_BETWEEN_LOOKS", 60.0)
                await _announcements_are_heard(own_store)
                number = await newsroom.announce()
                message = await next_but_heartbeats(client)
                assert (message["type"], message["id"]) == ("snapshot", number)


async def _announcements_are_heard(url: str) -> None:
    channel = f"own:__group__{announcements.GROUP}"
    with redis.Redis.from_url(url) as client:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not dict(client.pubsub_numsub(channel))[channel.encode()]:
                await asyncio.sleep(0.02)


async def test_a_database_that_takes_its_time_over_sessions_holds_up_no_snapshot(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    asked, told = threading.Event(), threading.Event()

    class BySession:
        def holds(self) -> bool:
            asked.set()
            return told.wait(PATIENCE_SECONDS)

    async def admission(scope: object) -> BySession:
        return BySession()

    settings.REALTIME = replace(settings.REALTIME, read_access=ReadAccess.STAFF)
    monkeypatch.setattr(websocket, "admission", admission)
    newsroom.publish()
    try:
        async with serving() as port, listening(port) as client:
            await client.next()
            assert await asyncio.to_thread(asked.wait, PATIENCE_SECONDS)
            number = newsroom.publish()
            assert (await client.next())["id"] == number
            assert not told.is_set()
    finally:
        told.set()


async def test_threads_that_all_wait_for_something_else_hold_up_no_snapshot(newsroom: Newsroom) -> None:
    may_end, threads = threading.Event(), 4
    newsroom.publish()
    with ThreadPoolExecutor(max_workers=threads) as everyones:
        asyncio.get_running_loop().set_default_executor(everyones)
        for _ in range(threads):
            everyones.submit(may_end.wait)
        try:
            async with serving() as port, listening(port) as client:
                await client.next()
                number = newsroom.publish()
                assert (await client.next())["id"] == number
                assert not may_end.is_set()
        finally:
            may_end.set()


async def test_rights_that_cannot_be_looked_at_are_looked_at_again(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    looks = iter([True, ValueError("a fault of ours"), False])

    class Revoked:
        def holds(self) -> bool:
            if isinstance(look := next(looks), ValueError):
                raise look
            return bool(look)

    async def admission(scope: object) -> Revoked:
        return Revoked()

    settings.REALTIME = replace(settings.REALTIME, read_access=ReadAccess.STAFF)
    monkeypatch.setattr(websocket, "admission", admission)
    newsroom.publish()
    async with serving() as port, listening(port) as client:
        assert await client.closed() == (4401, "the right to read has ended")

    assert "rights could not be looked at" in caplog.text


async def test_who_connects_before_the_first_snapshot_is_told_the_time_of_the_answer(newsroom: Newsroom) -> None:
    async with serving() as port, listening(port) as early:
        first = (await early.next())["data"]["timestamp"]
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                async with listening(port) as late:
                    if (await late.next())["data"]["timestamp"] > first:
                        break
        number = newsroom.publish()
        assert (await next_but_heartbeats(early))["id"] == number


@pytest.mark.slow
async def test_a_collector_that_stopped_is_told_within_two_intervals_and_the_deadline(newsroom: Newsroom) -> None:
    newsroom.interval_seconds = 1  # stale after 2.8 s
    newsroom.publish()
    async with serving() as port, listening(port) as client:
        shown = (await client.next())["data"]
        began = asyncio.get_running_loop().time()
        message = await next_but_heartbeats(client)
        took_seconds = asyncio.get_running_loop().time() - began

    assert message == {
        "type": "state",
        "stale": True,
        "status": "unknown",
        "status_since": shown["timestamp"],
        "error": None,
    }
    assert took_seconds > 2


async def test_a_snapshot_with_an_error_of_ours_carries_it_itself(newsroom: Newsroom) -> None:
    newsroom.publish()
    async with serving() as port, listening(port) as client:
        await client.next()
        number = newsroom.publish(fault=Fault(code=FaultCode.SWEEP_OVERRUN, message="1 of 3"))
        message = await client.next()

    assert (message["type"], message["id"]) == ("snapshot", number)
    assert message["data"]["error"]["code"] == "sweep_overrun"


async def test_an_announcement_that_cannot_be_read_is_passed_over(newsroom: Newsroom) -> None:
    newsroom.publish()
    async with serving() as port, listening(port) as client:
        await client.next()
        await newsroom.announcements_are_heard()
        layer: Any = get_channel_layer()
        await layer.group_send(announcements.GROUP, {"type": "snapshot.published", "snapshot_id": "all of them"})
        await layer.group_send(announcements.GROUP, {})
        number = await newsroom.announce()
        assert (await client.next())["id"] == number


async def test_listening_that_fails_is_begun_again(newsroom: Newsroom, caplog: pytest.LogCaptureFixture) -> None:
    heard = asyncio.Event()

    async def failing() -> AsyncIterator[int]:
        heard.set()
        nothing: tuple[int, ...] = ()
        for number in nothing:
            yield number
        raise ValueError("not msgpack")

    lonely = Hub(reader=Reader(store=newsroom.store), announcements=failing)
    newsroom.hub._announcements = lonely._announcements
    newsroom.publish()
    async with serving() as port, listening(port) as client:
        await client.next()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await heard.wait()
            heard.clear()
            await heard.wait()

    assert "announcements cannot be heard" in caplog.text


def test_a_snapshot_that_cannot_be_announced_raises_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    url = f"unix://{tmp_path}/nothing.sock"
    layer = RedisPubSubChannelLayer(hosts=[{"address": url, **redis_urls.async_client_options()}])
    monkeypatch.setattr(announcements, "get_channel_layer", lambda: layer)

    assert announcements.announce(7) == "ConnectionError"
