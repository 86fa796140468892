"""Who is asking, as an address: what throttling and the limit on logins count by."""

from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Any

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

UNKNOWN = "0.0.0.0"  # noqa: S104  # no address to bind to
# What a host has to itself, or its whole site (RFC 6177): it can come from another address each time.
GUESSER_PREFIX = 64


def client_address(request: HttpRequest | Request, *_: Any) -> str:
    """Return the client's address: of the connection, or the last of X-Forwarded-For where that header is trusted.

    The last one is what the trusted proxy has seen; those before it are whatever a client chose to send. Clients of a
    unix socket are all one, 0.0.0.0.
    """
    told = BaseThrottle().get_ident(request)  # type: ignore[arg-type]  # of the request it reads META alone
    for address in (told, request.META.get("REMOTE_ADDR")):
        try:
            return str(ip_address(address or ""))
        except ValueError:
            continue
    return UNKNOWN


def guesser_address(request: HttpRequest, *_: Any) -> str:
    """Return what guesses at passwords are counted by: the client's address, of IPv6 its network, e.g. 2001:db8::."""
    address = ip_address(client_address(request))
    if isinstance(address, IPv4Address) or address.is_loopback:
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), GUESSER_PREFIX), strict=False).network_address)
