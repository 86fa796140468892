"""The words of ASGI, and what is read out of a connection's scope."""

import io
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.core.handlers.asgi import ASGIRequest

from realtime.core import parameters
from realtime.core.delivery import Wishes

Event = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def request_of(scope: Scope) -> ASGIRequest:
    """Return the request that opened a connection as Django sees it: host, cookies, client, headers, but no query.

    Django drops headers with an underscore in their name, so that no client can speak for the proxy.
    """
    scheme = scope.get("scheme", "http").replace("ws", "http")
    # A query that is not UTF-8 is an error to Django; ours is read by `wishes_of`.
    return ASGIRequest({"method": "GET", **scope, "scheme": scheme, "query_string": b""}, io.BytesIO())


def path_of(scope: Scope) -> str:
    """Return the path below the one that the application is mounted at, without a closing slash."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")).removesuffix("/")


def wishes_of(scope: Scope) -> Wishes:
    """Return what the query asks for. Raises InvalidParameter."""
    return parameters.push_query(scope["query_string"].decode("latin-1"))
