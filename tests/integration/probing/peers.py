"""Servers of the nasty kind, written on bare sockets, on loopback."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from pathlib import Path

from realtime.core.records import Target

CERTIFICATES = Path(__file__).parent / "certificates"
HEALTHY = b'{"status": "healthy"}'


def http_answer(
    body: bytes = HEALTHY, *, status: str = "200 OK", headers: tuple[str, ...] = (), content_length: int | None = None
) -> bytes:
    """Return a whole HTTP answer that leaves the connection open."""
    length = len(body) if content_length is None else content_length
    lines = (f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {length}", *headers)
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


class Line:
    """One accepted connection, as its handler sees it. `number` counts from 1."""

    def __init__(self, peer: "Peer", sock: socket.socket, number: int) -> None:
        self._peer = peer
        self._sock = sock
        self.number = number

    def client(self) -> str:
        """Return the name in the certificate that the client has shown."""
        assert isinstance(self._sock, ssl.SSLSocket)
        shown = self._sock.getpeercert()
        assert shown
        return str(dict(pair for part in shown["subject"] for pair in part)["commonName"])  # type: ignore[misc]

    def read_request(self) -> bytes:
        """Return the next request's head, empty when the client has hung up."""
        data = b""
        while not data.endswith(b"\r\n\r\n"):
            piece = self._sock.recv(65536)
            if not piece:
                return b""
            data += piece
        self._peer.requests.append(data)
        return data

    def read_some(self) -> bytes:
        """Return whatever comes first, under TLS the beginning of the handshake."""
        return self._sock.recv(65536)

    def send(self, data: bytes) -> None:
        self._sock.sendall(data)

    def send_for_ever(self, data: bytes, *, every_seconds: float = 0.0) -> None:
        """Send until the client has had enough."""
        while not self._peer.closing.wait(every_seconds):
            self._sock.sendall(data)

    def wait_until_closed(self) -> None:
        while self._sock.recv(65536):
            pass

    def close(self) -> None:
        self._sock.close()

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()


Handler = Callable[[Line], None]


class Peer:
    """Runs a handler for each connection to a port of loopback; counts connections, keeps requests.

    let_in: authorities in PEM form; only clients with a certificate of theirs are served.
    newest_tls: from TLS 1.3 on, a client learns only after the handshake that it is not let in.
    """

    def __init__(
        self,
        handler: Handler,
        *,
        certificate: str | None = None,
        let_in: str | None = None,
        newest_tls: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
    ) -> None:
        self._handler = handler
        self._tls = None if certificate is None else ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if self._tls is not None:
            self._tls.load_cert_chain(CERTIFICATES / f"{certificate}.pem")
        if self._tls is not None and let_in is not None:
            self._tls.verify_mode = ssl.CERT_REQUIRED
            self._tls.load_verify_locations(cadata=let_in)
            self._tls.maximum_version = newest_tls
        self.scheme = "http" if self._tls is None else "https"
        self.requests: list[bytes] = []
        self.connections = 0
        self.closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self._socks: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def target(self, **changes: object) -> Target:
        values: dict[str, object] = {"name": f"port-{self.port}", "base_url": self.url, "timeout_seconds": 5.0}
        return Target(**(values | changes))  # type: ignore[arg-type]

    def wait_for_lines_to_end(self) -> None:
        """Wait until clients have closed all their connections."""
        for thread in self._threads[1:]:
            thread.join(10)
            assert not thread.is_alive()

    def close(self) -> None:
        self.closing.set()
        for sock in (self._listener, *self._socks):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in self._threads)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._socks.append(sock)
            thread = threading.Thread(target=self._serve, args=(sock, self.connections), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        # The client hangs up in the middle of things: that is what the tests are about.
        with contextlib.suppress(OSError):
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
                self._socks.append(sock)
            self._handler(Line(self, sock, number))
        sock.close()


def healthy(line: Line) -> None:
    while line.read_request():
        line.send(http_answer())


def hang(line: Line) -> None:
    line.wait_until_closed()


def after_request(*pieces: bytes) -> Handler:
    """Return a handler that reads one request, sends the pieces, and closes."""

    def handler(line: Line) -> None:
        line.read_request()
        for piece in pieces:
            line.send(piece)

    return handler


def refusing_port() -> int:
    """Return a port of loopback on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
