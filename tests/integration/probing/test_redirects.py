"""Redirects: not followed unless allowed, never to where they must not lead, never with secrets to another origin."""

import threading

import pytest

from realtime.core.records import FailureKind, Inspection
from realtime.probing.pool import Prober
from tests.integration.probing.conftest import Listen
from tests.integration.probing.peers import Handler, Line, Peer, healthy, http_answer

SECRET = (("Authorization", "Bearer s3cret"),)


def redirecting(*locations: str) -> Handler:
    """Return a handler that redirects to one location after the other, and then is healthy."""

    def handler(line: Line) -> None:
        for location in locations:
            if not line.read_request():
                return
            header = (f"Location: {location}",) if location else ()
            line.send(http_answer(b"", status="302 Found", headers=header))
        healthy(line)

    return handler


def follow(prober: Prober, peer: Peer) -> Inspection:
    return prober.inspect(peer.target(follow_redirects=True, headers=SECRET))


def test_a_redirect_is_not_followed_unless_the_service_allows_it(prober: Prober, listen: Listen) -> None:
    peer = listen(redirecting("/elsewhere"))

    (exchange,) = prober.inspect(peer.target()).exchanges

    assert exchange.http_status == 302
    assert len(peer.requests) == 1


def test_an_allowed_redirect_is_followed_with_the_configured_headers(prober: Prober, listen: Listen) -> None:
    peer = listen(redirecting("/elsewhere?token=abc"))

    (exchange,) = follow(prober, peer).exchanges

    assert exchange.http_status == 200
    assert exchange.hops == (f"{peer.url}/health", f"{peer.url}/elsewhere")
    assert b"s3cret" in peer.requests[1]


def test_no_connection_is_kept_to_where_redirects_lead_elsewhere(prober: Prober, listen: Listen) -> None:
    left = threading.Event()

    def once(line: Line) -> None:
        line.read_request()
        line.send(http_answer())
        line.wait_until_closed()
        left.set()

    elsewhere = listen(once)

    (exchange,) = follow(prober, listen(redirecting(elsewhere.url))).exchanges

    assert exchange.http_status == 200
    assert left.wait(10)


def test_configured_headers_are_dropped_on_another_origin_and_do_not_come_back(prober: Prober, listen: Listen) -> None:
    first = listen(redirecting())
    second = listen(redirecting(f"{first.url}/back"))
    first_again = listen(redirecting(f"http://user:password@127.0.0.1:{second.port}/there"))

    (exchange,) = follow(prober, first_again).exchanges

    assert exchange.http_status == 200
    assert b"s3cret" in first_again.requests[0]
    assert [request.count(b"Authorization") for request in second.requests + first.requests] == [0, 0]
    assert "password" not in repr(exchange)


def test_headers_do_not_come_back_with_the_first_origin(prober: Prober, listen: Listen) -> None:
    def home_handler(line: Line) -> None:
        while request := line.read_request():
            location = f"Location: {away.url}/away"
            line.send(http_answer() if b"/back" in request else http_answer(status="307 X", headers=(location,)))

    home = listen(home_handler)
    away = listen(redirecting(f"{home.url}/back"))

    (exchange,) = follow(prober, home).exchanges

    assert exchange.http_status == 200
    assert [b"s3cret" in request for request in home.requests] == [True, False]


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("file:///etc/passwd", "something other than http and https"),
        ("ftp://127.0.0.1/", "something other than http and https"),
        ("javascript:alert(1)", "something other than http and https"),
        ("/health", "in a loop"),
        ("", "without a location"),
        ("https://", "no URL"),
        ("http://[::1", "no URL"),
        ("http://127.0.0.1:port/", "no URL"),
        ("http://127.0.0.1:99999/", "no URL"),
        ("http://*.example/", "no URL"),
    ],
)
def test_a_redirect_to_nowhere_is_a_redirect_failure(
    prober: Prober, listen: Listen, location: str, message: str
) -> None:
    peer = listen(redirecting(location))

    failure = follow(prober, peer).result.failure

    assert failure is not None
    assert failure.kind is FailureKind.REDIRECT
    assert message in failure.message
    assert len(peer.requests) == 1


def test_three_redirects_are_followed_and_a_fourth_is_not(prober: Prober, listen: Listen) -> None:
    three = follow(prober, listen(redirecting("/1", "/2", "/3")))
    four = follow(prober, listen(redirecting("/1", "/2", "/3", "/4")))

    assert three.exchanges[0].http_status == 200
    assert four.result.failure is not None
    assert four.result.failure.kind is FailureKind.REDIRECT
    assert four.result.failure.message == "redirected more than 3 times"


def test_a_location_that_is_too_long_is_not_followed(prober: Prober, listen: Listen) -> None:
    peer = listen(redirecting("/" + "x" * 9000))

    failure = follow(prober, peer).result.failure

    assert failure is not None
    assert (failure.kind, failure.message) == (
        FailureKind.REDIRECT,
        "redirected to a location of more than 8000 characters",
    )
    assert len(peer.requests) == 1


def test_a_service_that_leads_somewhere_else_each_time_fills_no_memory(prober: Prober, listen: Listen) -> None:
    peer = listen(redirecting(*(f"/somewhere/{number}" for number in range(3))))

    (exchange,) = follow(prober, peer).exchanges

    assert len(exchange.hops) == 4
    assert prober._fetcher._prepared.cache_info().currsize == 1
