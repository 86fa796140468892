"""Clients that send half, send too much, or do not read, against the server as production runs it.

Judged by what the server holds: descriptors and memory come back, and nothing is held past its time limit.
"""

import re
import resource
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from metricsproj.unread_output import STUCK_STREAM_SECONDS
from tests.e2e.running import ENDPOINT, wait_until
from tests.e2e.serving import PATIENCE_SECONDS, Serve, all_of, request_head, running_serve

MANY = 300
SPARE = 100
# Its limit on half a head, or what a refused client has to read why, and a second or two in which it looks.
BACK_WITHIN_SECONDS = 10.0
LARGE_FILE = "/static/admin/js/vendor/jquery/jquery.js"
PING = b"\x89\xfd" + bytes(4) + bytes(125)  # masked with zeros, as long as a ping may be


@pytest.fixture(scope="module")
def server(data_dir: Path) -> Iterator[Serve]:
    with running_serve(data_dir) as serve:
        # Loads what the first requests load, so that memory can be compared.
        for path in (ENDPOINT, "/admin/login/", LARGE_FILE):
            serve.request(f"GET {path}\nConnection: close")
        serve.request("POST /admin/login/\nContent-Length: 1\nConnection: close", b"x")
        yield serve


def process_file(serve: Serve, name: str) -> Path:
    return Path("/proc") / str(serve.process.pid) / name


def descriptors(serve: Serve) -> int:
    return len(list(process_file(serve, "fd").iterdir()))


def memory_bytes(serve: Serve) -> int:
    (line,) = (line for line in process_file(serve, "status").read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


@contextmanager
def clients(
    serve: Serve, count: int, say: bytes, *, receive_buffer_bytes: int | None = None
) -> Iterator[list[socket.socket]]:
    """Open connections that each say this."""
    with ExitStack() as stack:
        found = []
        for _ in range(count):
            client = stack.enter_context(socket.socket())
            client.settimeout(PATIENCE_SECONDS)
            if receive_buffer_bytes is not None:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
            client.connect(("127.0.0.1", serve.port))
            client.sendall(say)
            found.append(client)
        yield found


def seconds_until(condition: Callable[[], bool], *, what: str) -> float:
    began = time.monotonic()
    wait_until(condition, what=what)
    return time.monotonic() - began


# What clients say instead of a whole head, and the last status that they read.
NO_WHOLE_HEAD = {
    b"": b"",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n": b"408",
    b"\r\n\r\n": b"",
    b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /": b"408",
}


def test_connections_without_a_whole_head_are_closed(server: Serve) -> None:
    before = descriptors(server)
    with ExitStack() as stack:
        each = MANY // len(NO_WHOLE_HEAD)
        opened = {said: stack.enter_context(clients(server, each, said)) for said in NO_WHOLE_HEAD}
        wait_until(lambda: descriptors(server) >= before + MANY, what="all connections are accepted")

        seconds = seconds_until(lambda: descriptors(server) <= before, what="all connections are closed")

        last = {said: all_of(found[0]).rpartition(b"HTTP/1.1 ")[2][:3] for said, found in opened.items()}
    assert last == NO_WHOLE_HEAD
    assert seconds < BACK_WITHIN_SECONDS


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nX: " + b"x" * 80_000,
        b"GET /" + b"x" * 80_000,
        b"GET / HTTP/1.1\r\n" + b"a:b\r\n" * 200,
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"a:b\r\n" * 200 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 80_000 + b"\r\n\r\n",
    ],
    ids=["a long field", "a long line", "many fields", "many fields in a whole head", "a long field in a whole head"],
)
def test_a_head_that_is_too_long_is_refused(server: Serve, said: bytes) -> None:
    with clients(server, 1, said) as (client,):
        assert client.recv(65536).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "said",
    [
        request_head("POST /admin/login/\nTransfer-Encoding: chunked") + b"0\r\n",
        request_head("GET /livez") + b"GET / HTTP/1.1\r\n",
    ],
    ids=["after a body", "of a second head"],
)
def test_many_fields_that_come_together_with_a_request_end_the_connection(server: Serve, said: bytes) -> None:
    with clients(server, 1, said + b"a:b\r\n" * 5000) as (client,):
        with suppress(ConnectionResetError):
            assert b"HTTP/1.1 408" not in all_of(client)


def test_a_client_that_asks_for_too_much_at_once_is_cut_off(server: Serve) -> None:
    with clients(server, 1, request_head(f"GET {LARGE_FILE}") * 5000) as (client,):
        with suppress(ConnectionResetError):
            assert b"HTTP/1.1 200" not in all_of(client)


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        (ENDPOINT, "127.0.0.1", b"413"),
        (f"{ENDPOINT}/stream", "127.0.0.1", b"413"),
        ("/livez", "127.0.0.1", b"413"),
        ("/admin/login/", "127.0.0.1", b"413"),
        ("/admin/login/", "elsewhere.example", b"400"),
        (ENDPOINT, "elsewhere.example", b"400"),
    ],
)
def test_bodies_that_nobody_needs_are_refused_unread(server: Serve, path: str, host: str, status: bytes) -> None:
    before, memory_before = descriptors(server), memory_bytes(server)
    begun = request_head(f"POST {path}\nContent-Length: 2500000", host) + b"x" * 500_000
    with clients(server, 100, begun) as opened:
        for client in opened:
            assert client.recv(65536)[9:12] == status
        assert memory_bytes(server) - memory_before < 25_000_000

        seconds = seconds_until(lambda: descriptors(server) <= before, what="all connections are closed")
    assert seconds < BACK_WITHIN_SECONDS


def test_a_client_that_sends_all_of_a_refused_body_reads_the_whole_refusal(server: Serve) -> None:
    answer = server.request(f"POST {ENDPOINT}\nContent-Length: 2500000", b"x" * 2_500_000)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code": "body_refused"' in answer


def test_half_a_form_is_held_for_its_time_only(server: Serve) -> None:
    before = descriptors(server)
    begun = request_head("POST /admin/login/\nContent-Length: 1000") + b"username="
    with clients(server, MANY, begun) as opened:
        wait_until(lambda: descriptors(server) >= before + MANY, what="all connections are accepted")

        seconds = seconds_until(lambda: descriptors(server) <= before, what="all connections are closed")

        assert all_of(opened[0]).startswith(b"HTTP/1.1 408 ")
    assert seconds < BACK_WITHIN_SECONDS


def shortest(attempt: Callable[[], float], *, enough_seconds: float) -> float:
    """Return how long the quickest of three attempts took, or the first that was quick enough.

    The machine can delay an attempt, but it can make none quicker than the program is.
    """
    took = []
    for _ in range(3):
        took.append(attempt())
        if took[-1] < enough_seconds:
            break
    return min(took)


def test_an_answer_that_nobody_reads_is_dropped(server: Serve) -> None:
    def attempt() -> float:
        before = descriptors(server)
        asked = request_head(f"GET {LARGE_FILE}") * 10
        with clients(server, 50, asked, receive_buffer_bytes=4096):
            wait_until(lambda: descriptors(server) >= before + 50, what="all connections are accepted")
            return seconds_until(lambda: descriptors(server) <= before, what="all connections are closed")

    enough_seconds = BACK_WITHIN_SECONDS * 2  # the kernel alone would take 30 s
    assert shortest(attempt, enough_seconds=enough_seconds) < enough_seconds


def test_a_websocket_that_nobody_reads_is_dropped(server: Serve) -> None:
    handshake = request_head(
        "GET /ws/real-time-metrics\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
    )

    def attempt() -> float:
        before = descriptors(server)
        with clients(server, 2, handshake, receive_buffer_bytes=4096) as opened:
            for client in opened:
                assert client.recv(12) == b"HTTP/1.1 101"
                with suppress(ConnectionError):  # more pongs than the buffers of both kernels hold
                    client.sendall(PING * 60_000)
            return seconds_until(lambda: descriptors(server) <= before, what="all connections are closed")

    enough_seconds = STUCK_STREAM_SECONDS + 5  # the kernel alone would take 30 s
    assert shortest(attempt, enough_seconds=enough_seconds) < enough_seconds


@contextmanager
def few_descriptors(serve: Serve, spare: int) -> Iterator[None]:
    """Leave the server this many descriptors beside those that it has open."""
    process, kind = serve.process.pid, resource.RLIMIT_NOFILE
    soft, hard = resource.prlimit(process, kind)
    resource.prlimit(process, kind, (descriptors(serve) + spare, hard))
    try:
        yield
    finally:
        resource.prlimit(process, kind, (soft, hard))


def readiness(serve: Serve) -> tuple[int, str]:
    """Return the status, and what is said of the supply of descriptors."""
    head, _, body = serve.request("GET /readyz\nConnection: close").partition(b"\r\n\r\n")
    return int(head[9:12]), re.findall(r'"descriptors": "(\w+)"', body.decode())[0]


def shortage_lines(serve: Serve) -> list[str]:
    """Stop the server and return what it said of its descriptors."""
    serve.stop()
    with pytest.raises(AssertionError, match="has ended"):
        serve.wait_for("a line that never comes")
    return [line for line in serve.lines if "file descriptors run out" in line]


def test_idle_connections_make_room_when_descriptors_run_out(data_dir: Path) -> None:
    with running_serve(data_dir) as serve:
        with few_descriptors(serve, SPARE), clients(serve, SPARE - 4, b""):
            assert readiness(serve) == (200, "short")
        wait_until(lambda: readiness(serve) == (200, "available"), what="descriptors are back")

        (line,) = shortage_lines(serve)

    assert "idle connections are closed for new clients" in line


def test_while_all_connections_are_in_use_new_clients_are_refused_and_served_again_later(data_dir: Path) -> None:
    begun = request_head("POST /admin/login/\nContent-Length: 1000\nExpect: 100-continue")
    with running_serve(data_dir) as serve:
        with few_descriptors(serve, SPARE):
            with ExitStack() as stack:
                status = b"100"
                while status == b"100":
                    client = stack.enter_context(serve.connect())
                    client.sendall(begun)
                    status = client.recv(65536)[9:12]
                assert status == b"503"
                assert readiness(serve) == (503, "exhausted")

            wait_until(lambda: readiness(serve) == (200, "available"), what="descriptors are back")

        (line,) = shortage_lines(serve)

    assert "new clients are refused" in line
