"""A WSGI application behind an ASGI server: what it is told of a request, and what comes of its answer."""

import io
from collections.abc import Iterator
from typing import Any
from wsgiref.validate import validator

import pytest

from metricsproj.wsgi_bridge import WsgiBridge, environ_of


def scope(**others: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [(b"host", b"a.example")],
        "server": ("127.0.0.1", 8003),
        "client": ("127.0.0.1", 40000),
        "scheme": "http",
        **others,
    }


async def answer_of(application: Any, body: bytes = b"", **others: Any) -> list[Any]:
    """Return the messages that answer a request with this body."""
    incoming = [{"type": "http.request", "body": body, "more_body": False}, {"type": "http.disconnect"}]
    sent = []

    async def receive() -> Any:
        return incoming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    bridge = WsgiBridge(application, threads=1)
    try:
        await bridge(scope(**others), receive, send)
    finally:
        bridge.close()
    return sent


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    body = environ["wsgi.input"].read()
    start_response("201 Created", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


async def test_a_request_and_its_answer_pass_whole() -> None:
    start, body = await answer_of(echo, b"one two", method="POST")

    assert start["status"] == 201
    assert (b"content-length", b"7") in start["headers"]
    assert body == {"type": "http.response.body", "body": b"one two"}


async def test_the_standard_librarys_judge_of_wsgi_has_nothing_to_say() -> None:
    def judged(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"fine"]

    start, body = await answer_of(validator(judged))

    assert (start["status"], body["body"]) == (200, b"fine")


async def test_an_answer_in_pieces_is_joined_and_closed() -> None:
    closed = []

    class Pieces:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"a", b"b"])

        def close(self) -> None:
            closed.append(True)

    def application(environ: dict[str, Any], start_response: Any) -> Pieces:
        start_response("200 OK", [])
        return Pieces()

    _, body = await answer_of(application)

    assert body["body"] == b"ab"
    assert closed == [True]


async def test_the_servers_start_and_stop_are_followed() -> None:
    sent = await answer_of(echo, type="lifespan")

    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_an_exception_of_the_application_reaches_the_server() -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raise LookupError("a bug")

    with pytest.raises(LookupError, match="a bug"):
        await answer_of(application)


def test_a_header_with_an_underscore_cannot_pose_as_the_proxys() -> None:
    headers = [(b"x_forwarded_proto", b"https"), (b"x-forwarded-proto", b"http")]

    assert environ_of(scope(headers=headers), b"")["HTTP_X_FORWARDED_PROTO"] == "http"


def test_the_environment_is_what_wsgi_says_of_it() -> None:
    environ = environ_of(
        scope(
            path="/ü",
            query_string=b"a=\xff&b=%20",
            scheme="https",
            headers=[(b"content-type", b"text/plain"), (b"cookie", b"a=1"), (b"accept", b"x"), (b"accept", b"y")],
        ),
        b"body",
    )

    assert environ["PATH_INFO"].encode("latin-1").decode() == "/ü"
    assert environ["QUERY_STRING"] == "a=\xff&b=%20"
    assert environ["wsgi.url_scheme"] == "https"
    assert environ["CONTENT_TYPE"] == "text/plain"
    assert environ["CONTENT_LENGTH"] == "4"
    assert environ["HTTP_ACCEPT"] == "x,y"
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("127.0.0.1", "8003")
    assert isinstance(environ["wsgi.input"], io.BytesIO)


async def test_for_a_client_that_has_left_the_application_is_not_asked() -> None:
    asked: list[Any] = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        asked.append(environ)
        return echo(environ, start_response)

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    bridge = WsgiBridge(application, threads=1)
    await bridge(scope(method="POST"), receive, send)
    bridge.close()

    assert asked == []
