"""Sweeps a fleet of which nearly every server means harm, and exits 1 when memory grows or a sweep is late.

Usage: python bench/hostile_fleet.py [--seconds 60] [--each 10] [--deadline 4]
Loopback only. The servers run in a process of their own, on the same cores: with 20 of each, two cores are too few to
reach every one of the living in time; a resolver that hangs is put in place of the machine's.
"""

import argparse
import asyncio
import gzip
import itertools
import multiprocessing
import socket
import ssl
import statistics
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

PROJECT_DIR = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT_DIR))

from bench.sweep_leaks import (  # noqa: E402 - the path must be set first
    ANSWER,
    drip,
    dripping_body,
    forgiving,
    hanging,
    healthy,
    usage,
    word,
)
from realtime.config import Config  # noqa: E402
from realtime.core.records import Target  # noqa: E402
from realtime.probing.pool import Prober  # noqa: E402

CERTIFICATES = PROJECT_DIR / "tests" / "integration" / "probing" / "certificates"
WARM_UP_SECONDS = 20.0
MAX_LATE_SECONDS = 1.0
SLOW = frozenset({"timeout", "sweep_deadline", "dns", "sat_out"})
# The allocator keeps what a big answer needed; a leak of one answer per sweep would be far more.
MAX_GROWTH_KIB = 16 * 1024

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
Behaviour = Callable[[Reader, Writer], Awaitable[None]]

JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED_HEAD = JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def sized(body: bytes, *more: bytes) -> bytes:
    lines = b"".join(line + b"\r\n" for line in more)
    return JSON_HEAD + lines + b"Content-Length: %d\r\n\r\n" % len(body) + body


def once(data: bytes) -> Behaviour:
    """Answer one request with these bytes, and close."""

    async def behave(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(data)
        await writer.drain()

    return behave


def endless(beginning: bytes, piece: bytes) -> Behaviour:
    """Answer with a beginning, then with one piece after the other as fast as they are taken."""

    async def behave(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(beginning)
        for _ in itertools.count():
            writer.write(piece)
            await writer.drain()

    return behave


def redirecting(location: bytes) -> Behaviour:
    return once(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n")


async def endless_redirects(reader: Reader, writer: Writer) -> None:
    for number in itertools.count():
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /%d\r\nContent-Length: 0\r\n\r\n" % number)


async def dripping_headers(reader: Reader, writer: Writer) -> None:
    await drip(writer, b"HTTP/1.1 200 OK\r\nX-Long: ")


async def before_the_request(reader: Reader, writer: Writer) -> None:
    writer.write(ANSWER * 2)
    await reader.read(-1)


async def resetting(reader: Reader, writer: Writer) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()


GZIP_BOMB = gzip.compress(b"\0" * 100_000_000)
MANY_NAMES = b"{" + b",".join(b'"n%d": %d' % (number, number) for number in range(15_000)) + b"}"
MANY_MEMBERS = b"{" + b",".join(b'"m%d": {"status": "down"}' % number for number in range(8_000)) + b"}"

KINDS: dict[str, Behaviour] = {
    "healthy": healthy,
    "hanging": hanging,
    "dripping headers": dripping_headers,
    "dripping body": dripping_body,
    "endless headers": endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1000),
    "100,000 headers": once(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\n"),
    "endless interim answers": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "gzip bomb": once(sized(GZIP_BOMB, b"Content-Encoding: gzip")),
    "gzip bomb in gzip": once(sized(gzip.compress(GZIP_BOMB), b"Content-Encoding: gzip, gzip")),
    "coding not offered": once(sized(b"\x8b" * 100_000, b"Content-Encoding: br")),
    "endless empty gzip": endless(JSON_HEAD + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"") * 100),
    "endless chunks": endless(CHUNKED_HEAD, b"400\r\n" + b"x" * 1024 + b"\r\n"),
    "chunks of one byte": endless(CHUNKED_HEAD, b"1\r\nx\r\n" * 1000),
    "endless trailers": endless(CHUNKED_HEAD + b"2\r\nok\r\n0\r\n", b"X-Trailer: y\r\n" * 100),
    "redirect to itself": redirecting(b"/health"),
    "endless redirects": endless_redirects,
    "redirect to a file": redirecting(b"file:///etc/passwd"),
    "redirect to metadata": redirecting(b"http://169.254.169.254/latest/meta-data/"),
    "HTTP/0.9": once(b"<html>ok</html>"),
    "no HTTP": once(b"\x00\xff\x1b[2J" * 10_000),
    "control characters": once(sized(b'{"status": "down\\u001b[2J", "\\u202e": {"status": "down"}}')),
    "before the request": before_the_request,
    "reset": resetting,
    "deep JSON": once(sized(b"[" * 200_000)),
    "many numbers": once(sized(MANY_NAMES)),
    "many members": once(sized(MANY_MEMBERS)),
    "long number": once(sized(b'{"n": ' + b"9" * 250_000 + b"}")),
    "broken UTF-16": once(sized(b"\xff\xfe" + b"\xd8\x00" * 100_000)),
}
UNDER_TLS = {"TLS, self-signed": "self_signed", "TLS, expired": "expired", "TLS, other host": "other_host"}


def serve(ports: Connection) -> None:
    """Serve each kind on a port of its own, and tell which."""

    async def start(behave: Behaviour, context: ssl.SSLContext | None = None) -> int:
        server = await asyncio.start_server(forgiving(behave), "127.0.0.1", 0, backlog=1024, ssl=context)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def run() -> None:
        # A client that hangs up in the middle of things is what this is about.
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        found = {kind: await start(behave) for kind, behave in KINDS.items()}
        for kind, certificate in UNDER_TLS.items():
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATES / f"{certificate}.pem")
            found[kind] = await start(healthy, context)
        ports.send(found)
        await asyncio.Event().wait()

    asyncio.run(run())


def hang_for_silent_names() -> None:
    """Put a resolver in place that never answers for names under `.silent`."""
    getaddrinfo, never = socket.getaddrinfo, threading.Event()

    def resolver(host: str, *arguments: Any, **keywords: Any) -> Any:
        if host.endswith(".silent"):
            never.wait()
        return getaddrinfo(host, *arguments, **keywords)

    socket.getaddrinfo = resolver


def all_targets(ports: dict[str, int], *, of_each: int) -> list[Target]:
    urls = {kind: f"http://127.0.0.1:{port}" for kind, port in ports.items() if kind not in UNDER_TLS}
    urls |= {kind: f"https://127.0.0.1:{ports[kind]}" for kind in UNDER_TLS}
    urls["TLS that stalls"] = f"https://127.0.0.1:{ports['hanging']}"
    urls["TLS of a plain port"] = f"https://127.0.0.1:{ports['before the request']}"
    urls["cloud metadata"] = "http://169.254.169.254"
    urls["cloud metadata in IPv6"] = "http://[64:ff9b::a9fe:a9fe]"
    return [
        Target(name=f"{kind}|{number}", base_url=url, follow_redirects=True)
        for number in range(of_each)
        for kind, url in urls.items()
    ] + [Target(name=f"name look-up that hangs|{n}", base_url=f"http://n{n}.silent") for n in range(of_each)]


def run(*, seconds: float, of_each: int, deadline_seconds: float, ports: dict[str, int]) -> bool:
    """Sweep for so long, print what happened, and return whether memory stayed flat and every sweep was on time."""
    targets = all_targets(ports, of_each=of_each)
    prober = Prober(Config())
    words: defaultdict[str, Counter[str]] = defaultdict(Counter)
    took: list[float] = []
    resident: list[int] = []
    ends_at = time.monotonic() + seconds
    steady_at = time.monotonic() + min(WARM_UP_SECONDS, seconds / 3)
    before = usage()
    while time.monotonic() < ends_at:
        started = time.monotonic()
        outcomes = prober.sweep(targets=targets, deadline_seconds=deadline_seconds)
        # As the collector does: those that took their whole time begin last in the next sweep.
        slow = {outcome.target for outcome in outcomes if word(outcome) in SLOW}
        targets.sort(key=lambda target: target.name in slow)
        took.append(time.monotonic() - started)
        for outcome in outcomes if len(took) > 1 else ():  # the first does not yet know who will hang
            words[outcome.target.partition("|")[0]][word(outcome)] += 1
        if time.monotonic() >= steady_at:
            resident.append(usage().resident_kib or 0)
    wait_for_cut_probes()
    after = usage()
    prober.close()
    for kind, counts in sorted(words.items()):
        print(f"  {kind:<26} {dict(counts.most_common())}")
    growth_kib = max(resident[-3:]) - resident[0] if resident else 0
    print(f"{len(took)} sweeps of {len(targets)} targets, deadline {deadline_seconds:g} s")
    print(f"a sweep took {statistics.median(took):.3f} s (median), {max(took):.3f} s (longest)")
    print(
        f"resident: {before.resident_kib} KiB at the start, {resident[0]} once warm, {max(resident)} highest, "
        f"{resident[-1]} at the end ({growth_kib:+} since warm); {after.threads} threads, {after.descriptors} files"
    )
    living = words["healthy"]
    return (
        growth_kib <= MAX_GROWTH_KIB
        and max(took) <= deadline_seconds + MAX_LATE_SECONDS
        and living["healthy"] >= 0.99 * living.total()
    )


def wait_for_cut_probes() -> None:
    """Wait for probes that the last sweep cut; those that look names up hang for ever."""
    for thread in threading.enumerate():
        if thread.name.startswith("probe"):
            thread.join(5)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--each", type=int, default=10, help="targets of each kind")
    parser.add_argument("--deadline", type=float, default=4.0, help="seconds, of a sweep")
    arguments = parser.parse_args()
    receiver, sender = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.Process(target=serve, args=(sender,), daemon=True)
    server.start()
    hang_for_silent_names()
    try:
        is_fine = run(
            seconds=arguments.seconds,
            of_each=arguments.each,
            deadline_seconds=arguments.deadline,
            ports=receiver.recv(),
        )
    finally:
        server.terminate()
        server.join()
    print(
        "memory stayed flat, every sweep was on time"
        if is_fine
        else "MEMORY GREW, a sweep was late, or the living suffered"
    )
    return 0 if is_fine else 1


if __name__ == "__main__":
    sys.exit(main())
