"""The web server: uvicorn on a socket that the caller has bound, for `manage.py serve` and for `up`."""

import asyncio
import logging
import signal
import socket
import sys

import uvicorn

from metricsproj.asgi import application  # first: it loads Django, which the next import needs
from metricsproj.descriptors import process_descriptors
from metricsproj.http_protocol import GuardedHttp
from metricsproj.supervision.listening import harden, in_url
from metricsproj.websocket_protocol import GuardedWebSocket
from realtime.live.hub import process_hub

MAX_MESSAGE_BYTES = 4096  # that a WebSocket client may send: nothing it says is needed
TICKS_PER_SECOND = 10  # of uvicorn's main loop
# For requests under way when the server is told to stop; `web_part` allows for it.
GRACEFUL_SECONDS = 4

logger = logging.getLogger("metricsproj.web")  # started as a program, the module has no name of its own


class Server(uvicorn.Server):
    """Says where it listens, ends connections that take too long, and ends event streams before it stops."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or []:
            host, port = listener.getsockname()[:2]
            logger.info("listening on http://%s:%d", in_url(host), port)

    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS_PER_SECOND == 0:
            process_descriptors().look()
            now = asyncio.get_running_loop().time()
            for connection in tuple(self.server_state.connections):
                if isinstance(connection, GuardedHttp | GuardedWebSocket):
                    connection.end_if_overdue(now)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        process_hub().close()  # nothing else would end an event stream
        await super().shutdown(sockets)


def serve(listener: socket.socket) -> None:
    """Serve on a bound TCP socket until SIGTERM or SIGINT.

    Requests under way are answered, WebSockets are closed with 1012, and the exit code is 0.
    """
    harden(listener)
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http=GuardedHttp,
        ws=GuardedWebSocket,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # its windows cost each connection as much memory as all the rest
        access_log=False,
        log_config=None,  # Django's logging setting holds
        proxy_headers=False,  # REALTIME_TRUSTED_PROXY_HEADERS decides which headers of a proxy are trusted
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
    # Once it has stopped, uvicorn raises the signal again, which would end this process as if it had been killed.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    Server(config).run(sockets=[listener])


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
