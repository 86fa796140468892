"""The web server of `manage.py up`: uvicorn on a listening socket that the supervisor has opened."""

import socket
import sys

import uvicorn


def main(descriptor: int) -> None:
    """Serve on an inherited socket; uvicorn's own option for that takes every socket for a unix one."""
    config = uvicorn.Config(
        "metricsproj.asgi:application",
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_config=None,  # Django's logging setting holds
        proxy_headers=False,  # which headers of a proxy are believed is a setting of ours
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=2,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


if __name__ == "__main__":
    main(int(sys.argv[1]))
