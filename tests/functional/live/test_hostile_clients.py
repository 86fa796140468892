"""Clients that the WebSocket's protocol has to be guarded against, at the level of bytes."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from metricsproj.websocket_protocol import GuardedWebSocket
from tests.functional.live.conftest import Newsroom
from tests.functional.live.serving import PATIENCE_SECONDS, listening, serving

PATH = "/ws/real-time-metrics"
EMPTY_PIECE = b"\x00\x80" + bytes(4)  # of a message that is to go on
PING = b"\x89\xfd" + bytes(4) + bytes(125)  # masked with zeros, as long as a ping may be


def handshake(path: str, *headers: str) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as client:
        yield client


async def has_begun(client: socket.socket) -> None:
    """Wait until the server answers the handshake: what it reads together with that, it throws away."""
    assert await asyncio.to_thread(client.recv, 12) == b"HTTP/1.1 101"


def all_of(client: socket.socket) -> bytes:
    received = b""
    while part := client.recv(65536):
        received += part
    return received


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (handshake(f"{PATH}?{'a' * 9000}"), 414),
        (handshake(PATH, *(f"X-{number}: 1" for number in range(200))), 431),
        (handshake(PATH, "Content-Length: 5"), 400),
    ],
    ids=["too long a line", "too many headers", "a body"],
)
async def test_a_handshake_that_cannot_be_read_is_refused_and_its_connection_closed(
    newsroom: Newsroom, request_head: bytes, status: int
) -> None:
    async with serving() as port:
        with connected(port) as client:
            client.sendall(request_head)
            answer = await asyncio.to_thread(all_of, client)

    assert answer.startswith(f"HTTP/1.1 {status} ".encode())


async def test_pongs_are_not_gathered_for_a_client_that_reads_none(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    protocols: list[GuardedWebSocket] = []
    real = GuardedWebSocket.connection_made

    def remember(protocol: GuardedWebSocket, transport: asyncio.BaseTransport) -> None:
        protocols.append(protocol)
        real(protocol, transport)

    monkeypatch.setattr(GuardedWebSocket, "connection_made", remember)
    newsroom.publish()
    async with serving(send_buffer_bytes=8192) as port:
        with connected(port) as client:
            client.sendall(handshake(PATH))
            await has_begun(client)
            await asyncio.to_thread(client.sendall, PING * 100_000)

            assert protocols[0].transport.get_write_buffer_size() < 1_000_000


async def test_empty_pieces_of_a_message_are_not_gathered(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr(
        GuardedWebSocket,
        "send_receive_event_to_app",
        lambda protocol: heard.append(f"{len(protocol.frames)}: {b''.join(protocol.frames).decode()}"),
    )
    newsroom.publish()
    async with serving() as port:
        with connected(port) as client:
            client.sendall(handshake(PATH))
            await has_begun(client)
            begin, piece, end = (bytes([kind, 0x81]) + bytes(4) for kind in (0x01, 0x00, 0x80))
            await asyncio.to_thread(client.sendall, begin + b"a" + EMPTY_PIECE * 10_000 + piece + b"b" + end + b"c")
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not heard:
                    await asyncio.sleep(0.005)

    assert heard == ["3: abc"]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x81\xfe\x10\x01" + bytes(4) + bytes(4097), 1009),
        (b"\x01\xfe\x0f\xff" + bytes(4) + bytes(4095) + b"\x80\x82" + bytes(4) + bytes(2), 1009),
        (b"\x81\x82" + bytes(4) + b"\xff\xfe", 1007),
        (b"\x81\x02hi", 1002),
        (b"\x83\x82" + bytes(4) + b"hi", 1002),
        (b"\xff" * 64, 1002),
    ],
    ids=["too long", "too long in pieces", "no UTF-8", "unmasked", "unknown kind", "noise"],
)
async def test_what_is_no_message_ends_that_connection_alone(newsroom: Newsroom, frame: bytes, code: int) -> None:
    newsroom.publish()
    async with serving() as port, listening(port) as bystander:
        await bystander.next()
        with connected(port) as client:
            client.sendall(handshake(PATH))
            await asyncio.to_thread(client.recv, 65536)
            client.sendall(frame)
            said = await asyncio.to_thread(all_of, client)
        number = newsroom.publish()
        assert (await bystander.next())["id"] == number

    assert b"\x88" in said
    assert code.to_bytes(2) in said[said.rindex(b"\x88") :]
