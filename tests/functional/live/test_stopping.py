"""A connection that was made just before the server is told to stop: its client cannot know, and may not ask twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from metricsproj import http_protocol
from metricsproj.http_protocol import GuardedHttp
from tests.functional.live.serving import PATIENCE_SECONDS, serving
from tests.functional.live.test_hostile_clients import PATH, handshake

HEALTH = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@asynccontextmanager
async def stopping(
    monkeypatch: pytest.MonkeyPatch, *, wait_seconds: float
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection that has been told to end before its client has said anything."""
    monkeypatch.setattr(http_protocol, "FIRST_REQUEST_SECONDS", wait_seconds)
    made: asyncio.Queue[GuardedHttp] = asyncio.Queue()
    real = GuardedHttp.connection_made

    def remember(protocol: GuardedHttp, transport: asyncio.Transport) -> None:
        real(protocol, transport)
        made.put_nowait(protocol)

    monkeypatch.setattr(GuardedHttp, "connection_made", remember)
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        (await made.get()).shutdown()
        try:
            yield reader, writer
        finally:
            writer.close()


@pytest.mark.slow
async def test_its_first_request_is_answered_and_is_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stopping(monkeypatch, wait_seconds=1) as (reader, writer):
        writer.write(HEALTH)

        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await reader.read()

    assert answer.startswith(b"HTTP/1.1 200 ")


async def test_it_is_closed_when_nothing_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stopping(monkeypatch, wait_seconds=0.01) as (reader, _):
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await reader.read() == b""


async def test_it_becomes_no_websocket(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stopping(monkeypatch, wait_seconds=1) as (reader, writer):
        writer.write(handshake(PATH))

        async with asyncio.timeout(PATIENCE_SECONDS):
            assert (await reader.read()).startswith(b"HTTP/1.1 503 ")
