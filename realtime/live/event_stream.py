"""`/api/v1/real-time-metrics/stream`: the same as the WebSocket, as server-sent events for plain HTTP clients.

The format is that of the HTML standard, section 9.2. Served here rather than by a Django view because that would
hold a thread for as long as the stream lasts.
"""

import logging
import re
from collections.abc import Sequence

from django.http import HttpRequest

from realtime.core.parameters import InvalidParameter
from realtime.core.problems import Problem
from realtime.live.asgi import Receive, Scope, Send, request_of, wishes_of
from realtime.live.connection import ReadsTooSlowly, deliver
from realtime.live.feed import Transport
from realtime.live.gate import admission, over_the_limit
from realtime.live.hub import Listener, process_hub
from realtime.live.site_headers import Header, site_headers
from realtime.reporting.access import Admission
from realtime.reporting.responses import refusal

logger = logging.getLogger(__name__)

RETRY_MS = 3000  # after which a browser connects again

_STREAM_HEADERS: list[Header] = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),  # nginx would gather events before it passes them on
]
_ALLOW: Header = (b"allow", b"GET, HEAD, OPTIONS")
_WRONG_METHOD = Problem(status=405, code="method_not_allowed", detail="only GET and HEAD are served here")


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one event stream."""
    request = request_of(scope)
    site = site_headers(request)
    if request.method == "OPTIONS":
        await send({"type": "http.response.start", "status": 204, "headers": [_ALLOW, *site]})
        await send({"type": "http.response.body", "body": b""})
        return
    admitted = _WRONG_METHOD if request.method not in ("GET", "HEAD") else await _admission(request)
    if isinstance(admitted, Problem):
        await _refuse(request, send, admitted, site=site)
        return
    try:
        listener = Listener(
            wishes=wishes_of(scope),
            transport=Transport.EVENT_STREAM,
            resumed_id=_last_event_id(request),
            admission=admitted,
        )
    except InvalidParameter as error:
        await _refuse(request, send, error.problem, site=site)
        return
    await send({"type": "http.response.start", "status": 200, "headers": [*_STREAM_HEADERS, *site]})
    if request.method == "HEAD":
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.body", "body": f"retry: {RETRY_MS}\n\n".encode(), "more_body": True})
    try:
        await deliver(hub=process_hub(), listener=listener, receive=receive, send=send)
    except ReadsTooSlowly:
        # Nothing can be said to a client that does not read; leaving the answer unfinished closes the connection.
        logger.info("an event stream was dropped: its client reads too slowly")
        return
    await send({"type": "http.response.body", "body": b""})


async def _admission(request: HttpRequest) -> Admission | Problem:
    admitted = await admission(request)
    return admitted if isinstance(admitted, Problem) else await over_the_limit(request) or admitted


async def _refuse(request: HttpRequest, send: Send, problem: Problem, *, site: Sequence[Header]) -> None:
    answer = refusal(problem)
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers]
    headers += [(b"content-length", str(len(answer.body)).encode()), *site]
    if problem is _WRONG_METHOD:
        headers.append(_ALLOW)
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else answer.body})


def _last_event_id(request: HttpRequest) -> int | None:
    said = request.headers.get("Last-Event-ID", "")
    return int(said) if re.fullmatch(r"[0-9]{1,16}", said) else None
