"""uvicorn's HTTP protocol with the limits that it does not have (uvicorn 0.54): on heads, on pipelining, on time.

`Server` in `metricsproj/supervision/web.py` calls `end_if_overdue` of each connection once a second, so that the
limits on time cost a request nothing.
"""

import asyncio
from http import HTTPStatus

import httptools
from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from metricsproj import HEALTH_PATHS
from metricsproj.descriptors import Supply, process_descriptors
from metricsproj.unread_output import UnreadOutput

# From the opening of a connection, or from the first byte of a later request, to the end of the request's head.
HEAD_SECONDS = 5.0
FIRST_REQUEST_SECONDS = 0.5  # for a client that connected just before the server was told to stop
MAX_HEAD_BYTES = 64 * 1024
MAX_HEADERS = 128
# Of a request that has no answer yet: more than the largest form.
MAX_REQUEST_BYTES = 1024 * 1024
MAX_PIPELINED = 16  # requests that wait for the answer to an earlier one


class GuardedHttp(HttpToolsProtocol):
    """Ends connections that send half a head or too much at once, and those that do not read."""

    # Beside uvicorn's own attributes: an object with more than 30 of those is slower, by 1 us a request (Python 3.11).
    __slots__ = (
        "_counted_cycle",
        "_made_at",
        "_received_bytes",
        "_refused_as",
        "_refuses_websockets",
        "_unread",
        "_waiting_after",
        "_waiting_since",
    )

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.headers = []
        self._received_bytes = 0  # since the end of the last head
        self._counted_cycle: RequestResponseCycle | None = None
        self._waiting_since: float | None = None
        self._waiting_after: RequestResponseCycle | None = None
        self._refused_as = HTTPStatus.BAD_REQUEST
        self._refuses_websockets = False
        self._unread = UnreadOutput()
        self._made_at = self.loop.time()
        if process_descriptors().are_short_with(transport.get_extra_info("socket").fileno()):
            self._make_room()

    def data_received(self, data: bytes) -> None:
        self._received_bytes += len(data)
        super().data_received(data)
        if self.cycle is not self._counted_cycle:
            self._counted_cycle = self.cycle
            self._received_bytes = 0
        elif self._received_bytes > MAX_HEAD_BYTES and self._is_too_much():
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if len(self.headers) > MAX_HEADERS:  # of a head that goes on, or after a body in chunks
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if self.pipeline and len(self.pipeline) > MAX_PIPELINED:
            self._refuse(HTTPStatus.TOO_MANY_REQUESTS)

    def on_headers_complete(self) -> None:
        """Begin a request, unless its head is too large (RFC 6585, section 5)."""
        if len(self.headers) > MAX_HEADERS or (self._received_bytes > MAX_HEAD_BYTES and self._is_head_too_long()):
            self._refused_as = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise httptools.HttpParserError
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        if self._refuses_websockets:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be served: httptools wraps our exceptions in its own."""
        self._refuse(self._refused_as)

    def shutdown(self) -> None:
        """Close the connection when what was asked is answered; one that is new may have its request on the way."""
        if self._counted_cycle is None and not self.transport.is_closing():
            self._refuses_websockets = True
            self.loop.call_later(FIRST_REQUEST_SECONDS, self._end_when_answered)
        else:
            self._end_when_answered()

    def _end_when_answered(self) -> None:
        if self in self.connections:  # not lost meanwhile
            super().shutdown()

    def end_if_overdue(self, now: float) -> None:
        """End the connection if its client has not read, or not sent a head, in time.

        Args:
            now: seconds on the clock of the event loop.
        """
        is_closing = self.transport.is_closing()
        is_late = self._unread.is_overdue(
            self.transport.get_write_buffer_size(),
            is_stream=self._is_answering() and self.cycle.response_started and not is_closing,
            now=now,
        )
        if is_late:
            self.transport.abort()
        elif is_closing or not self._is_waiting_for_head():
            self._waiting_since = None
        elif self._waiting_since is None or self._waiting_after is not self.cycle:
            self._waiting_since, self._waiting_after = now, self.cycle
        elif now - self._waiting_since > HEAD_SECONDS:
            self._end_half_head()

    def idle_since(self) -> tuple[bool, float] | None:
        """Return a key by which the least useful connection comes first, None if a request is under way."""
        if self._is_answering() or self.transport.is_closing():
            return None
        if self._counted_cycle is None:
            return False, self._made_at
        timer = self.timeout_keep_alive_task
        return True, timer.when() if timer else self._made_at

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _has_begun_head(self) -> bool:
        return self.scope is not None and (self.cycle is None or self.scope is not self.cycle.scope)

    def _is_waiting_for_head(self) -> bool:
        """Return whether uvicorn's timer of idle connections does not run, or runs on while a head drips in."""
        return not self._is_answering() and (self.timeout_keep_alive_task is None or self._has_begun_head())

    def _is_too_much(self) -> bool:
        if self not in self.connections:  # it has become a WebSocket
            return False
        if not self._is_answering():
            return True
        # Once the answer has begun, what else comes is thrown away.
        return self._received_bytes > MAX_REQUEST_BYTES and not self.cycle.response_started

    def _is_head_too_long(self) -> bool:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MAX_HEAD_BYTES

    def _end_half_head(self) -> None:
        if self._has_begun_head():
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:  # nothing was asked, so that an answer would only confuse
            self.transport.close()

    def _make_room(self) -> None:
        """Close the connection that has been idle longest; if all others are in use, refuse what this one asks for.

        Refused once its request is there: a connection closed at once is reset, and its client would not see why.
        """
        idle = [
            (since, connection.transport)
            for connection in self.connections
            if connection is not self
            and isinstance(connection, GuardedHttp)
            and (since := connection.idle_since()) is not None
        ]
        if idle:
            process_descriptors().note(Supply.SHORT)
            min(idle, key=lambda entry: entry[0])[1].abort()
        else:
            process_descriptors().note(Supply.EXHAUSTED)
            self._refuses_websockets = True
            self.app = _health_alone(self.app)

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer and close, unless another answer is on its way; what was parsed already is dropped."""
        if self.transport.is_closing():
            return
        if not self._is_answering():
            fields = [*self.server_state.default_headers, (b"content-length", b"0"), (b"connection", b"close")]
            lines = b"".join(name + b": " + value + b"\r\n" for name, value in fields)
            self.transport.write(STATUS_LINE[status] + lines + b"\r\n")
        self.pipeline.clear()
        self.headers = []
        self.transport.close()


def _health_alone(application: ASGI3Application) -> ASGI3Application:
    """Return an application that answers 503 to everything but the questions of how this process is."""

    async def answer(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        is_health = scope["type"] == "http" and scope["path"] in HEALTH_PATHS
        await (application if is_health else service_unavailable)(scope, receive, send)

    return answer
