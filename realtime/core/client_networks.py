"""How clients are counted: by IPv4 address, or by IPv6 /64, since one host can own all of it."""

from contextlib import suppress
from ipaddress import IPv4Address, IPv6Network, ip_address

from realtime.core.addresses import canonical

UNKNOWN_CLIENT = "0.0.0.0"  # noqa: S104  # all clients of a unix socket; no address to bind to
# What a host has to itself, or its whole site (RFC 6177): it can come from another address each time.
PREFIX_BITS = 64


def counted_as(*addresses: str) -> str:
    """Return what the first of these texts that is an address counts as, e.g. 10.0.0.1, ::1 or 2001:db8::."""
    for text in addresses:
        with suppress(ValueError):
            address = canonical(ip_address(text))
            if isinstance(address, IPv4Address) or address.is_loopback:
                return str(address)
            return str(IPv6Network((int(address), PREFIX_BITS), strict=False).network_address)
    return UNKNOWN_CLIENT
