"""Who is asking, as an address: what throttling and the limit on logins count by."""

from typing import Any

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from realtime.core.client_networks import counted_as


def client_address(request: HttpRequest | Request, *_: Any) -> str:
    """Return what a client is counted by: of the connection, or the last of X-Forwarded-For where that is trusted.

    The last one is what the trusted proxy has seen; those before it are whatever a client chose to send.
    """
    told = BaseThrottle().get_ident(request)  # type: ignore[arg-type]  # of the request it reads META alone
    return counted_as(told or "", request.META.get("REMOTE_ADDR") or "")
