"""uvicorn's WebSocket protocol, closed against four kinds of clients that it leaves alone (uvicorn 0.54).

`manage.py serve` and `up` use it.
"""

import asyncio

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from metricsproj.unread_output import UnreadOutput

_UNREADABLE = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class GuardedWebSocket(WebSocketsSansIOProtocol):
    """Answers what it cannot read, and gathers neither pongs for a client that takes none nor pieces of nothing."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._unread = UnreadOutput()

    def end_if_overdue(self, now: float) -> None:
        """End the connection if its client has not read in time, also what was said to it at the end.

        Args:
            now: seconds on the clock of the event loop.
        """
        is_late = self._unread.is_overdue(
            self.transport.get_write_buffer_size(),
            is_stream=not (self.close_sent or self.transport.is_closing()),
            now=now,
        )
        if is_late:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Refuse a handshake that cannot be read: left alone, it would stay open without an answer for ever."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # An answer stands ready where something was too long: 414 or 431.
            self.transport.write(b"".join(self.conn.data_to_send()) or _UNREADABLE)
            self.transport.close()

    def handle_cont(self, event: Frame) -> None:
        """Gather a piece of a message, unless it is empty and more are to come.

        The limit on a message counts its bytes alone, so that empty pieces would be gathered without end.
        """
        if event.data or event.fin:
            super().handle_cont(event)

    def handle_ping(self) -> None:
        """Answer a ping, unless the client does not even take the answers to earlier ones (RFC 6455, section 5.5.3).

        Each answer would wait in memory, as many as the client cares to ask for.
        """
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()
