"""The WebSocket: what it says and when, to how many, and to whom not."""

import asyncio
import json
import logging
import socket
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import jsonpatch
import pytest
from pytest_django import Settings
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from realtime.core import delivery
from realtime.core.records import Fault, FaultCode
from realtime.live import connection, feed, hub
from realtime.reporting import rendering
from tests.functional.live.conftest import Newsroom
from tests.functional.live.serving import Client, Json, listening, rest_answer, serving

OVERRUN = Fault(code=FaultCode.SWEEP_OVERRUN, message="1 of 3 services could not be checked")


async def document_of(client: Client, snapshot_id: int) -> Json:
    message = await client.next()
    assert (message["type"], message["id"]) == ("snapshot", snapshot_id), message
    document: Json = message["data"]
    return document


async def test_the_first_message_is_the_rest_answer(newsroom: Newsroom) -> None:
    number = newsroom.publish()
    async with serving() as port, listening(port, "?period=1h") as client:
        text = await client.text()
        answer = await rest_answer(port, "?period=1h")

    assert text.encode() == b'{"type":"snapshot","id":%d,"data":%s}' % (number, answer)


async def test_each_snapshot_is_pushed_as_it_is_announced(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "SECONDS_BETWEEN_LOOKS", 60.0)
    newsroom.publish()
    async with serving() as port, listening(port) as client:
        await client.next()
        await newsroom.announcements_are_heard()
        for _ in range(3):
            number = await newsroom.announce()
            await document_of(client, number)


async def test_a_lost_announcement_is_made_up_for_by_looking(newsroom: Newsroom) -> None:
    newsroom.publish()
    async with serving() as port, listening(port) as client:
        await client.next()
        await document_of(client, newsroom.publish())


async def test_a_hundred_listeners_share_one_reading_and_one_rendering(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderings: list[int] = []
    real = rendering.render

    def render(*args: Any, **options: Any) -> rendering.Rendered:
        renderings.append(options["period_seconds"])
        return real(*args, **options)

    monkeypatch.setattr(rendering, "render", render)
    newsroom.publish()
    async with serving() as port, AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(listening(port)) for _ in range(100)]
        first = {await client.text() for client in clients}
        number = await newsroom.announce()
        second = {await client.text() for client in clients}

    assert len(first) == len(second) == 1
    assert json.loads(second.pop())["id"] == number
    assert renderings == [300, 300]
    assert newsroom.store.found == 2


async def test_listeners_of_several_periods_each_get_theirs(newsroom: Newsroom) -> None:
    newsroom.publish()
    async with serving() as port, listening(port, "?period=1m") as minute, listening(port, "?period=24h") as day:
        for _ in range(2):
            shown = [(await client.next())["data"]["comparison"]["period_seconds"] for client in (minute, day)]
            assert shown == [60, 86_400]
            newsroom.publish()


async def test_patches_lead_to_the_rest_answer(newsroom: Newsroom) -> None:
    first = newsroom.publish()
    async with serving() as port, listening(port, "?mode=delta") as client:
        document = await document_of(client, first)
        base = first
        for _ in range(3):
            number = newsroom.publish()
            message = await client.next()
            assert (message["type"], message["id"], message["base_id"]) == ("delta", number, base)
            document, base = jsonpatch.apply_patch(document, message["changes"]), number
            assert document == json.loads(await rest_answer(port))


async def test_a_snapshot_made_in_trouble_of_ours_reaches_patched_documents_too(newsroom: Newsroom) -> None:
    first = newsroom.publish()
    async with serving() as port, listening(port, "?mode=delta") as client:
        document = await document_of(client, first)
        for fault in (OVERRUN, None):
            newsroom.publish(fault=fault)
            document = jsonpatch.apply_patch(document, (await client.next())["changes"])
            assert document.get("error", {}).get("code") == (fault.code if fault else None)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The hub's clock, which stands still until it is turned; the hub looks often, by the real one."""
    clock = Clock()
    monkeypatch.setattr(newsroom.hub, "_monotonic", clock)
    monkeypatch.setattr(hub, "SECONDS_BETWEEN_LOOKS", 0.02)
    return clock


async def test_a_thinned_listener_gets_the_skipped_patches_in_one_message(newsroom: Newsroom, clock: Clock) -> None:
    first = newsroom.publish()
    async with (
        serving() as port,
        listening(port, "?mode=delta&interval=10") as thinned,
        listening(port, "?mode=delta") as other,
    ):
        document = await document_of(thinned, first)
        await other.next()
        changes = []
        for _ in range(2):
            clock.now += 5
            number = newsroom.publish()
            changes += (await other.next())["changes"]
        message = await thinned.next()

    assert message == {"type": "delta", "id": number, "base_id": first, "changes": changes}
    assert jsonpatch.apply_patch(document, changes)["snapshot_id"] == number


async def test_more_patches_than_are_kept_make_a_whole_document(
    newsroom: Newsroom, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MAX_LINKS", 2)
    first = newsroom.publish()
    async with (
        serving() as port,
        listening(port, "?mode=delta&interval=12") as thinned,
        listening(port, "?mode=delta") as other,
    ):
        await document_of(thinned, first)
        await other.next()
        for _ in range(3):
            clock.now += 4
            number = newsroom.publish()
            assert (await other.next())["type"] == "delta"
        await document_of(thinned, number)


async def test_a_heartbeat_comes_when_nothing_else_does(newsroom: Newsroom, clock: Clock) -> None:
    newsroom.publish()
    async with serving() as port, listening(port) as client:
        await client.next()
        for _ in range(2):
            clock.now += delivery.HEARTBEAT_SECONDS
            assert await client.next() == {"type": "heartbeat"}


async def test_before_the_first_snapshot_the_whole_shape_is_sent(newsroom: Newsroom) -> None:
    async with serving() as port, listening(port, "?mode=delta") as client:
        document = await document_of(client, 0)
        number = newsroom.publish()
        assert (await document_of(client, number))["status"] == "healthy"

    assert (document["stale"], document["status"], document["error"]["code"]) == (True, "unknown", "no_snapshot")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?period=2m", "period must be one of 1m, 5m, 15m, 1h, 24h"),
        ("?mode=patch", "mode must be one of full, delta"),
        ("?interval=0.5", "interval must be a whole number of seconds from 1 to 3600"),
        ("?interval=", "interval must be a whole number of seconds from 1 to 3600"),
        ("?interval=5&interval=5", "interval is given more than once"),
        ("?theme=dark", "unknown parameter 'theme': one of period, fields, mode, interval is expected"),
    ],
)
async def test_a_bad_parameter_closes_with_a_reason(newsroom: Newsroom, query: str, words: str) -> None:
    async with serving() as port, listening(port, query) as client:
        assert await client.closed() == (4400, words)


@pytest.mark.parametrize("fields", ["summary", "brief"])
async def test_a_slice_of_the_fields_is_pushed_as_rest_answers_it(newsroom: Newsroom, fields: str) -> None:
    newsroom.publish()
    async with serving() as port, listening(port, f"?fields={fields}") as client, listening(port) as whole:
        message, everything = await client.next(), await whole.next()
        assert message["data"] == json.loads(await rest_answer(port, f"?fields={fields}"))
        assert len(json.dumps(message["data"])) < len(json.dumps(everything["data"]))


async def test_what_the_client_says_is_ignored(newsroom: Newsroom) -> None:
    newsroom.publish()
    async with serving() as port, listening(port, "?_=1733000000") as client:
        await client.connection.send("hello")
        await client.connection.send(b"\x00")
        await client.next()
        await document_of(client, newsroom.publish())


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1:{port}.evil.example", "x://["]
)
async def test_pages_of_other_sites_are_refused(newsroom: Newsroom, origin: str) -> None:
    async with serving() as port:
        with pytest.raises(InvalidStatus) as refused:
            async with listening(port, origin=origin.replace("{port}", str(port))):
                pass

    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("origin", ["http://127.0.0.1:{port}", "https://127.0.0.1:{port}", "https://WALL.example"])
async def test_pages_of_this_site_and_of_allowed_origins_are_served(
    newsroom: Newsroom, settings: Settings, origin: str
) -> None:
    settings.REALTIME = replace(settings.REALTIME, allowed_origins=("https://wall.example",))
    newsroom.publish()
    async with serving() as port, listening(port, origin=origin.replace("{port}", str(port))) as client:
        assert (await client.next())["type"] == "snapshot"


async def test_behind_tls_pages_of_this_site_come_over_tls(newsroom: Newsroom, settings: Settings) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    newsroom.publish()
    secure = {"X-Forwarded-Proto": "https"}
    async with serving() as port:
        async with listening(port, origin=f"https://127.0.0.1:{port}", additional_headers=secure) as client:
            assert (await client.next())["type"] == "snapshot"
        with pytest.raises(InvalidStatus):
            async with listening(port, origin=f"http://127.0.0.1:{port}", additional_headers=secure):
                pass
        settings.SECURE_SSL_REDIRECT = True
        with pytest.raises(InvalidStatus):
            async with listening(port):
                pass


async def test_other_hosts_and_paths_are_refused(newsroom: Newsroom, settings: Settings) -> None:
    async with serving() as port:
        settings.ALLOWED_HOSTS = ["metrics.example"]
        with pytest.raises(InvalidStatus) as refused:
            async with listening(port):
                pass
        settings.ALLOWED_HOSTS = ["127.0.0.1"]
        with pytest.raises(InvalidStatus) as missing:
            async with connect(f"ws://127.0.0.1:{port}/ws/other", proxy=None):
                pass

    assert (refused.value.response.status_code, missing.value.response.status_code) == (403, 403)


async def test_a_trusted_proxy_names_the_host(newsroom: Newsroom, settings: Settings) -> None:
    settings.ALLOWED_HOSTS, settings.USE_X_FORWARDED_HOST = ["metrics.example"], True
    newsroom.publish()
    forwarded = {"X-Forwarded-Host": "metrics.example"}
    async with serving() as port:
        async with listening(port, origin="https://metrics.example", additional_headers=forwarded) as client:
            assert (await client.next())["type"] == "snapshot"


async def test_a_header_with_an_underscore_cannot_pose_as_the_proxys(newsroom: Newsroom, settings: Settings) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_SSL_REDIRECT = True
    async with serving() as port:
        with pytest.raises(InvalidStatus):
            async with listening(port, additional_headers={"X_Forwarded_Proto": "https"}):
                pass


async def test_a_slow_reader_is_dropped_with_a_code(
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
            async with listening(port, sock=narrow, max_queue=1) as client, listening(port) as attentive:
                while "too slowly" not in caplog.text:
                    number = newsroom.publish()
                    while (await attentive.next()).get("id") != number:
                        pass
                    await asyncio.sleep(0.05)
                assert await client.closed() == (4408, "reads too slowly")
                await document_of(attentive, newsroom.publish())


@pytest.mark.slow
async def test_the_hub_rests_when_nobody_listens_and_begins_again(newsroom: Newsroom) -> None:
    newsroom.publish()
    async with serving() as port:
        for _ in range(2):
            async with listening(port) as client:
                await client.next()
                assert newsroom.hub.is_running
            async with asyncio.timeout(20):
                while newsroom.hub.is_running:
                    await asyncio.sleep(0.01)


async def test_a_failure_of_ours_does_not_end_the_serving(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(hub, "SECONDS_BETWEEN_LOOKS", 0.02)
    newsroom.publish()
    async with serving() as port, listening(port) as client:
        await client.next()
        with monkeypatch.context() as broken:
            broken.setattr(hub, "advance", lambda *args, **options: 1 / 0)
            while "could not be served" not in caplog.text:
                await asyncio.sleep(0.01)
        await document_of(client, newsroom.publish())


async def test_when_the_server_stops_clients_are_told_to_come_again(newsroom: Newsroom) -> None:
    newsroom.publish()
    async with asyncio.timeout(20):
        async with serving() as port:
            leaving = await connect(f"ws://127.0.0.1:{port}/ws/real-time-metrics", proxy=None)
            await leaving.recv()
        await leaving.wait_closed()

    assert leaving.close_code == 1012
