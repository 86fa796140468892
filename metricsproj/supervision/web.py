"""The web server of `manage.py up`: uvicorn on a listening socket that the supervisor has opened."""

import signal
import socket
import sys

import uvicorn

from metricsproj.asgi import application  # first: it loads Django, which the next import needs
from metricsproj.websocket_protocol import GuardedWebSocket
from realtime.live.hub import process_hub

# After which the kernel gives up a client that takes no byte of what was sent to it. Without this, what a dropped
# slow reader left in the write buffer would stay for as long as its machine answers.
UNREAD_MILLISECONDS = 30_000
MAX_MESSAGE_BYTES = 4096  # that a WebSocket client may send: nothing it says is needed


class Server(uvicorn.Server):
    """Ends the event streams before it waits for open requests to end, which they never would."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        process_hub().close()
        await super().shutdown(sockets)


def main(descriptor: int) -> None:
    """Serve on an inherited socket; uvicorn's own option for that takes every socket for a unix one."""
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http="httptools",
        ws=GuardedWebSocket,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # its windows cost each connection as much memory as all the rest
        access_log=False,
        log_config=None,  # Django's logging setting holds
        proxy_headers=False,  # which headers of a proxy are believed is a setting of ours
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=2,
    )
    listener = socket.socket(fileno=descriptor)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MILLISECONDS)
    # Once it has stopped, uvicorn raises the signal again, which would end this process as if it had been killed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(int(sys.argv[1]))
