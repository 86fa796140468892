"""Connects to a host: looks its name up, then tries its addresses, each with a fair share of the time left."""

import errno
import ipaddress
import socket
import time
from collections.abc import Sequence
from typing import Any

from realtime.core.addresses import AddressPolicy
from realtime.core.records import FailureKind
from realtime.outbound.failures import ProbeFailed
from realtime.outbound.resolver import Address, Resolver
from realtime.outbound.wire import Stage, Wire

# Of one name; with more of them the share of each would be too short to mean anything.
MAX_ADDRESSES = 8

_NO_ROUTE = "no route to the host"
_NO_ANSWER = "no answer to the attempt to connect"
_RESET = "connection reset while connecting"
_NOT_ALLOWED = "this machine does not allow the connection"
# Errors that say something of the way to the target; all others (no descriptors, no memory) are ours.
_MESSAGES = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: _RESET,
    errno.ECONNABORTED: _RESET,
    errno.EHOSTUNREACH: _NO_ROUTE,
    errno.ENETUNREACH: _NO_ROUTE,
    errno.EHOSTDOWN: _NO_ROUTE,
    errno.ENETDOWN: _NO_ROUTE,
    errno.EAFNOSUPPORT: _NO_ROUTE,
    errno.EINVAL: _NO_ROUTE,  # a link-local IPv6 address without its zone
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
}

SocketOptions = Sequence[tuple[int, int, int | bytes]]


class _NotConnected(Exception):
    """One address could not be connected to."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def dial(
    *, host: str, port: int, resolver: Resolver, policy: AddressPolicy, wire: Wire, options: SocketOptions
) -> socket.socket:
    """Return a connected socket that the wire holds, with the time left as its timeout.

    Every connection of every probe begins here, those that a redirect leads to included. The policy is asked for the
    very address that is then connected to, so a name cannot show one address and lead to another.

    Raises:
        ProbeFailed: no address, none that may be connected to, or none that lets us in before the deadline.
        Interrupted: the wire was cut.
        OSError: this machine is at fault, for example has no descriptors left.
    """
    addresses = _permitted(resolver.addresses(host=host, port=port, wire=wire)[:MAX_ADDRESSES], policy)
    wire.meter.stage = Stage.CONNECTING
    started_at = time.monotonic()
    messages = []
    for position, address in enumerate(addresses):
        wire.asks(None if _is_loopback(address[1][0]) else address[1][0])
        share_seconds = wire.remaining_seconds() / (len(addresses) - position)
        try:
            sock = _connect(address, share_seconds=share_seconds, wire=wire, options=options)
        except _NotConnected as error:
            messages.append(error.message)
            _note_contact(error.message, wire)
            continue
        if _leads_to_this_machine(sock):
            wire.asks(None)
        wire.note_received()
        wire.meter.connect_seconds = time.monotonic() - started_at
        wire.meter.address = _shown(address)
        wire.meter.stage = Stage.WAITING
        return sock
    wire.remaining_seconds()
    # That IPv6 has no route says nothing where an IPv4 address has answered, by refusing.
    telling = [message for message in messages if message != _NO_ROUTE]
    raise ProbeFailed(kind=FailureKind.CONNECT, message=(telling or messages or [_NO_ROUTE])[-1])


def _note_contact(message: str, wire: Wire) -> None:
    if message == _NOT_ALLOWED:  # nothing was sent
        wire.asks(None)
    elif message == _RESET and wire.is_cut:  # by us
        return
    elif message not in (_NO_ROUTE, _NO_ANSWER):
        wire.note_received()


def _is_loopback(host: str) -> bool:
    ip = ipaddress.ip_address(host.partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback


def _leads_to_this_machine(sock: socket.socket) -> bool:
    """Return whether a connection is to an address of this machine, so that the network is not involved."""
    try:
        return bool(sock.getsockname()[0] == sock.getpeername()[0])
    except OSError:  # the peer has broken it off already
        return False


def _permitted(addresses: Sequence[Address], policy: AddressPolicy) -> list[Address]:
    """Return the addresses that may be connected to; the others of a name are passed over.

    Raises:
        ProbeFailed: the policy refuses all of them.
    """
    refusals = [policy.refusal(place[0]) for _, place in addresses]
    permitted = [address for address, refusal in zip(addresses, refusals, strict=True) if refusal is None]
    if not permitted and refusals:
        raise ProbeFailed(kind=FailureKind.BLOCKED, message=str(refusals[0]))
    return permitted


def _connect(address: Address, *, share_seconds: float, wire: Wire, options: SocketOptions) -> socket.socket:
    family, place = address
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise _explained(error, family) from error
    try:
        for option in options:
            sock.setsockopt(*option)
        wire.hold(sock)
        sock.settimeout(share_seconds)
        _connect_to(sock, family=family, place=place)
        # Cut while connecting, a socket can look connected.
        sock.settimeout(wire.remaining_seconds())
    except BaseException:
        sock.close()
        wire.release()
        raise
    return sock


def _connect_to(sock: socket.socket, *, family: socket.AddressFamily, place: tuple[Any, ...]) -> None:
    try:
        sock.connect(place)
    except TimeoutError as error:
        raise _NotConnected(_NO_ANSWER) from error
    except OSError as error:
        raise _explained(error, family) from error


def _explained(error: OSError, family: socket.AddressFamily) -> _NotConnected | OSError:
    message = _MESSAGES.get(error.errno or 0)
    if message is None and error.errno == errno.EADDRNOTAVAIL and family is socket.AF_INET6:
        # IPv6 is switched off; with IPv4 it means that our own ports have run out.
        message = _NO_ROUTE
    return error if message is None else _NotConnected(message)


def _shown(address: Address) -> str:
    family, (host, port, *_) = address
    return f"[{host}]:{port}" if family is socket.AF_INET6 else f"{host}:{port}"
