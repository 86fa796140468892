"""`/api/v1/real-time-metrics/stream`: the same as the WebSocket, as server-sent events for plain HTTP clients.

The format is that of the HTML standard, section 9.2. Served here rather than by a Django view because that would
hold a thread for as long as the stream lasts.
"""

import json
import logging
import re
from collections.abc import Sequence

from django.conf import settings

from realtime.core.parameters import InvalidParameter, error_document
from realtime.live.asgi import Receive, Scope, Send, header, wishes_of
from realtime.live.connection import ReadsTooSlowly, deliver
from realtime.live.feed import Wire
from realtime.live.gate import Refusal, admission, is_listed_origin, is_secure, over_the_limit
from realtime.live.hub import Listener, process_hub
from realtime.reporting.access import Admission

logger = logging.getLogger(__name__)

RETRY_MS = 3000  # after which a browser connects again

Header = tuple[bytes, bytes]
Headers = list[Header]

_STREAM_HEADERS: Headers = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),  # nginx would gather events before it passes them on
]
_ERROR_HEADERS: Headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
_ALLOW: Header = (b"allow", b"GET, HEAD, OPTIONS")
_WRONG_METHOD = Refusal(status=405, code="method_not_allowed", message="only GET and HEAD are served here")


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one event stream."""
    if scope["method"] == "OPTIONS":
        await send({"type": "http.response.start", "status": 204, "headers": [_ALLOW, *_site_headers(scope)]})
        await send({"type": "http.response.body", "body": b""})
        return
    admitted = _WRONG_METHOD if scope["method"] not in ("GET", "HEAD") else await _admission(scope)
    if isinstance(admitted, Refusal):
        await _refuse(scope, send, admitted)
        return
    try:
        listener = Listener(
            wishes=wishes_of(scope),
            wire=Wire.EVENT_STREAM,
            resumed_id=_last_event_id(scope),
            admission=admitted,
        )
    except InvalidParameter as error:
        await _answer_error(scope, send, status=400, body=json.dumps(error_document(error)).encode())
        return
    await send({"type": "http.response.start", "status": 200, "headers": _STREAM_HEADERS + _site_headers(scope)})
    if scope["method"] == "HEAD":
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


async def _admission(scope: Scope) -> Admission | Refusal:
    admitted = await admission(scope)
    return admitted if isinstance(admitted, Refusal) else await over_the_limit(scope) or admitted


async def _refuse(scope: Scope, send: Send, refused: Refusal) -> None:
    extra: Headers = []
    if refused is _WRONG_METHOD:
        extra.append(_ALLOW)
    if refused.retry_after_seconds is not None:
        extra.append((b"retry-after", str(refused.retry_after_seconds).encode()))
    if refused.challenge:
        extra.append((b"www-authenticate", refused.challenge.encode()))
    await _answer_error(scope, send, status=refused.status, body=refused.body, extra=extra)


async def _answer_error(scope: Scope, send: Send, *, status: int, body: bytes, extra: Sequence[Header] = ()) -> None:
    headers = [*_ERROR_HEADERS, (b"content-length", str(len(body)).encode()), *extra, *_site_headers(scope)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _site_headers(scope: Scope) -> Headers:
    """Return what Django's middleware would add: for safety, and for pages of allowed origins."""
    headers = [
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", settings.SECURE_REFERRER_POLICY.encode()),
        (b"cross-origin-opener-policy", b"same-origin"),
    ]
    if settings.SECURE_HSTS_SECONDS and is_secure(scope):
        headers.append((b"strict-transport-security", f"max-age={settings.SECURE_HSTS_SECONDS}".encode()))
    if settings.REALTIME.allowed_origins:
        headers.append((b"vary", b"origin"))
        origin = header(scope, b"origin")
        if origin is not None and is_listed_origin(origin):
            headers.append((b"access-control-allow-origin", origin.encode("latin-1")))
    return headers


def _last_event_id(scope: Scope) -> int | None:
    told = header(scope, b"last-event-id")
    return int(told) if told is not None and re.fullmatch(r"[0-9]{1,16}", told) else None
