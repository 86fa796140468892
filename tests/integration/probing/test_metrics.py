"""Answers of exporters over the wire: how they are asked for, how much is read, and what is taken of them."""

import gzip
import re
import threading
import tracemalloc

import pytest

from realtime.config import Config
from realtime.core.bounds import parse
from realtime.core.records import Evidence, FailureKind, ProbeResult, ReadingSpec, Status, Unprobed, UnprobedReason
from realtime.probing.pool import Prober
from tests.integration.probing.conftest import Listen, with_time_enough
from tests.integration.probing.peers import HEALTHY, Handler, Line, after_request, http_answer

TEXT = b'# TYPE queue_ready gauge\nqueue_ready{queue="in"} 3\nqueue_ready{queue="out"} 4\n'
READY = ReadingSpec(name="ready", metric="queue_ready", path="/metrics")


def exporter_answer(body: bytes, *headers: str, content_type: str = "text/plain; version=0.0.4") -> bytes:
    lines = ("HTTP/1.1 200 OK", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def by_path(**answers: bytes) -> Handler:
    """Return a handler that answers by the path of the request, its slash left out."""

    def handler(line: Line) -> None:
        while head := line.read_request():
            line.send(answers[head.split()[1].decode().strip("/")])

    return handler


def probed(prober: Prober, listen: Listen, handler: Handler, *readings: ReadingSpec, **changes: object) -> ProbeResult:
    return prober.inspect(listen(handler).target(readings=readings, **changes)).result


def test_a_reading_is_taken_from_an_exporters_answer(prober: Prober, listen: Listen) -> None:
    one = ReadingSpec(name="one", metric='queue_ready{queue="in"}', path="/metrics")

    result = probed(prober, listen, by_path(health=http_answer(), metrics=exporter_answer(TEXT)), READY, one)

    assert result.gauges == {"ready": 7.0, "one": 3.0}


def test_each_answer_is_asked_for_in_the_form_that_its_readings_need(prober: Prober, listen: Listen) -> None:
    number = ReadingSpec(name="n", expression="n", path="/stats")
    peer = listen(by_path(health=http_answer(), metrics=exporter_answer(TEXT), stats=http_answer(b'{"n": 5}')))

    prober.inspect(peer.target(readings=(READY, number)))

    accepts = {
        head.split()[1]: line
        for head in peer.requests
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"accept:")
    }
    assert accepts[b"/health"].startswith(b"Accept: application/json")
    assert accepts[b"/stats"].startswith(b"Accept: application/json")
    assert accepts[b"/metrics"].startswith(b"Accept: text/plain;version=0.0.4, application/openmetrics-text")


def test_a_path_that_is_asked_for_both_forms_gives_both(prober: Prober, listen: Listen) -> None:
    def by_accept(line: Line) -> None:
        while head := line.read_request():
            wants_text = b"version=0.0.4" in head
            line.send(exporter_answer(TEXT) if wants_text else http_answer(b'{"n": 5}'))

    number = ReadingSpec(name="n", expression="n", path="/metrics")

    assert probed(prober, listen, by_accept, READY, number).gauges == {"ready": 7.0, "n": 5.0}


@pytest.mark.parametrize("path", [None, "/metrics"])
def test_the_health_path_may_be_the_exporters_own(prober: Prober, listen: Listen, path: str | None) -> None:
    ready = ReadingSpec(name="ready", metric="queue_ready", path=path)
    peer = listen(by_path(metrics=exporter_answer(TEXT)))

    result = prober.inspect(peer.target(health_path="/metrics", readings=(ready,))).result

    assert (result.status, result.evidence) == (Status.HEALTHY, Evidence.HTTP)
    assert result.gauges == {"ready": 7.0}
    assert len(peer.requests) == 1


@pytest.mark.parametrize("line", [b"healthy 0\n", b"down 1\n"])
def test_the_name_of_a_metric_is_no_status_word(prober: Prober, listen: Listen, line: bytes) -> None:
    known = ReadingSpec(name="known", metric=line.split()[0].decode())

    result = probed(prober, listen, after_request(exporter_answer(line)), known)

    assert (result.status, result.evidence, result.unknown_word) == (Status.HEALTHY, Evidence.HTTP, None)
    assert result.gauges == {"known": float(line.split()[1])}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (http_answer(b'{"n": 1}'), "the answer is application/json, not Prometheus text"),
        (exporter_answer(b"<html>", content_type="text/html"), "the answer is text/html"),
        (exporter_answer(TEXT, content_type="application/openmetrics-text"), "lacks its last line, # EOF"),
        (exporter_answer(b"# TYPE a gauge\na 1\n"), "no sample of the answer matches"),
        (http_answer(b"", status="500 Oops"), "http_status: HTTP status 500"),
        (
            exporter_answer(gzip.compress(TEXT)[:-9], "Content-Encoding: gzip"),
            "protocol: the compressed body breaks off",
        ),
        (exporter_answer(TEXT, "Content-Encoding: br"), "protocol: the body is compressed in a way"),
    ],
)
def test_what_is_no_whole_exposition_is_a_reading_error(
    prober: Prober, listen: Listen, answer: bytes, words: str
) -> None:
    result = probed(prober, listen, by_path(health=http_answer(), metrics=answer), READY)

    assert result.status is Status.HEALTHY
    assert words in result.reading_errors["ready"]


FILLER = b"".join(b'other_metric{handler="/api/%d",instance="10.0.0.1:9100"} %d\n' % (n, n) for n in range(1000))


@pytest.mark.parametrize("is_compressed", [False, True])
def test_a_long_answer_is_read_to_its_end_and_only_what_is_wanted_is_kept(
    prober: Prober, listen: Listen, is_compressed: bool
) -> None:
    body = FILLER * (4_000_000 // len(FILLER)) + TEXT
    answer = (
        exporter_answer(gzip.compress(body, 1), "Content-Encoding: gzip") if is_compressed else exporter_answer(body)
    )
    handler = by_path(health=http_answer(), metrics=answer)

    tracemalloc.start()
    try:
        inspection = prober.inspect(listen(handler).target(readings=(READY,), timeout_seconds=60.0))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert inspection.result.gauges == {"ready": 7.0}
    assert inspection.exchanges[1].size_bytes == len(body)
    assert len(inspection.exchanges[1].body) == 256 * 1024
    assert peak_bytes < 2_000_000


@pytest.mark.parametrize("is_compressed", [False, True])
def test_beyond_its_own_limit_an_exporters_answer_is_too_large(listen: Listen, is_compressed: bool) -> None:
    prober = Prober(Config(exporter_body_limit_bytes=1024 * 1024))
    body = FILLER * 40
    answer = exporter_answer(gzip.compress(body), "Content-Encoding: gzip") if is_compressed else exporter_answer(body)

    result = probed(prober, listen, by_path(health=http_answer(), metrics=answer), READY)

    prober.close()
    assert result.reading_errors == {"ready": "too_large: the body is larger than 1024 KiB"}


def test_json_keeps_its_limit_wherever_it_is_asked_for(prober: Prober, listen: Listen) -> None:
    long = http_answer(b'{"n": "' + b"x" * 300_000 + b'"}')

    result = probed(prober, listen, by_path(health=http_answer(), metrics=long), READY)

    assert result.reading_errors == {"ready": "too_large: the body is larger than 256 KiB"}


def test_an_exporter_without_end_is_cut_at_the_deadline(prober: Prober, listen: Listen) -> None:
    def endless(line: Line) -> None:
        line.read_request()
        line.send(http_answer())
        line.read_request()
        line.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        line.send_for_ever(b"queue_ready 1\n", every_seconds=0.02)

    result = with_time_enough(
        lambda seconds: probed(prober, listen, endless, READY, timeout_seconds=seconds),
        came_far_enough=lambda result: "bytes received" in result.reading_errors["ready"],
    )

    assert re.match(r"timeout: no answer within [0-9.]+ s \(kept connection, \d+ bytes", result.reading_errors["ready"])


@pytest.mark.parametrize("is_bounded", [False, True])
def test_a_sweep_that_ends_too_early_is_no_failure_of_a_bounded_reading(
    prober: Prober, listen: Listen, is_bounded: bool
) -> None:
    """What was cut by us before its time says nothing of the service."""
    asked, stop = threading.Event(), threading.Event()

    def slow(line: Line) -> None:
        line.read_request()
        line.send(http_answer(HEALTHY))
        line.read_request()
        asked.set()
        line.wait_until_closed()

    bound = parse("> 100") if is_bounded else None
    ready = ReadingSpec(name="ready", metric="queue_ready", path="/metrics", unhealthy_if=bound)
    target = listen(slow).target(readings=(ready,), timeout_seconds=30.0)

    def stop_once_asked() -> None:
        asked.wait(10)
        stop.set()

    threading.Thread(target=stop_once_asked, daemon=True).start()

    (outcome,) = prober.sweep(targets=(target,), deadline_seconds=20.0, stop=stop)

    if is_bounded:
        assert outcome == Unprobed(target=target.name, reason=UnprobedReason.OVERRUN)
    else:
        assert isinstance(outcome, ProbeResult)
        assert outcome.status is Status.HEALTHY
        assert outcome.reading_errors["ready"].startswith(FailureKind.SWEEP_DEADLINE)
