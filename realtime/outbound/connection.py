"""The connections that probes use: urllib3's, but dialled, timed, metered and cut through a wire."""

import http.client
import io
import socket
import ssl
import sys
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import requests.adapters
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.response import assert_header_parsing

from realtime.core.addresses import AddressPolicy
from realtime.core.records import Certificate
from realtime.outbound.dialing import dial
from realtime.outbound.resolver import Resolver
from realtime.outbound.tls import Trust, certificate_of, handshake_failure
from realtime.outbound.wire import CURRENT, Stage, Wire

if sys.platform != "win32":
    import resource

# Hosts whose connections are kept; more than this many targets is more than one process is for.
MAX_KEPT_HOSTS = 16_384
# What the rest of the process needs (database, Redis, logs, running probes), of its limit on open files.
_OTHER_DESCRIPTORS = 512

_BUFFER_BYTES = 16 * 1024


class _MeteredReader(io.RawIOBase):
    """Reads from a socket by the probe's deadline, where the socket's own timeout would start anew with each byte."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, wire: Wire) -> None:
        self._raw = raw
        self._sock = sock
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._wire.remaining_seconds())
        try:
            size = self._raw.readinto(buffer) or 0
        except TimeoutError as error:
            raise self._wire.late() from error
        if size:
            self._wire.received(size)
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()


class _MeteredResponse(http.client.HTTPResponse):
    """An answer that is read through the wire of its probe."""

    def __init__(
        self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        reader = _MeteredReader(self.fp.detach(), sock, CURRENT.get())
        self.fp = io.BufferedReader(reader, _BUFFER_BYTES)

    def begin(self) -> None:
        super().begin()
        # Here, and not left to urllib3, which writes a log line with the whole URL and goes on without the headers
        # that follow the broken one.
        assert_header_parsing(self.msg)
        CURRENT.get().meter.stage = Stage.READING_BODY


class _Wired(HTTPConnection):
    """What both kinds of connection do in our way."""

    response_class = _MeteredResponse
    resolver: Resolver
    policy: AddressPolicy
    _address: str | None = None
    _certificate: Certificate | None = None
    _place: str | None = None  # None: on this machine

    def _new_conn(self) -> socket.socket:
        wire = CURRENT.get()
        # `_dns_host` keeps the final dot, which tells the resolver that the name is complete.
        sock = dial(
            host=self._dns_host,
            port=self.port,
            resolver=self.resolver,
            policy=self.policy,
            wire=wire,
            options=self.socket_options or (),
        )
        self._address = wire.meter.address
        self._place = wire.place
        return sock

    @property
    def is_connected(self) -> bool:
        return not CURRENT.get().wants_new_connection and super().is_connected

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        wire = CURRENT.get()
        if self.sock is not None and wire.meter.connect_seconds is None:
            wire.meter.reused_connection = True
            wire.meter.address = self._address
            wire.hold(self.sock)
            wire.asks(self._place)
        wire.meter.certificate = self._certificate
        super().request(method, url, *args, **kwargs)
        wire.meter.sent_at = time.monotonic()


class PlainConnection(_Wired):
    """HTTP."""


class TlsConnection(_Wired, HTTPSConnection):
    """HTTPS."""

    def connect(self) -> None:
        meter = CURRENT.get().meter
        try:
            super().connect()
        except TimeoutError as error:
            raise CURRENT.get().late() from error
        except OSError as error:
            if meter.stage is not Stage.HANDSHAKING:
                raise
            wire = CURRENT.get()
            raise (wire.late() if wire.is_over else handshake_failure(error)) from error
        meter.tls_seconds = time.monotonic() - self._connected_at
        if isinstance(self.sock, ssl.SSLSocket):
            self._certificate = meter.certificate = certificate_of(self.sock)
        meter.stage = Stage.WAITING

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        CURRENT.get().meter.stage = Stage.HANDSHAKING
        self._connected_at = time.monotonic()
        return sock


class _QuietPool(HTTPSConnectionPool):
    """Does not warn in the log, naming the host, that verification is off: the admin's pages show it."""

    def _validate_conn(self, conn: Any) -> None:
        if conn.is_closed:
            conn.connect()


PoolClasses = Mapping[str, type[HTTPConnectionPool]]


def pool_classes(*, resolver: Resolver, policy: AddressPolicy) -> PoolClasses:
    """Return the classes, by scheme, of pools whose connections dial in our way.

    Made for the purpose, because urllib3 makes connections without a way to hand them anything.
    """
    of_ours = {"resolver": resolver, "policy": policy}
    plain = type("PlainConnection", (PlainConnection,), of_ours)
    tls = type("TlsConnection", (TlsConnection,), of_ours)
    return {
        "http": type("HTTPConnectionPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("HTTPSConnectionPool", (_QuietPool,), {"ConnectionCls": tls}),
    }


class PoolingAdapter(requests.adapters.HTTPAdapter):
    """Requests' way to the connections above, of which it keeps those that their servers leave open.

    kept_per_host: many targets can share one host, behind a gateway.
    """

    def __init__(self, *, pools: PoolClasses, trust: Trust, kept_hosts: int, kept_per_host: int) -> None:
        self._pools = pools
        self._trust = trust
        super().__init__(pool_connections=kept_hosts, pool_maxsize=kept_per_host, max_retries=0, pool_block=False)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = dict(self._pools)

    def for_one_answer(self) -> "PoolingAdapter":
        """Return an adapter like this one that has kept nothing yet; who closes it keeps nothing."""
        return PoolingAdapter(pools=self._pools, trust=self._trust, kept_hosts=1, kept_per_host=1)

    def connect_once(self, base_url: str, *, verify: bool | str, cert: str | None) -> None:
        """Establish a connection to `tcp://host:port`, for `tls://host:port` with its handshake, and close it.

        Raises:
            ProbeFailed, Interrupted, OSError: as `dial` does, and what the handshake brings.
        """
        parts = urlsplit(base_url)
        is_tls = parts.scheme.lower() == "tls"
        keywords: dict[str, Any] = {"host": parts.hostname, "port": parts.port}
        if is_tls:
            keywords["ssl_context"] = self._trust.context(verify, client_certificate=cert)
        connection = self._pools["https" if is_tls else "http"].ConnectionCls(**keywords)
        try:
            connection.connect()
        finally:
            connection.close()

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """Return the key under which connections for this request are kept: scheme, host, port, and the TLS context.

        cert: a client certificate in PEM form, where requests would have the path of one.
        """
        place, keywords = super().build_connection_pool_key_attributes(request, verify is not False, None)
        if place["scheme"] == "https":
            keywords["ssl_context"] = self._trust.context(verify, client_certificate=cert)
        return place, keywords

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Leave trust to the context of the key: requests would have each connection read its list of CAs anew."""


def most_kept_hosts() -> int:
    """Return of how many hosts connections can be kept within this process' limit on open files."""
    if sys.platform == "win32":  # where sockets do not count against a limit on files
        return MAX_KEPT_HOSTS
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return MAX_KEPT_HOSTS
    # Without it the kept connections of a large registry would use up the descriptors, and all further probes fail.
    return min(MAX_KEPT_HOSTS, max(limit - _OTHER_DESCRIPTORS, limit // 4))
