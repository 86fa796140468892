"""The live edge behind a real server on loopback, and clients for it, all in the event loop of a test."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any
from unittest.mock import ANY

import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from metricsproj.asgi import application
from metricsproj.http_protocol import GuardedHttp
from metricsproj.supervision.web import MAX_MESSAGE_BYTES
from metricsproj.websocket_protocol import GuardedWebSocket

PATIENCE_SECONDS = 20.0

Json = dict[str, Any]

STORE_AWAY: Json = {
    "type": "state",
    "stale": True,
    "status": "unknown",
    "status_since": ANY,
    "error": {"code": "store_unavailable", "message": "the store does not answer"},
}
NORMAL: Json = {"type": "state", "stale": False, "status": "healthy", "status_since": ANY, "error": None}


class _Server(uvicorn.Server):
    """A server that leaves the signals of the test run alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(*, send_buffer_bytes: int | None = None) -> AsyncIterator[int]:
    """Serve the project's ASGI application until the block ends; yields the port."""
    config = uvicorn.Config(
        application,
        http=GuardedHttp,
        ws=GuardedWebSocket,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        if send_buffer_bytes is not None:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer_bytes)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not server.started:
                await asyncio.sleep(0.005)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task


class Client:
    """A WebSocket client; `asked` are the headers and options of its handshake."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def text(self) -> str:
        """Return the next message as it came."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            message = await self.connection.recv()
        assert isinstance(message, str)
        return message

    async def next(self) -> Json:
        """Return the next message."""
        message: Json = json.loads(await self.text())
        return message

    async def closed(self) -> tuple[int | None, str | None]:
        """Return the code and reason with which the server closes, whatever it says before."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.text()
        return self.connection.close_code, self.connection.close_reason


@contextlib.asynccontextmanager
async def listening(port: int, query: str = "", **options: Any) -> AsyncIterator[Client]:
    """Open a WebSocket until the block ends."""
    url = f"ws://127.0.0.1:{port}/ws/real-time-metrics{query}"
    async with connect(url, compression=None, proxy=None, max_size=None, **options) as connection:
        yield Client(connection)


class Stream:
    """An HTTP answer that may go on and on."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._body = b""
        self.status = 0
        self.headers: dict[str, str] = {}

    async def read_head(self) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        self.status = int(head[0].split()[1])
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}

    async def block(self) -> bytes:
        """Return what comes until the next empty line."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while b"\n\n" not in self._body:
                chunk = await self._chunk()
                assert chunk, "the stream ended"
                self._body += chunk
        block, end, self._body = self._body.partition(b"\n\n")
        return block + end

    async def event(self) -> dict[str, str]:
        """Return the fields of the next event."""
        lines = (await self.block()).decode().strip("\n").split("\n")
        return {name: value for name, _, value in (line.partition(": ") for line in lines)}

    async def rest(self) -> bytes:
        """Return the rest of the body, once it ends."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            if "content-length" in self.headers:
                return await self._reader.readexactly(int(self.headers["content-length"]))
            while chunk := await self._chunk():
                self._body += chunk
        return self._body

    async def _chunk(self) -> bytes:
        size = int(await self._reader.readline(), 16)
        return (await self._reader.readexactly(size + 2))[:size]


@contextlib.asynccontextmanager
async def requested(port: int, path: str, *, method: str = "GET", **headers: str) -> AsyncIterator[Stream]:
    """Ask for a path until the block ends; underscores in header names stand for dashes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    given = {"Host": f"127.0.0.1:{port}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items()), "", ""]
    writer.write("\r\n".join(lines).encode())
    stream = Stream(reader)
    try:
        await stream.read_head()
        yield stream
    finally:
        writer.close()


@contextlib.asynccontextmanager
async def streaming(port: int, query: str = "", **headers: str) -> AsyncIterator[Stream]:
    """Open an event stream, past its first words, until the block ends."""
    async with requested(port, f"/api/v1/real-time-metrics/stream{query}", **headers) as stream:
        assert stream.status == 200, await stream.rest()
        assert await stream.event() == {"retry": "3000"}
        yield stream


async def rest_answer(port: int, query: str = "") -> bytes:
    """Return the body of the REST answer."""
    async with requested(port, f"/api/v1/real-time-metrics{query}") as stream:
        return await stream.rest()
