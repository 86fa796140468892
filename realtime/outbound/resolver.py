"""Looks names up without ever waiting past a deadline, although `getaddrinfo` itself knows none."""

import ipaddress
import socket
import threading
import time
from concurrent.futures import Future
from typing import Any

from realtime.core.records import FailureKind
from realtime.outbound.failures import Interrupted, ProbeFailed
from realtime.outbound.wire import Stage, Wire

# Hosts whose look-up hangs, each with a thread; beyond it the resolver counts as silent at once.
MAX_LOOKUPS = 256

# The second part is what `socket.connect` takes: (address, port) or, for IPv6, (address, port, flow, scope).
Address = tuple[socket.AddressFamily, tuple[Any, ...]]

_MESSAGES = {
    socket.EAI_NONAME: "no such name",
    socket.EAI_AGAIN: "the resolver did not answer",
    socket.EAI_FAIL: "the resolver failed",
}
if hasattr(socket, "EAI_NODATA"):
    _MESSAGES[socket.EAI_NODATA] = "the name has no address"


_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


class _LookUp(Future[list[Address] | Exception]):
    """A look-up in flight; `given_up`: somebody stopped waiting for it."""

    given_up = False


class Resolver:
    """Looks names up in one daemon thread per host in flight; who asks for the same host shares the look-up.

    Daemon threads, because the interpreter joins those of an executor at exit, and one that hangs would hold it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_flight: dict[str, _LookUp] = {}

    def addresses(self, *, host: str, port: int, wire: Wire) -> tuple[Address, ...]:
        """Return the addresses of a host, in the order in which to try them.

        Raises:
            ProbeFailed: no such name, or the resolver did not answer.
            Interrupted: the wire was cut.
        """
        if _is_literal(host):
            return _with_port(_look_up(host), port)
        wire.meter.stage = Stage.LOOKING_UP
        wire.asks(None if host.rstrip(".").lower() == "localhost" else host)
        started_at = time.monotonic()
        look_up = self._join(host)
        try:
            wire.wait(look_up)
        except (ProbeFailed, Interrupted):
            look_up.given_up = True
            raise
        wire.meter.dns_seconds = time.monotonic() - started_at
        _note_contact(look_up.result(), wire)
        return _with_port(_answer(look_up), port)

    def unanswered(self, host: str) -> bool:
        """Return whether a look-up of this host that an earlier probe gave up is still running."""
        with self._lock:
            look_up = self._in_flight.get(host)
            return look_up is not None and look_up.given_up

    def _join(self, host: str) -> _LookUp:
        with self._lock:
            look_up = self._in_flight.get(host)
            if look_up is not None:
                return look_up
            if len(self._in_flight) >= MAX_LOOKUPS:
                message = f"the resolver does not answer: {MAX_LOOKUPS} look-ups wait for it"
                raise ProbeFailed(kind=FailureKind.DNS, message=message)
            look_up = _LookUp()
            thread = threading.Thread(target=self._run, args=(host, look_up), name=f"look-up {host}", daemon=True)
            thread.start()
            self._in_flight[host] = look_up
            return look_up

    def _run(self, host: str, look_up: _LookUp) -> None:
        try:
            found: list[Address] | Exception = _look_up(host)
        except Exception as error:  # noqa: BLE001 - handed over to the thread that asked
            found = error
        # Removed from the table first, so that a later request starts a new look-up.
        with self._lock:
            self._in_flight.pop(host, None)
        look_up.set_result(found)


def _note_contact(found: list[Address] | Exception, wire: Wire) -> None:
    """Note whether the resolver answered: 'no such name' is an answer, other failures can be local."""
    if isinstance(found, socket.gaierror) and found.errno in _NO_SUCH_NAME:
        wire.note_received()
    elif not (isinstance(found, socket.gaierror) and found.errno == socket.EAI_AGAIN):
        wire.asks(None)


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _look_up(host: str) -> list[Address]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [(socket.AddressFamily(family), address) for family, _, _, _, address in found]


def _with_port(found: list[Address], port: int) -> tuple[Address, ...]:
    return tuple((family, (address[0], port, *address[2:])) for family, address in found)


def _answer(look_up: _LookUp) -> list[Address]:
    found = look_up.result()
    if isinstance(found, socket.gaierror):
        message = _MESSAGES.get(found.errno or 0, f"the name look-up failed (code {found.errno})")
        raise ProbeFailed(kind=FailureKind.DNS, message=message)
    if isinstance(found, UnicodeError):
        raise ProbeFailed(kind=FailureKind.DNS, message="not a valid host name")
    if isinstance(found, Exception):
        raise found
    return found
