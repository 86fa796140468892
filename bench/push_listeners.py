"""Measures pushing to many WebSocket listeners of one web process: delivery time, CPU and memory, on loopback only.

Usage: python bench/push_listeners.py [--listeners 1000] [--services 12] [--messages 12] [--mode full|delta]
Delivery is counted from when the snapshot is there to be read, before it is announced, to the last byte of the message
at the listener. The listeners share a process with the publisher and speak just enough of the protocol.
"""

import argparse
import asyncio
import re
import resource
import statistics
import struct
import time

from measured_site import Site, publish, running_site

FIRST_ANSWER_SECONDS = 60.0
ID = re.compile(rb'"id":(\d+)')


class Listener(asyncio.Protocol):
    """A WebSocket client that notes when each snapshot was there."""

    def __init__(self, *, port: int, mode: str, arrivals: dict[int, list[float]]) -> None:
        self._request = (
            f"GET /ws/real-time-metrics?mode={mode} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ).encode()
        self._arrivals = arrivals
        self._buffer = bytearray()
        self._is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open:
            head, found, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not found:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._is_open, self._buffer = True, bytearray(rest)
        while (size := _frame_size(self._buffer)) is not None:
            self._take(bytes(self._buffer[:size]))
            del self._buffer[:size]

    def close(self) -> None:
        self._transport.close()

    def _take(self, frame: bytes) -> None:
        if frame[0] & 15 == 9:  # ping: an empty pong would not fit it, its payload does
            self._transport.write(bytes([0x8A, 0x80 | len(frame) - 2]) + bytes(4) + frame[2:])
        elif found := ID.search(frame, 0, 80):
            self._arrivals.setdefault(int(found[1]), []).append(time.monotonic())


def _frame_size(buffer: bytearray) -> int | None:
    """Return the length of the first frame, None while it is not all there (RFC 6455, section 5.2; never masked)."""
    if len(buffer) < 10 and (len(buffer) < 2 or len(buffer) < 2 + buffer[1]):
        return None
    short = buffer[1]
    if short < 126:
        size = 2 + short
    elif short == 126:
        size = 4 + struct.unpack_from("!H", buffer, 2)[0]
    else:
        size = 10 + struct.unpack_from("!Q", buffer, 2)[0]
    return size if len(buffer) >= size else None


async def measure(site: Site, *, listeners: int, services: int, messages: int, mode: str) -> None:
    """Print the figures."""
    arrivals: dict[int, list[float]] = {}
    first_id, _ = await asyncio.to_thread(publish, services=services, sweep=0)
    opened = [await _connect(site, mode=mode, arrivals={})]  # what one listener makes the process load stays out
    await asyncio.sleep(2)
    memory_before = site.memory_bytes
    opened += [await _connect(site, mode=mode, arrivals=arrivals) for _ in range(listeners)]
    await _until(arrivals, first_id, count=listeners)
    delays: list[float] = []
    cpu_before = site.cpu_seconds
    for sweep in range(1, messages + 1):
        snapshot_id, published_at = await asyncio.to_thread(publish, services=services, sweep=sweep)
        await _until(arrivals, snapshot_id, count=listeners)
        delays += [arrived_at - published_at for arrived_at in arrivals[snapshot_id]]
        await asyncio.sleep(1)
    cpu = site.cpu_seconds - cpu_before
    memory = site.memory_bytes - memory_before
    for listener in opened:
        listener.close()
    cuts = statistics.quantiles(delays, n=100)
    print(f"{listeners} listeners, {services} services, {messages} messages each, mode {mode}")
    print(f"delivery: p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms, most {max(delays) * 1000:.0f} ms")
    print(f"CPU: {cpu / (messages * listeners) * 1e6:.0f} us per listener and message, all work of the server included")
    print(f"memory: {memory / listeners / 1024:.1f} KiB per listener")


async def _connect(site: Site, *, mode: str, arrivals: dict[int, list[float]]) -> Listener:
    loop = asyncio.get_running_loop()
    _, listener = await loop.create_connection(
        lambda: Listener(port=site.port, mode=mode, arrivals=arrivals), "127.0.0.1", site.port
    )
    return listener


async def _until(arrivals: dict[int, list[float]], snapshot_id: int, *, count: int) -> None:
    async with asyncio.timeout(FIRST_ANSWER_SECONDS):
        while len(arrivals.get(snapshot_id, ())) < count:
            await asyncio.sleep(0.02)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, default=1000)
    parser.add_argument("--services", type=int, default=12)
    parser.add_argument("--messages", type=int, default=12)
    parser.add_argument("--mode", choices=("full", "delta"), default="full")
    arguments = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with running_site() as site:
        asyncio.run(
            measure(
                site,
                listeners=arguments.listeners,
                services=arguments.services,
                messages=arguments.messages,
                mode=arguments.mode,
            )
        )


if __name__ == "__main__":
    main()
