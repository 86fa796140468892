"""Who may listen: the same hosts, origins and readers as for the REST answer.

Django's own checks stand behind its middleware, which an open connection never passes.
"""

import asyncio
import math
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest

from realtime.core.origins import DEFAULT_PORTS
from realtime.core.problems import Problem
from realtime.reporting.access import (
    EVERYONE,
    AccessUnknown,
    Admission,
    NotAdmitted,
    admit,
    is_public,
    presented_in,
)
from realtime.reporting.clients import client_address
from realtime.reporting.rate_limit import process_rate_limit, too_many_requests
from realtime.reporting.responses import unavailable


async def admission(request: HttpRequest) -> Admission | Problem:
    """Return the right to listen of this client, or why it may not connect. Origins are another question."""
    if refused := _misdirected(request):
        return refused
    if is_public():
        return EVERYONE
    try:
        # In a thread: it may have to wait for the first keys of this process, or for the database.
        return await asyncio.to_thread(admit, presented_in(request))
    except NotAdmitted as error:
        return error.problem
    except AccessUnknown as error:
        return unavailable(code=error.fault.code, detail=error.fault.message)


async def over_the_limit(request: HttpRequest) -> Problem | None:
    """Count a new connection of this client like a request; return why it may not connect now, None when it may."""
    if settings.REALTIME.throttle is None:
        return None
    # In a thread: counting asks the store.
    wait = await asyncio.to_thread(process_rate_limit().seconds_to_wait, client_address(request))
    if wait is None:
        return None
    seconds = math.ceil(wait)
    return too_many_requests(seconds)


def is_host_served(request: HttpRequest) -> bool:
    """Return whether the client asked for a host that this site answers for."""
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True


def is_allowed_origin(request: HttpRequest) -> bool:
    """Return whether a page that opens a WebSocket may: one of this site, of an allowed origin, or no page at all.

    Browsers let any page connect anywhere and always say where it is from; programs that are no browser say nothing.
    """
    origin = request.headers.get("Origin")
    return origin is None or _is_listed_origin(origin) or _is_own_origin(origin, request)


def _misdirected(request: HttpRequest) -> Problem | None:
    if not is_host_served(request):
        return Problem(status=400, code="invalid_host", detail="this Host is not served")
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        return Problem(status=403, code="https_required", detail="connect over TLS")
    return None


def _is_listed_origin(origin: str) -> bool:
    return origin.lower() in {allowed.lower() for allowed in settings.REALTIME.allowed_origins}


def _is_own_origin(origin: str, request: HttpRequest) -> bool:
    """Return whether a page came from the host it connects to; one that came over TLS must connect over TLS."""
    try:
        parts = urlsplit(origin.lower())
        asked = urlsplit(f"//{request.get_host().lower()}")
        default = DEFAULT_PORTS.get(parts.scheme)
        same_host = parts.hostname == asked.hostname and (parts.port or default) == (asked.port or default)
    except ValueError:
        return False
    return same_host and parts.scheme in (("https",) if request.is_secure() else ("http", "https"))
