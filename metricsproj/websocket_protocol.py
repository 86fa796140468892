"""uvicorn's WebSocket protocol, closed against two kinds of clients that it leaves alone (uvicorn 0.54).

For `--ws metricsproj.websocket_protocol:GuardedWebSocket`; `manage.py up` uses it too.
"""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

_UNREADABLE = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class GuardedWebSocket(WebSocketsSansIOProtocol):
    """Answers what it cannot read, and gathers no pongs for a client that takes none."""

    def data_received(self, data: bytes) -> None:
        """Refuse a handshake that cannot be read: left alone, it would stay open without an answer for ever."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(_UNREADABLE)
            self.transport.close()

    def handle_ping(self) -> None:
        """Answer a ping, unless the client does not even take the answers to earlier ones (RFC 6455, section 5.5.3).

        Each answer would wait in memory, as many as the client cares to ask for.
        """
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()
