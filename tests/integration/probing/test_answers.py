"""What comes over the wire: whole answers, broken ones, and ones without end."""

import gzip
import re
import time

import pytest

from realtime.config import Config
from realtime.core.records import Failure, FailureKind, Inspection, ReadingSpec, Status, Target
from realtime.probing.pool import Prober
from tests.integration.probing.conftest import Listen, with_time_enough
from tests.integration.probing.peers import (
    HEALTHY,
    Handler,
    Line,
    after_request,
    hang,
    healthy,
    http_answer,
    refusing_port,
)


def failure_of(prober: Prober, target: Target) -> Failure:
    failure = prober.inspect(target).result.failure
    assert failure is not None
    return failure


def reading(name: str, path: str) -> ReadingSpec:
    return ReadingSpec(name=name, path=path, expression="n")


def test_a_healthy_answer_tells_the_time_of_each_phase(prober: Prober, listen: Listen) -> None:
    peer = listen(healthy)

    inspection = prober.inspect(peer.target())

    (exchange,) = inspection.exchanges
    assert inspection.result.status is Status.HEALTHY
    assert exchange.http_status == 200
    assert exchange.address == f"127.0.0.1:{peer.port}"
    assert exchange.hops == (f"{peer.url}/health",)
    assert exchange.phases.connect_seconds is not None
    assert exchange.phases.first_byte_seconds is not None
    assert exchange.phases.body_seconds is not None
    assert exchange.elapsed_seconds is not None
    assert exchange.elapsed_seconds >= exchange.phases.connect_seconds + exchange.phases.first_byte_seconds


def test_a_request_says_who_asks_and_configured_headers_win(prober: Prober, listen: Listen) -> None:
    peer = listen(healthy)

    prober.inspect(peer.target(headers=(("Accept", "text/html"), ("X-Token", "s3cret"))))

    head = peer.requests[0].decode()
    assert head.startswith("GET /health HTTP/1.1\r\n")
    assert "\r\nUser-Agent: realtime-metrics/" in head
    assert "\r\nAccept: text/html\r\n" in head
    assert "\r\nX-Token: s3cret\r\n" in head
    assert "\r\nAccept-Encoding: gzip\r\n" in head


def test_a_compressed_answer_is_read(prober: Prober, listen: Listen) -> None:
    peer = listen(after_request(http_answer(gzip.compress(HEALTHY), headers=("Content-Encoding: gzip",))))

    assert prober.inspect(peer.target()).exchanges[0].body == HEALTHY


def test_other_readings_are_asked_on_the_same_connection(prober: Prober, listen: Listen) -> None:
    peer = listen(healthy)
    target = peer.target(readings=(reading("a", "/rate"), reading("b", "/rate"), reading("c", "/health")))

    inspection = prober.inspect(target)

    assert [exchange.path for exchange in inspection.exchanges] == ["/health", "/rate"]
    assert [request.split()[1] for request in peer.requests] == [b"/health", b"/rate"]
    assert peer.connections == 1


def test_who_does_not_answer_for_its_health_is_not_asked_for_more(prober: Prober, listen: Listen) -> None:
    peer = listen(after_request(b"nonsense\r\n\r\n"))

    inspection = prober.inspect(peer.target(readings=(reading("a", "/rate"),)))

    assert len(inspection.exchanges) == 1
    assert len(peer.requests) == 1
    assert "protocol" in inspection.result.reading_errors["a"]


def test_a_hanging_reading_leaves_the_health_as_it_is(prober: Prober, listen: Listen) -> None:
    def handler(line: Line) -> None:
        line.read_request()
        line.send(http_answer())
        line.read_request()
        line.wait_until_closed()

    peer = listen(handler)

    inspection = with_time_enough(
        lambda seconds: prober.inspect(peer.target(timeout_seconds=seconds, readings=(reading("a", "/rate"),))),
        came_far_enough=lambda _: peer.requests[-1].startswith(b"GET /rate"),
    )

    assert inspection.result.status is Status.HEALTHY
    error = inspection.result.reading_errors["a"]
    assert re.search(r"no answer within [0-9.]+ s \(kept connection, nothing received\)", error)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"", "closed before an answer"),
        (b"<html>hello, this is HTTP/0.9</html>", "no status line"),
        (b"\x15\x03\x01\x00\x02\x02F", "no status line"),
        (b"HTTP/1.1 two hundred\r\n\r\n", "no status line"),
        (b"HTTP/3.0 200 OK\r\n\r\n", "unknown version"),
        (b"HTTP/1.1 200 " + b"x" * 70_000 + b"\r\n\r\n", "too long"),
        (b"HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 2\r\n\r\nok", "no header"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\n", "over 100 headers"),
        (http_answer(HEALTHY, content_length=500), "broke off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!", "about its length"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n", "broke off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n", "broken chunk"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nhello", "broke off"),
        (http_answer(b"no gzip at all", headers=("Content-Encoding: gzip",)), "not compressed"),
    ],
)
def test_what_is_not_valid_http_is_a_protocol_failure(
    prober: Prober, listen: Listen, answer: bytes, message: str
) -> None:
    failure = failure_of(prober, listen(after_request(answer)).target())

    assert failure.kind is FailureKind.PROTOCOL
    assert message in failure.message


def test_a_reset_in_the_middle_of_the_body_is_a_protocol_failure(prober: Prober, listen: Listen) -> None:
    def handler(line: Line) -> None:
        line.read_request()
        line.send(http_answer(b"", content_length=1000) + b"half of it")
        line.reset()

    assert failure_of(prober, listen(handler).target()).kind is FailureKind.PROTOCOL


def test_a_refused_connection_is_a_connect_failure(prober: Prober) -> None:
    failure = failure_of(prober, Target(name="a", base_url=f"http://127.0.0.1:{refusing_port()}"))

    assert failure == Failure(kind=FailureKind.CONNECT, message="connection refused")


@pytest.mark.parametrize(
    "body",
    [
        http_answer(b"x" * 300_000),
        http_answer(gzip.compress(b"\0" * 50_000_000), headers=("Content-Encoding: gzip",)),
        http_answer(gzip.compress(gzip.compress(b"\0" * 50_000_000)), headers=("Content-Encoding: gzip, gzip",)),
    ],
    ids=["huge", "gzip bomb", "gzip bomb in gzip"],
)
def test_a_body_over_the_limit_is_too_large_and_keeps_its_http_status(
    prober: Prober, listen: Listen, body: bytes
) -> None:
    (exchange,) = prober.inspect(listen(after_request(body)).target()).exchanges

    assert exchange.http_status == 200
    assert exchange.failure == Failure(
        kind=FailureKind.TOO_LARGE, message="the body is larger than 256 KiB", http_status=200
    )


def endless_chunks(line: Line) -> None:
    line.read_request()
    line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    line.send_for_ever(b"400\r\n" + b"x" * 1024 + b"\r\n")


def endless_empty_gzip(line: Line) -> None:
    line.read_request()
    line.send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
    line.send_for_ever(gzip.compress(b"") * 100)


def endless_chunk_of_negative_size(line: Line) -> None:
    line.read_request()
    line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n")
    line.send_for_ever(b"x" * 1024)


def endless_trailers(line: Line) -> None:
    line.read_request()
    line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n")
    line.send_for_ever(b"X-Trailer: y\r\n" * 100)


@pytest.mark.parametrize("handler", [endless_chunks, endless_chunk_of_negative_size, endless_trailers])
def test_a_body_without_end_is_too_large(prober: Prober, listen: Listen, handler: Handler) -> None:
    target = listen(handler).target(timeout_seconds=30.0)

    assert failure_of(prober, target).kind is FailureKind.TOO_LARGE


def test_endless_parts_that_hold_nothing_are_a_protocol_failure(prober: Prober, listen: Listen) -> None:
    failure = failure_of(prober, listen(endless_empty_gzip).target(timeout_seconds=30.0))

    assert failure.kind is FailureKind.PROTOCOL
    assert "too many parts" in failure.message


def endless_interim_answers(line: Line) -> None:
    line.read_request()
    line.send_for_ever(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def long_headers(line: Line) -> None:
    line.read_request()
    line.send(b"HTTP/1.1 200 OK\r\n")
    line.send_for_ever(b"X: " + b"y" * 60_000 + b"\r\n")


@pytest.mark.parametrize("handler", [endless_interim_answers, long_headers])
def test_a_head_without_end_is_a_protocol_failure(prober: Prober, listen: Listen, handler: Handler) -> None:
    failure = failure_of(prober, listen(handler).target(timeout_seconds=30.0))

    assert failure.kind is FailureKind.PROTOCOL
    assert "larger than 128 KiB" in failure.message


def drip_head(line: Line) -> None:
    line.read_request()
    line.send_for_ever(b"H", every_seconds=0.02)


def drip_headers(line: Line) -> None:
    line.read_request()
    line.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    line.send_for_ever(b"y", every_seconds=0.02)


def drip_body(line: Line) -> None:
    line.read_request()
    line.send(http_answer(b"", content_length=100_000))
    line.send_for_ever(b"x", every_seconds=0.02)


def connected(inspection: Inspection) -> bool:
    return inspection.exchanges[0].phases.connect_seconds is not None


@pytest.mark.parametrize("handler", [hang, drip_head, drip_headers, drip_body])
def test_the_deadline_ends_what_hangs_or_drips(prober: Prober, listen: Listen, handler: Handler) -> None:
    peer = listen(handler)

    def timed(seconds: float) -> tuple[Inspection, float, float]:
        started = time.monotonic()
        inspection = prober.inspect(peer.target(timeout_seconds=seconds))
        return inspection, seconds, time.monotonic() - started

    inspection, limit_seconds, took_seconds = with_time_enough(timed, came_far_enough=lambda found: connected(found[0]))

    failure = inspection.result.failure
    assert failure is not None
    assert failure.kind is FailureKind.TIMEOUT
    assert failure.message.startswith(f"no answer within {limit_seconds:g} s (connected ")
    assert took_seconds >= 0.99 * limit_seconds


def test_a_time_out_tells_how_far_the_answer_came(prober: Prober, listen: Listen) -> None:
    def handler(line: Line) -> None:
        line.read_request()
        line.send(b"HTTP/1.1 200")
        line.wait_until_closed()

    peer = listen(handler)

    failure = with_time_enough(
        lambda seconds: failure_of(prober, peer.target(timeout_seconds=seconds)),
        came_far_enough=lambda failure: "nothing received" not in failure.message and "connected " in failure.message,
    )

    assert failure.message.endswith(", 12 bytes received)")


def test_the_body_limit_is_the_configured_one(listen: Listen) -> None:
    small = Prober(Config(body_limit_bytes=1024))

    failure = failure_of(small, listen(after_request(http_answer(b"x" * 1025))).target())

    small.close()
    assert failure.message == "the body is larger than 1 KiB"
