"""Keeps request bodies out of memory: refused unread where nothing takes one, bounded in size and time elsewhere.

All before key, throttle and session, which cost more than a refusal. The answers follow RFC 9110: 413 (section
15.5.14) also where no body is taken at all, since any body is larger than what the server is willing to process; 408
(section 15.5.9) for one that does not arrive in time. Both close the connection.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus

from metricsproj import API_PREFIX
from realtime.core.problems import RETRY_AFTER_SECONDS, Problem
from realtime.live.asgi import Application, Event, Receive, Scope, Send

BODY_SECONDS = 8.0  # for a whole body
# After a refusal the rest is read and thrown away for this long: closing at once would reset the connection, and the
# client might never see why (RFC 9112, section 9.6).
LINGER_SECONDS = 2.0
SMALL_BYTES = 16 * 1024
# Of bodies that are not small, in one process: what strangers can fill together.
MAX_LARGE_BYTES = 16 * 1024 * 1024


class BodyRefused(Exception):
    """A request that is answered without its body. The message is what the client reads."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        is_temporary = status is HTTPStatus.SERVICE_UNAVAILABLE
        self.problem = Problem(
            status=status,
            code=code,
            detail=message,
            retry_after_seconds=RETRY_AFTER_SECONDS if is_temporary else None,
        )


class _ClientGone(Exception):
    """The client left before its request was whole."""


class RequestBodies:
    """An ASGI application in front of another, which it hands whole bodies and no others.

    limit_of: bytes that a request may bring, 0 where it may bring no body at all; raises BodyRefused for a request that
        will not be served anyway.
    """

    def __init__(self, application: Application, *, limit_of: Callable[[Scope], int]) -> None:
        self._application = application
        self._limit_of = limit_of
        self._large_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; anything but a request with a body is passed on as it is."""
        if scope["type"] != "http" or not _has_body(scope):
            await self._application(scope, receive, send)
            return
        try:
            with self._room_for(scope) as limit_bytes:
                body = await _whole_body(receive, limit_bytes=limit_bytes)
                await self._application(scope, _first(body, receive), send)
        except _ClientGone:
            return  # half a form is no form, and nobody waits for an answer
        except BodyRefused as refused:
            await _answer(scope, receive, send, refused)

    @contextmanager
    def _room_for(self, scope: Scope) -> Iterator[int]:
        """Yield how many bytes may come, and keep that much room for them until the request is answered.

        Raises:
            BodyRefused: the body is larger than it may be, or strangers have filled all the room.
        """
        limit_bytes = self._limit_of(scope)
        announced = _header(scope, b"content-length")
        size_bytes = limit_bytes if announced is None else int(announced)
        if limit_bytes == 0:
            raise BodyRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_refused", "no request body is accepted here")
        if size_bytes > limit_bytes:
            raise _too_large(limit_bytes)
        large_bytes = size_bytes if size_bytes > SMALL_BYTES else 0
        if self._large_bytes + large_bytes > MAX_LARGE_BYTES:
            raise BodyRefused(HTTPStatus.SERVICE_UNAVAILABLE, "busy", "too many large requests at once; try again")
        self._large_bytes += large_bytes
        try:
            yield size_bytes
        finally:
            self._large_bytes -= large_bytes


def _has_body(scope: Scope) -> bool:
    """Return whether the request brings a body, by RFC 9112, section 6."""
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0") != b"")
        for name, value in scope["headers"]
    )


def _header(scope: Scope, wanted: bytes) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == wanted), None)


async def _whole_body(receive: Receive, *, limit_bytes: int) -> bytes:
    """Read a body to its end.

    Raises:
        BodyRefused: it is longer than this, or not there in time.
        _ClientGone: it will never be whole.
    """
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _joined(receive, limit_bytes=limit_bytes)
    except TimeoutError as error:
        message = f"the request body did not arrive within {BODY_SECONDS:g} s"
        raise BodyRefused(HTTPStatus.REQUEST_TIMEOUT, "request_timeout", message) from error


async def _joined(receive: Receive, *, limit_bytes: int) -> bytes:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGone
        body += message.get("body", b"")
        if len(body) > limit_bytes:
            raise _too_large(limit_bytes)
        more = message.get("more_body", False)
    return bytes(body)


def _too_large(limit_bytes: int) -> BodyRefused:
    message = f"a request body may have at most {limit_bytes:,} bytes here"
    return BodyRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", message)


def _first(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the whole body, and after that what the server says."""
    messages: list[Event] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_body_first() -> Event:
        return messages.pop() if messages else await receive()

    return receive_body_first


async def _answer(scope: Scope, receive: Receive, send: Send, refused: BodyRefused) -> None:
    """Send the whole answer at once, and complete it when the client has had time to read it."""
    problem = refused.problem
    headers, body = dict(problem.headers), problem.body
    if not scope["path"].startswith(API_PREFIX):  # a person reads it
        headers["Content-Type"], body = "text/plain; charset=utf-8", f"{refused}\n".encode()
    headers |= {"Content-Length": str(len(body)), "Connection": "close"}
    sent = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": problem.status, "headers": sent})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    if problem.status != HTTPStatus.REQUEST_TIMEOUT:  # that client sends nothing anyway
        await _discard(receive)
    await send({"type": "http.response.body", "body": b""})


async def _discard(receive: Receive) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
                pass
