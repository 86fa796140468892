"""Runs many sweeps over targets that hang, drip, stall, refuse and answer, and exits 1 when anything is left over.

Usage: python bench/sweep_leaks.py [--sweeps 500] [--deadline 0.2]
Loopback only. The targets run in a process of their own.
"""

import argparse
import asyncio
import gc
import multiprocessing
import socket
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from realtime.config import Config
from realtime.core.records import Target, Unprobed
from realtime.probing.pool import Outcome, Prober

OF_EACH_KIND = 4
WARM_UP_SWEEPS = 10
# An allocator and the interpreter have habits of their own.
SPARE_DESCRIPTORS = 4
MAX_LATE_SECONDS = 1.0

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"status": "ok"}'


async def healthy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.readuntil(b"\r\n\r\n"):
        writer.write(ANSWER)


async def hanging(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(-1)


async def dripping_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await drip(writer, b"HTTP/1.1 200 OK\r\nX-Long: ")


async def dripping_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await drip(writer, b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")


async def drip(writer: asyncio.StreamWriter, beginning: bytes) -> None:
    writer.write(beginning)
    while not writer.is_closing():
        await asyncio.sleep(0.02)
        writer.write(b"x")
        await writer.drain()


KINDS: dict[str, Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]] = {
    "healthy": healthy,
    "hanging": hanging,
    "dripping-head": dripping_head,
    "dripping-body": dripping_body,
}


def serve(ports: Connection) -> None:
    """Serve each kind on a port of its own, and tell which."""

    async def run() -> None:
        found = {}
        for kind, behave in KINDS.items():
            server = await asyncio.start_server(forgiving(behave), "127.0.0.1", 0, backlog=1024)
            found[kind] = server.sockets[0].getsockname()[1]
        ports.send(found)
        await asyncio.Event().wait()

    asyncio.run(run())


def forgiving(
    behave: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await behave(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    return handler


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What this process uses; None where the platform does not tell."""

    threads: int
    processes: int
    descriptors: int | None
    resident_kib: int | None


def usage() -> Usage:
    gc.collect()
    own = Path("/proc/self")
    status = own / "status"
    return Usage(
        threads=threading.active_count(),
        processes=len(multiprocessing.active_children()),
        descriptors=len(list((own / "fd").iterdir())) if own.exists() else None,
        resident_kib=int(status.read_text().split("VmRSS:")[1].split()[0]) if status.exists() else None,
    )


def all_targets(ports: dict[str, int]) -> list[Target]:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        refusing = unused.getsockname()[1]
    urls = {kind: f"http://127.0.0.1:{port}" for kind, port in ports.items()}
    urls["stalling-tls"] = f"https://127.0.0.1:{ports['hanging']}"
    urls["refusing"] = f"http://127.0.0.1:{refusing}"
    urls["unknown-name"] = "http://no-such-name.invalid"
    return [
        Target(name=f"{kind}-{number}", base_url=url, timeout_seconds=30.0)
        for number in range(OF_EACH_KIND)
        for kind, url in urls.items()
    ]


def word(outcome: Outcome) -> str:
    if isinstance(outcome, Unprobed):
        return outcome.reason.value
    return outcome.failure.kind.value if outcome.failure else outcome.status.value


def run(*, sweeps: int, deadline_seconds: float, ports: dict[str, int]) -> bool:
    """Sweep, print what happened, and return whether nothing was left over and every sweep was on time."""
    targets = all_targets(ports)
    prober = Prober(Config())
    words: Counter[str] = Counter()
    seconds = []
    before = usage()
    for number in range(WARM_UP_SWEEPS + sweeps):
        if number == WARM_UP_SWEEPS:
            wait_for_probe_threads()
            before = usage()
        started = time.monotonic()
        outcomes = prober.sweep(targets=targets, deadline_seconds=deadline_seconds)
        seconds.append(time.monotonic() - started)
        words.update(word(outcome) for outcome in outcomes)
    wait_for_probe_threads()
    after = usage()
    prober.close()
    print(f"{sweeps} sweeps of {len(targets)} targets, deadline {deadline_seconds:g} s: {dict(words)}")
    print(f"a sweep took {statistics.median(seconds):.3f} s (median), {max(seconds):.3f} s (longest)")
    print(f"before: {before}\nafter:  {after}")
    more_descriptors = (after.descriptors or 0) - (before.descriptors or 0)
    return (
        after.threads <= before.threads
        and after.processes <= before.processes
        and more_descriptors <= SPARE_DESCRIPTORS
        and max(seconds) <= deadline_seconds + MAX_LATE_SECONDS
    )


def wait_for_probe_threads() -> None:
    for thread in threading.enumerate():
        if thread.name.startswith(("probe", "look-up")):
            thread.join(5)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sweeps", type=int, default=500)
    parser.add_argument("--deadline", type=float, default=0.2, help="seconds")
    arguments = parser.parse_args()
    receiver, sender = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.Process(target=serve, args=(sender,), daemon=True)
    server.start()
    try:
        is_clean = run(sweeps=arguments.sweeps, deadline_seconds=arguments.deadline, ports=receiver.recv())
    finally:
        server.terminate()
        server.join()
    print("nothing is left over, every sweep was on time" if is_clean else "LEAKED, or late")
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
