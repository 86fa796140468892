"""The one ASGI callable: push from an event loop, and all other HTTP through Django's WSGI application.

Django's own ASGI handler costs about 1.1 ms for each request, several times what the same view costs this way.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast
from urllib.parse import quote_from_bytes

from a2wsgi import WSGIMiddleware

from metricsproj.wsgi import application as wsgi_application
from realtime.live.routing import with_live_doors

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# One interpreter lock: more threads only wait for each other. Requests that wait for the database are the admin's.
HTTP_THREADS = 8

_http: Callable[[Any, Any, Any], Awaitable[None]] = WSGIMiddleware(cast(Any, wsgi_application), workers=HTTP_THREADS)


async def _django(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer HTTP through Django; follow the server's start and stop."""
    await _http(as_wsgi_servers_pass_it(scope) if scope["type"] == "http" else scope, receive, send)


application = with_live_doors(_django)


def as_wsgi_servers_pass_it(scope: Scope) -> Scope:
    """Return the scope without what WSGI servers keep from an application, but a2wsgi lets through.

    WSGI knows `X_Forwarded_Proto` and `X-Forwarded-Proto` under one name, so that a stranger could speak for the
    proxy; and a query with bytes beyond ASCII would end in an exception.
    """
    headers, query = scope["headers"], scope["query_string"]
    if not query.isascii():
        query = quote_from_bytes(query, safe="%&=+;/?:@!$'()*,-._~").encode("ascii")
    if query is scope["query_string"] and not any(b"_" in name for name, _ in headers):
        return scope
    kept = [(name, value) for name, value in headers if b"_" not in name]
    return {**scope, "headers": kept, "query_string": query}
