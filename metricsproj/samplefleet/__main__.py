"""The fleet's process: `python -m metricsproj.samplefleet NAME=DESCRIPTOR ...`, sockets inherited."""

import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from typing import Any

from metricsproj.samplefleet.answers import SampleAnswer
from metricsproj.samplefleet.catalogue import FLEET, SLOW_SECONDS, Manner, SampleService

NOT_FOUND = SampleAnswer(status=404, body=b'{"detail": "Not found"}\n')


class SampleServer(ThreadingHTTPServer):
    """Serves one sample service on a socket that listens already."""

    daemon_threads = True

    def __init__(self, service: SampleService, listening: socket) -> None:
        super().__init__(listening.getsockname(), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.server_name, self.server_port = "localhost", listening.getsockname()[1]
        self.service = service

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a caller that gave up waiting is what some of these services are here for."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "SampleFleet"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one segment
    server: SampleServer

    def do_GET(self) -> None:
        service = self.server.service
        if service.manner is Manner.HANGING:
            self.rfile.read(1)  # until the caller gives up; a sleep would pile up threads
            self.close_connection = True
            return
        if service.manner is Manner.SLOW:
            time.sleep(SLOW_SECONDS)
        page = service.pages.get(self.path.partition("?")[0])
        answer = page(time.monotonic() - BEGAN) if page else NOT_FOUND
        self.send_response(answer.status)
        if answer.status != 204:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a dozen lines for each sweep."""


BEGAN = time.monotonic()


def main(arguments: list[str]) -> None:
    """Serve until the process is ended."""
    descriptors = dict(argument.split("=", 1) for argument in arguments)
    for service in FLEET:
        if service.manner is not Manner.REFUSING and service.name in descriptors:
            server = SampleServer(service, socket(fileno=int(descriptors[service.name])))
            threading.Thread(target=server.serve_forever, name=service.name, daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1:])
