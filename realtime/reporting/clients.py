"""Who is asking, as an address: what the rate limit and the limit on logins count by, for REST, push and pages."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from realtime.core.client_networks import counted_as


def client_address(request: HttpRequest, *_: Any) -> str:
    """Return what a client is counted by: of the connection, or the last of X-Forwarded-For where that is trusted.

    The last one is what the trusted proxy has seen; those before it are whatever a client chose to send.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.REST_FRAMEWORK["NUM_PROXIES"] else ""
    return counted_as(forwarded.rpartition(",")[2].strip(), request.META.get("REMOTE_ADDR") or "")
