"""The event stream: the same as the WebSocket, for plain HTTP clients, which may come back where they left off."""

import asyncio
import json
import logging
import socket
from dataclasses import replace

import jsonpatch
import pytest
from pytest_django import Settings

from realtime.core import delivery
from realtime.live import connection, hub
from tests.functional.live.conftest import Newsroom
from tests.functional.live.serving import (
    NORMAL,
    PATIENCE_SECONDS,
    STORE_AWAY,
    Json,
    Stream,
    requested,
    rest_answer,
    serving,
    streaming,
)

PATH = "/api/v1/real-time-metrics/stream"


async def snapshot_of(stream: Stream, number: int) -> Json:
    event = await stream.event()
    assert (event["event"], event["id"]) == ("snapshot", str(number)), event
    document: Json = json.loads(event["data"])
    return document


async def state_of(stream: Stream) -> Json:
    """Return the state that is told next, as an event that leaves the id of the last one as it is."""
    event = await stream.event()
    assert event.keys() == {"event", "data"}, event
    assert event["event"] == "state"
    state: Json = json.loads(event["data"])
    return state


async def test_the_first_event_is_the_rest_answer_and_others_follow(newsroom: Newsroom) -> None:
    number = newsroom.publish()
    async with serving() as port, streaming(port, "?period=15m") as stream:
        event = await stream.event()
        assert event == {
            "event": "snapshot",
            "id": str(number),
            "data": (await rest_answer(port, "?period=15m")).decode(),
        }
        await snapshot_of(stream, newsroom.publish())


async def test_the_answer_is_an_event_stream_that_nobody_stores(newsroom: Newsroom) -> None:
    newsroom.publish()
    async with serving() as port:
        for method in ("GET", "HEAD"):
            async with requested(port, f"{PATH}/", method=method) as stream:
                assert stream.status == 200
                assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
                assert stream.headers["cache-control"] == "no-cache, no-transform"
                assert stream.headers["x-content-type-options"] == "nosniff"


async def test_patches_lead_on_from_the_document(newsroom: Newsroom) -> None:
    first = newsroom.publish()
    async with serving() as port, streaming(port, "?mode=delta") as stream:
        document = await snapshot_of(stream, first)
        number = newsroom.publish()
        event = await stream.event()
        message = json.loads(event["data"])
        assert (event["event"], event["id"]) == ("delta", str(number))
        assert (message["type"], message["id"], message["base_id"]) == ("delta", number, first)
        assert jsonpatch.apply_patch(document, message["changes"]) == json.loads(await rest_answer(port))


async def test_who_comes_back_up_to_date_is_sent_the_state_and_not_the_same_snapshot_again(newsroom: Newsroom) -> None:
    first = newsroom.publish()
    async with serving() as port, streaming(port, Last_Event_ID=str(first)) as stream:
        assert await state_of(stream) == NORMAL
        await snapshot_of(stream, newsroom.publish())


async def test_who_left_in_trouble_and_comes_back_to_the_same_snapshot_hears_that_it_is_over(
    newsroom: Newsroom,
) -> None:
    number = newsroom.publish()
    async with serving() as port:
        async with streaming(port) as stream:
            await snapshot_of(stream, number)
            newsroom.store.is_away = True
            assert await state_of(stream) == STORE_AWAY
        async with asyncio.timeout(PATIENCE_SECONDS):
            while newsroom.hub.is_running:  # until then it remembers the trouble
                await asyncio.sleep(0.005)
        newsroom.store.is_away = False
        async with asyncio.timeout(PATIENCE_SECONDS):
            while json.loads(await rest_answer(port))["stale"]:  # the reader asks a store that failed once a second
                await asyncio.sleep(0.02)
        async with streaming(port, Last_Event_ID=str(number)) as stream:
            assert await state_of(stream) == NORMAL


async def test_who_comes_back_behind_gets_the_present_snapshot(newsroom: Newsroom) -> None:
    first, second = newsroom.publish(), newsroom.publish()
    async with serving() as port, streaming(port, Last_Event_ID=str(first)) as stream:
        await snapshot_of(stream, second)


async def test_who_comes_back_with_patches_at_hand_gets_a_patch_whatever_state_it_had_last(newsroom: Newsroom) -> None:
    first = newsroom.publish()
    async with serving() as port, streaming(port, "?mode=delta") as staying:
        document = await snapshot_of(staying, first)
        for _ in range(2):
            number = newsroom.publish()
            await staying.event()
        async with streaming(port, "?mode=delta", Last_Event_ID=str(first)) as returning:
            message = json.loads((await returning.event())["data"])
        answer = json.loads(await rest_answer(port))

    assert (message["type"], message["base_id"], message["id"]) == ("delta", first, number)
    in_trouble = {**document, "stale": True, "status": "unknown", "error": {"code": "store_unavailable"}}
    for held in (document, in_trouble):
        assert jsonpatch.apply_patch(held, message["changes"]) == answer


@pytest.mark.parametrize("told", ["1", "0", "-1", "abc", "9" * 40, ""])
async def test_who_comes_back_from_nowhere_known_gets_the_whole(newsroom: Newsroom, told: str) -> None:
    number = newsroom.publish()
    async with serving() as port, streaming(port, "?mode=delta", Last_Event_ID=told) as stream:
        await snapshot_of(stream, number)


async def test_a_state_is_an_event_without_an_id(newsroom: Newsroom) -> None:
    number = newsroom.publish()
    async with serving() as port, streaming(port) as stream, streaming(port, Last_Event_ID=str(number)) as other:
        await snapshot_of(stream, number)
        assert await state_of(other) == NORMAL
        newsroom.store.is_away = True
        for each in (stream, other):
            assert await state_of(each) == STORE_AWAY


async def test_a_heartbeat_is_a_comment(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(hub, "SECONDS_BETWEEN_LOOKS", 0.02)
    newsroom.publish()
    async with serving() as port, streaming(port) as stream:
        await stream.event()
        assert await stream.block() == b": heartbeat\n\n"


@pytest.mark.parametrize(
    ("query", "field"),
    [("?period=2m", "period"), ("?mode=both", "mode"), ("?interval=x", "interval"), ("?theme=dark", "theme")],
)
async def test_a_bad_parameter_is_answered_as_rest_does(newsroom: Newsroom, query: str, field: str) -> None:
    async with serving() as port, requested(port, PATH + query) as stream:
        assert stream.status == 400
        assert stream.headers["cache-control"] == "no-store"
        told = json.loads(await stream.rest())
        assert stream.headers["content-type"] == "application/problem+json"
        assert told.keys() == {"type", "title", "status", "detail", "code", "field", "choices"}
        assert (told["code"], told["field"]) == ("invalid_parameter", field)
        if field == "period":
            async with requested(port, f"/api/v1/real-time-metrics{query}") as rest:
                assert json.loads(await rest.rest()) == told


async def test_other_methods_and_hosts_are_refused(newsroom: Newsroom, settings: Settings) -> None:
    async with serving() as port:
        async with requested(port, PATH, method="POST", Content_Length="0") as stream:
            assert (stream.status, stream.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        settings.ALLOWED_HOSTS = ["metrics.example"]
        async with requested(port, PATH) as stream:
            assert stream.status == 400
            assert json.loads(await stream.rest())["code"] == "invalid_host"


async def test_options_tells_what_is_served(newsroom: Newsroom, settings: Settings) -> None:
    async with serving() as port, requested(port, PATH, method="OPTIONS") as stream:
        assert (stream.status, stream.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
        settings.REALTIME = replace(settings.REALTIME, allowed_origins=("https://wall.example",))
        async with requested(port, PATH, method="OPTIONS") as stream:
            assert stream.status == 204


async def test_over_tls_browsers_are_told_to_stay_there(newsroom: Newsroom, settings: Settings) -> None:
    settings.SECURE_PROXY_SSL_HEADER, settings.SECURE_HSTS_SECONDS = ("HTTP_X_FORWARDED_PROTO", "https"), 60
    newsroom.publish()
    async with serving() as port:
        async with streaming(port, X_Forwarded_Proto="https") as stream:
            assert stream.headers["strict-transport-security"] == "max-age=60"
        async with streaming(port, X_Forwarded_Proto="http") as stream:
            assert "strict-transport-security" not in stream.headers


async def test_pages_of_allowed_origins_may_read_and_others_may_not(newsroom: Newsroom, settings: Settings) -> None:
    settings.REALTIME = replace(settings.REALTIME, allowed_origins=("https://wall.example",))
    settings.CORS_ALLOWED_ORIGINS = ["https://wall.example"]
    newsroom.publish()
    async with serving() as port:
        for origin, allowed in (("https://wall.example", "https://wall.example"), ("https://evil.example", None)):
            async with streaming(port, Origin=origin) as stream:
                assert stream.headers.get("access-control-allow-origin") == allowed
                assert stream.headers["vary"] == "origin"
            async with requested(port, f"{PATH}?period=x", Origin=origin) as refused:
                assert refused.headers.get("access-control-allow-origin") == allowed


@pytest.mark.slow
async def test_a_client_that_does_not_read_is_dropped(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connection, "SLOW_READER_SECONDS", 0.2)
    monkeypatch.setattr(hub, "SECONDS_BETWEEN_LOOKS", 0.02)
    caplog.set_level(logging.INFO, logger="realtime.live")
    newsroom.services = 300
    newsroom.publish()
    with socket.socket() as narrow:
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        async with serving(send_buffer_bytes=8192) as port:
            narrow.connect(("127.0.0.1", port))
            narrow.sendall(f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            while "too slowly" not in caplog.text:
                newsroom.publish()
                await asyncio.sleep(0.05)
            while newsroom.hub.is_running:
                await asyncio.sleep(0.01)


async def test_a_stream_ends_when_the_hub_closes_as_before_a_restart(newsroom: Newsroom) -> None:
    newsroom.publish()
    async with serving() as port, streaming(port) as stream:
        await stream.event()
        newsroom.hub.close()
        assert await stream.rest() == b""
