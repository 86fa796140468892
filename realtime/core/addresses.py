"""Which addresses may be connected to: the one policy for probes, for redirects, and for what an operator saves."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Neither setting opens these. Metadata comes first: it names best what most of its addresses are.
_NEVER_PROBED: tuple[tuple[str, tuple[Network, ...]], ...] = tuple(
    (kind, tuple(ip_network(network) for network in networks))
    for kind, networks in {
        "a cloud metadata address": (
            "169.254.169.254/32",  # AWS, Azure, Google, Oracle, DigitalOcean, OpenStack and others
            "169.254.170.2/32",  # AWS: credentials of a container
            "169.254.170.23/32",  # AWS: credentials of a pod
            "100.100.100.200/32",  # Alibaba
            "168.63.129.16/32",  # Azure's host
            "192.0.0.192/32",  # Oracle, classic
            "fd00:ec2::254/128",  # AWS
            "fd00:ec2::23/128",  # AWS: credentials of a pod
            "fd20:ce::254/128",  # Google
            "fd00:c1::a9fe:a9fe/128",  # Oracle
            "fd00:42::42/128",  # Scaleway
        ),
        "an unspecified address": ("0.0.0.0/8", "::/128"),
        "a link-local address": ("169.254.0.0/16", "fe80::/10"),
        "a multicast address": ("224.0.0.0/4", "ff00::/8"),
        "the broadcast address": ("255.255.255.255/32",),
        "a reserved address": ("240.0.0.0/4",),
    }.items()
)

_V4_COMPATIBLE = IPv6Network("::/96")  # RFC 4291, section 2.5.5.1
_V4_TRANSLATED = IPv6Network("::ffff:0:0:0/96")  # RFC 2765, section 2.1
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052, section 2.1
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")  # RFC 8215
_SIX_TO_FOUR = IPv6Network("2002::/16")  # RFC 3056
_TEREDO = IPv6Network("2001::/32")  # RFC 4380
_PADDING = IPv4Network("0.0.0.0/8")
_LOW_32_BITS = 0xFFFF_FFFF

# What the WHATWG URL standard calls "ends in a number", in any digits: never a name, for any resolver.
_NUMBER_AT_THE_END = re.compile(r"(?:.*\.)?(?:\d+|0[xX][0-9a-fA-F]*)", re.DOTALL)


class OddAddress(ValueError):
    """An address in a form that resolvers and URL parsers read differently; the message says what to write instead."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AddressPolicy:
    """What an operator allows and denies; private and loopback addresses may be probed, since services live there.

    allow: when not empty, everything outside it is refused. deny: refused, also within `allow`.
    """

    allow: tuple[Network, ...] = ()
    deny: tuple[Network, ...] = ()

    def refusal(self, address: str | Address) -> str | None:
        """Return why this address must not be connected to, None when it may be.

        The words are fit for the public answer: they name the kind of address and the setting, never the address.
        A text that is no address is refused.
        """
        try:
            asked = canonical(ip_address(address))
        except ValueError:
            return "what the host stands for is no IP address"
        meant = (asked, *_embedded(asked))
        for kind, networks in _NEVER_PROBED:
            if _is_any_in(meant, networks):
                return f"the host is {kind}, which is never probed (register the service's own address)"
        if _is_any_in(meant, self.deny):
            return "REALTIME_PROBE_DENY refuses the host's address (change that setting or the service's URL)"
        # Embedded addresses do not count here: what is connected to is the address itself.
        if self.allow and not _is_any_in((asked,), self.allow):
            return "the host's address is outside REALTIME_PROBE_ALLOW (add its network there or change the URL)"
        return None


def canonical(address: Address) -> Address:
    """Return the address without its zone, and the IPv4 address where it is one in the form of IPv6."""
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or IPv6Address(int(address))


def canonical_network(network: Network) -> Network:
    """Return an IPv6 network of IPv4-mapped addresses as the IPv4 network that it is, any other as it stands."""
    mapped = None if isinstance(network, IPv4Network) else network.network_address.ipv4_mapped
    return network if mapped is None or network.prefixlen < 96 else IPv4Network((mapped, network.prefixlen - 96))


def literal_address(host: str) -> Address | None:
    """Return the address that the host of a URL is, None when it is a name; brackets around it do not matter.

    Raises:
        OddAddress: an address, but not written as everyone reads it: decimal, octal, hexadecimal, with fewer than
            four parts, with other than ASCII digits, a final dot or a zone.
    """
    bare = host.removeprefix("[").removesuffix("]")
    if ":" in bare:
        return _ipv6_literal(bare)
    plain = unicodedata.normalize("NFKC", bare).replace("\N{IDEOGRAPHIC FULL STOP}", ".")
    if not _NUMBER_AT_THE_END.fullmatch(plain.rstrip(".")):
        return None
    try:
        return IPv4Address(bare)
    except ValueError:
        meant = _as_inet_aton_reads(plain.rstrip("."))
    if meant is None:
        raise OddAddress("ends in a number but is no address (a name cannot end so)")
    raise OddAddress(f"is an address in an unusual form (write {meant})")


def _ipv6_literal(text: str) -> IPv6Address:
    if "%" in text:
        raise OddAddress("must not have a zone (use an address that needs none)")
    try:
        return IPv6Address(text)
    except ValueError:
        raise OddAddress("is no IPv6 address (write it like [fd00::1])") from None


def _as_inet_aton_reads(text: str) -> IPv4Address | None:
    """Return what `getaddrinfo` makes of such a text: 1 to 4 numbers of which the last fills all bytes left."""
    *front, last = text.split(".")
    numbers = [_number(part) for part in (*front, last)]
    if len(numbers) > 4 or None in numbers:
        return None
    *first, rest = (number or 0 for number in numbers)
    if any(number > 255 for number in first) or rest >= 256 ** (4 - len(first)):
        return None
    return IPv4Address(sum(number << 8 * (3 - place) for place, number in enumerate(first)) + rest)


def _number(text: str) -> int | None:
    base = 16 if text[:2] in ("0x", "0X") else 8 if text.startswith("0") else 10
    try:
        return int(text, base) if len(text) <= 40 and text.isalnum() else None
    except ValueError:
        return 0 if base == 16 and len(text) == 2 else None


def _is_any_in(addresses: tuple[Address, ...], networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks for address in addresses)


def _embedded(address: Address) -> Iterator[IPv4Address]:
    """Yield every IPv4 address that a packet to this IPv6 address may end at."""
    if isinstance(address, IPv4Address):
        return
    number = int(address)
    low = IPv4Address(number & _LOW_32_BITS)
    if address in _V4_COMPATIBLE and number > 1:  # "::" and "::1" are their own
        yield low
    if address in _V4_TRANSLATED or address in _NAT64:
        yield low
    if address in _NAT64_LOCAL:
        yield from _nat64_readings(address)
    if address in _SIX_TO_FOUR:
        yield IPv4Address(number >> 80 & _LOW_32_BITS)
    if address in _TEREDO:
        yield IPv4Address(number >> 64 & _LOW_32_BITS)  # the server
        yield IPv4Address(number & _LOW_32_BITS ^ _LOW_32_BITS)  # the client
    if number >> 32 & 0xFDFF_FFFF == 0x5EFE:  # ISATAP, RFC 5214, section 6.1
        yield low


def _nat64_readings(address: IPv6Address) -> Iterator[IPv4Address]:
    """Yield the address in each layout of RFC 6052, section 2.2: which one the network uses cannot be seen."""
    octets = address.packed
    for places in ((6, 7, 9, 10), (7, 9, 10, 11), (9, 10, 11, 12)):
        reading = IPv4Address(bytes(octets[place] for place in places))
        # Zeros in front: the layout is a longer one, and this is the padding before it.
        if reading not in _PADDING:
            yield reading
    last = IPv4Address(octets[12:])
    if last not in _PADDING or not any(octets[6:12]):
        yield last
