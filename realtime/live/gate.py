"""Who may listen: the same hosts, origins and readers as for the REST answer.

Django's own checks stand behind its middleware, which an open connection never passes.
"""

import asyncio
import json
import math
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http.cookie import parse_cookie

from realtime.core.client_networks import counted_as
from realtime.core.origins import DEFAULT_PORTS
from realtime.live.asgi import Scope, header, request_of
from realtime.reporting.access import (
    CHALLENGE,
    COOKIE,
    EVERYONE,
    AccessUnknown,
    Admission,
    NotAdmitted,
    Presented,
    admit,
    is_public,
)
from realtime.reporting.rate_limit import process_rate_limit

SECONDS_UNTIL_KNOWN = 5  # after which the keys may be known, or the database answer again


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why a connection is refused, as an HTTP answer.

    challenge: of a 401, the scheme to come with. retry_after_seconds: after which it is worth another try.
    """

    status: int
    code: str
    message: str
    challenge: str | None = None
    retry_after_seconds: int | None = None

    @property
    def body(self) -> bytes:
        return json.dumps({"error": {"code": self.code, "message": self.message}}).encode()


async def admission(scope: Scope) -> Admission | Refusal:
    """Return the right to listen of this client, or why it may not connect. Origins are another question."""
    if refused := _misdirected(scope):
        return refused
    if is_public():
        return EVERYONE
    try:
        # In a thread: it may have to wait for the first keys of this process, or for the database.
        return await asyncio.to_thread(admit, _presented_in(scope))
    except NotAdmitted as error:
        if error.is_key_wanted:
            return Refusal(status=401, code=error.code, message=str(error), challenge=CHALLENGE)
        return Refusal(status=403, code=error.code, message=str(error))
    except AccessUnknown as error:
        return Refusal(
            status=503,
            code=error.fault.code,
            message=error.fault.message,
            retry_after_seconds=SECONDS_UNTIL_KNOWN,
        )


async def over_the_limit(scope: Scope) -> Refusal | None:
    """Count a new connection of this client like a request; return why it may not connect now, None when it may."""
    if settings.REALTIME.throttle is None:
        return None
    # In a thread: counting asks the store.
    wait = await asyncio.to_thread(process_rate_limit().seconds_to_wait, client_address(scope))
    if wait is None:
        return None
    seconds = math.ceil(wait)
    message = f"too many requests; come again in {seconds} s"
    return Refusal(status=429, code="throttled", message=message, retry_after_seconds=seconds)


def client_address(scope: Scope) -> str:
    """Return what the REST answers count this client by."""
    peer = (scope.get("client") or [""])[0]
    forwarded = header(scope, b"x-forwarded-for") if settings.REST_FRAMEWORK["NUM_PROXIES"] else None
    return counted_as((forwarded or "").rpartition(",")[2].strip(), peer)


def _presented_in(scope: Scope) -> Presented:
    cookies = parse_cookie(header(scope, b"cookie") or "")
    return Presented(
        authorization=header(scope, b"authorization") or "",
        api_key=header(scope, b"x-api-key") or "",
        cookie=cookies.get(COOKIE, ""),
        session=cookies.get(settings.SESSION_COOKIE_NAME, ""),
    )


def is_host_served(scope: Scope) -> bool:
    """Return whether the client asked for a host that this site answers for, by Django's own rules."""
    try:
        request_of(scope).get_host()
    except DisallowedHost:
        return False
    return True


def _misdirected(scope: Scope) -> Refusal | None:
    if not is_host_served(scope):
        return Refusal(status=400, code="invalid_host", message="this Host is not served")
    if settings.SECURE_SSL_REDIRECT and not is_secure(scope):
        return Refusal(status=403, code="https_required", message="connect over TLS")
    return None


def host_of(scope: Scope) -> str:
    """Return the host and port that the client asked for, as Django finds them; empty when it named none."""
    forwarded = header(scope, b"x-forwarded-host") if settings.USE_X_FORWARDED_HOST else None
    return forwarded or header(scope, b"host") or ""


def is_secure(scope: Scope) -> bool:
    """Tell whether the client came over TLS, asking the trusted header of a proxy where one is set."""
    if settings.SECURE_PROXY_SSL_HEADER:
        name, expected = settings.SECURE_PROXY_SSL_HEADER
        value = header(scope, name.removeprefix("HTTP_").replace("_", "-").lower().encode())
        if value is not None:
            return value.partition(",")[0].strip() == expected
    return scope.get("scheme") in ("https", "wss")


def is_allowed_origin(scope: Scope) -> bool:
    """Tell whether a page that opens a WebSocket may: one of this site, of an allowed origin, or no page at all.

    Browsers let any page connect anywhere and always say where it is from; programs that are no browser say nothing.
    """
    origin = header(scope, b"origin")
    return origin is None or is_listed_origin(origin) or _is_own_origin(origin, scope)


def is_listed_origin(origin: str) -> bool:
    """Tell whether this origin is one of REALTIME_ALLOWED_ORIGINS."""
    return origin.lower() in {allowed.lower() for allowed in settings.REALTIME.allowed_origins}


def _is_own_origin(origin: str, scope: Scope) -> bool:
    """Tell whether a page came from the host it connects to; a page that came over TLS may be told anything."""
    try:
        parts = urlsplit(origin.lower())
        asked = urlsplit(f"//{host_of(scope).lower()}")
        default = DEFAULT_PORTS.get(parts.scheme)
        same_host = parts.hostname == asked.hostname and (parts.port or default) == (asked.port or default)
    except ValueError:
        return False
    return same_host and parts.scheme in (("https",) if is_secure(scope) else ("http", "https"))
