"""Measures how many probes one CPU-second of the collector pays for, connections kept, on loopback only.

Usage: python bench/probe_rate.py [--targets 1000] [--sweeps 5] [--threads 128] [--close]
The servers run in a process of their own, so that the figure counts the probing alone.
"""

import argparse
import asyncio
import multiprocessing
import resource
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from realtime.config import Config
from realtime.core.records import ProbeResult, Target
from realtime.probing.pool import Prober

BODY = b'{"status": "healthy", "events_per_minute": 750, "uptime_seconds": 81234.5, "version": "1.4.2"}'


class Health(asyncio.Protocol):
    """Answers every request with the same health document."""

    def __init__(self, *, closes: bool) -> None:
        self._closes = closes
        connection = b"Connection: close\r\n" if closes else b""
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nServer: bench\r\n%sContent-Length: %d\r\n\r\n"
        self._answer = head % (connection, len(BODY)) + BODY

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if data.endswith(b"\r\n\r\n"):
            self._transport.write(self._answer)
            if self._closes:
                self._transport.close()


def serve(ports: Connection, count: int, closes: bool) -> None:
    """Listen on `count` ports of loopback, tell which, and serve until killed."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        servers = [await loop.create_server(lambda: Health(closes=closes), "127.0.0.1", 0) for _ in range(count)]
        ports.send([server.sockets[0].getsockname()[1] for server in servers])
        await asyncio.Event().wait()

    asyncio.run(run())


def measure(targets: list[Target], *, sweeps: int, threads: int) -> None:
    """Print the figures of each sweep; the first one connects."""
    prober = Prober(Config(probe_threads=threads))
    for number in range(sweeps + 1):
        cpu_started, started = time.process_time(), time.monotonic()
        outcomes = prober.sweep(targets=targets, deadline_seconds=30)
        cpu_seconds, seconds = time.process_time() - cpu_started, time.monotonic() - started
        healthy = sum(isinstance(outcome, ProbeResult) and outcome.failure is None for outcome in outcomes)
        print(
            f"{'first' if number == 0 else 'kept '} {healthy}/{len(targets)} healthy, {seconds:.2f} s, "
            f"{len(targets) / cpu_seconds:,.0f} probes per CPU-second"
        )
    prober.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", type=int, default=1000)
    parser.add_argument("--sweeps", type=int, default=5)
    parser.add_argument("--threads", type=int, default=Config().probe_threads)
    parser.add_argument("--close", action="store_true", help="servers close each connection")
    arguments = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    receiver, sender = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.Process(target=serve, args=(sender, arguments.targets, arguments.close), daemon=True)
    server.start()
    try:
        ports = receiver.recv()
        targets = [Target(name=f"target-{port}", base_url=f"http://127.0.0.1:{port}") for port in ports]
        measure(targets, sweeps=arguments.sweeps, threads=arguments.threads)
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
