"""Answers made to hurt: compressed in ways not offered, sent unasked, with words that would leave their line."""

import json
import threading
import time
import tracemalloc
import zlib

import pytest

from realtime.core.records import Exchange, FailureKind, Inspection, ReadingSpec, Status
from realtime.probing.pool import Prober
from tests.integration.probing.conftest import Listen
from tests.integration.probing.peers import HEALTHY, Handler, Line, after_request, hang, http_answer

# 50 MB of zeros; made once, because no encoder is installed.
BROTLI_BOMB = bytes.fromhex(
    "cbffff3ff82700e2b14020f7fe8fffff7ff04f00c4611180eefd1fffffffe09f0088c30200ddfb3ffeffffc13f011087"
    "0500baf77ffcffff837f02200e0b0074effff20f5e0fff04401c1600e8a0eb01"
)
SMUGGLED = "\x1b[2J\x07\r\u202e\u2028<script>"


def failed_as(inspection: Inspection) -> tuple[FailureKind, str]:
    failure = inspection.result.failure
    assert failure is not None
    return failure.kind, failure.message


@pytest.mark.parametrize("coding", ["br", "zstd", "deflate", "compress", "gzip, br", "aws-chunked", "\x1b[2J"])
def test_a_body_compressed_in_a_way_that_was_not_offered_is_a_protocol_failure(
    prober: Prober, listen: Listen, coding: str
) -> None:
    peer = listen(after_request(http_answer(BROTLI_BOMB, headers=(f"Content-Encoding: {coding}",))))

    assert failed_as(prober.inspect(peer.target())) == (
        FailureKind.PROTOCOL,
        "the body is compressed in a way that was not offered (only gzip is)",
    )


def test_a_deflate_bomb_is_not_taken_apart(prober: Prober, listen: Listen) -> None:
    bomb = zlib.compress(b"\0" * 50_000_000)

    (exchange,) = prober.inspect(
        listen(after_request(http_answer(bomb, headers=("Content-Encoding: deflate",)))).target()
    ).exchanges

    assert exchange.failure is not None
    assert exchange.failure.kind is FailureKind.PROTOCOL


def test_a_huge_body_in_a_coding_not_offered_is_not_read(prober: Prober, listen: Listen) -> None:
    peer = listen(after_request(http_answer(b"\0" * 300_000, headers=("Content-Encoding: br",))))

    assert failed_as(prober.inspect(peer.target()))[0] is FailureKind.PROTOCOL


@pytest.mark.parametrize("coding", ["", "identity", "Identity", "IDENTITY , "])
def test_a_body_that_is_said_not_to_be_compressed_is_read(prober: Prober, listen: Listen, coding: str) -> None:
    peer = listen(after_request(http_answer(headers=(f"Content-Encoding: {coding}",))))

    assert prober.inspect(peer.target()).exchanges[0].body == HEALTHY


def test_a_coding_without_a_body_does_not_matter(prober: Prober, listen: Listen) -> None:
    peer = listen(after_request(http_answer(b"", status="204 No Content", headers=("Content-Encoding: br",))))

    assert prober.inspect(peer.target()).result.status is Status.HEALTHY


def answer_before_the_request(line: Line) -> None:
    line.send(http_answer())
    line.wait_until_closed()


def test_an_answer_that_comes_before_the_request_gives_no_negative_times(prober: Prober, listen: Listen) -> None:
    (exchange,) = prober.inspect(listen(answer_before_the_request).target()).exchanges

    assert exchange.http_status == 200
    assert exchange.phases.first_byte_seconds is not None
    assert exchange.phases.first_byte_seconds >= 0
    assert exchange.elapsed_seconds is not None
    assert exchange.elapsed_seconds > 0


def test_an_answer_sent_ahead_is_never_taken_for_the_answer_to_the_next_probe(prober: Prober, listen: Listen) -> None:
    sent = threading.Event()

    def two_for_one(line: Line) -> None:
        """The first request gets two answers: its own, and one for whoever asks next."""
        line.read_request()
        line.send(http_answer())
        if line.number == 1:
            line.send(http_answer(b'{"status": "down"}') * 200)
            sent.set()
        line.wait_until_closed()

    peer = listen(two_for_one)
    first = prober.inspect(peer.target(name="first"))
    assert sent.wait(10)

    second = prober.inspect(peer.target(name="second"))

    assert (first.result.status, second.result.status) == (Status.HEALTHY, Status.HEALTHY)
    assert not second.exchanges[0].reused_connection


def smuggled_answers() -> list[bytes]:
    raw = SMUGGLED.encode()
    words = [
        {"status": f"down{SMUGGLED}"},
        {f"db{SMUGGLED}": {"status": "down"}},
        {"status": "down", SMUGGLED: 1, "uptime": SMUGGLED},
        {"rate": SMUGGLED, "status": "down"},
    ]
    return [
        b"HTTP/1.1 200 " + raw.replace(b"\r", b"") + b"\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nX-" + raw + b": y\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nX: " + raw + b"\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=" + raw + b"\r\nContent-Length: 3\r\n\r\n{\xff}",
        b"HTTP/1.1 200 OK\r\nContent-Type: " + raw + b"/json\r\nContent-Length: 2\r\n\r\n{x",
        b"\x1b[2JHTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://a\x1b[2J/\x00\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: \x1b[2J:\xe2\x80\xae//x\r\nContent-Length: 0\r\n\r\n",
        *(http_answer(json.dumps(word, ensure_ascii=False).encode()) for word in words),
        *(http_answer(json.dumps(word).encode()) for word in words),
        http_answer(b"down" + raw),
        http_answer(b'{"status": "down", ' + raw + b"}"),
    ]


def texts_of(inspection: Inspection) -> list[str]:
    """Return every text of a result that can reach an answer, a log line or a terminal."""
    result = inspection.result
    return [
        inspection.rule,
        result.failure.message if result.failure else "",
        *result.gauges,
        *result.counters,
        *result.conditions,
        *result.reading_errors,
        *result.reading_errors.values(),
    ]


@pytest.mark.parametrize("answer", smuggled_answers())
def test_no_control_character_of_a_service_reaches_a_message(prober: Prober, listen: Listen, answer: bytes) -> None:
    rate = ReadingSpec(name="rate", expression="rate")
    target = listen(after_request(answer)).target(follow_redirects=True, readings=(rate,))

    inspection = prober.inspect(target)

    assert [text for text in texts_of(inspection) if not text.isprintable()] == []
    assert "script" not in "".join(texts_of(inspection))


def test_a_body_in_chunks_of_one_byte_costs_no_more_memory_than_another(prober: Prober, listen: Listen) -> None:
    size_bytes = 100_000
    chunks = b"1\r\nx\r\n" * size_bytes + b"0\r\n\r\n"
    peer = listen(after_request(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunks))
    target = peer.target(timeout_seconds=60.0)

    tracemalloc.start()
    try:
        (exchange,) = prober.inspect(target).exchanges
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(exchange.body) == size_bytes
    assert peak_bytes < 40 * size_bytes


def stall_in_the_body(line: Line) -> None:
    line.read_request()
    line.send(http_answer(b"", content_length=100_000))
    line.wait_until_closed()


def send_a_byte_a_second(line: Line) -> None:
    line.read_request()
    line.send_for_ever(b"H", every_seconds=1.0)


def never_end_the_headers(line: Line) -> None:
    line.read_request()
    line.send(b"HTTP/1.1 200 OK\r\n")
    line.send_for_ever(b"X-More: headers\r\n", every_seconds=0.05)


@pytest.mark.parametrize("handler", [stall_in_the_body, send_a_byte_a_second, never_end_the_headers, hang])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_who_never_ends_is_cut_at_the_deadline(prober: Prober, listen: Listen, handler: Handler, scheme: str) -> None:
    certificate = "self_signed" if scheme == "https" else None
    target = listen(handler, certificate=certificate).target(timeout_seconds=0.5, verify_tls=False)
    started = time.monotonic()

    kind, _ = failed_as(prober.inspect(target))

    assert kind is FailureKind.TIMEOUT
    assert time.monotonic() - started >= 0.49


def test_what_an_exchange_keeps_of_a_hostile_answer_is_bounded(prober: Prober, listen: Listen) -> None:
    many = tuple(f"X-{number}: {'y' * 1000}" for number in range(90))
    (exchange,) = prober.inspect(listen(after_request(http_answer(headers=many))).target()).exchanges

    assert isinstance(exchange, Exchange)
    assert sum(len(name) + len(value) for name, value in exchange.headers) < 128 * 1024
