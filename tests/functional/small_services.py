"""Services for tests of whole cycles: an HTTP server on loopback whose answers a test sets, by path."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HEALTHY = b'{"status": "healthy", "events_per_second": 12.5}'
UNHEALTHY = b'{"status": "unhealthy"}'
DEGRADED = b'{"status": "degraded"}'


class SmallServices:
    """Answers 200 with `answers[path]`, healthy where none is set; all or `hanging` paths wait for `may_answer`.

    types: content types by path; JSON where none is set.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.answers: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.requests: list[str] = []
        self.hanging: set[str] = set()
        self.is_asked = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()
        services = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                services.requests.append(self.path)
                services.is_asked.set()
                if not services.hanging or self.path in services.hanging:
                    services.may_answer.wait(20)
                body = services.answers.get(self.path, HEALTHY)
                self.send_response(200)
                self.send_header("Content-Type", services.types.get(self.path, "application/json"))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(ConnectionError):  # who waited for too long has gone
                    self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer((host, 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def registry(self, *names: str) -> str:
        """Return a registry file (YAML) with these services; each answers at `/<name>`."""
        lines = ["services:"]
        for name in names:
            lines += [f"  - name: {name}", f"    base_url: {self.url}", f"    health_path: /{name}"]
        return "\n".join(lines) + "\n"


@contextmanager
def _running(services: SmallServices) -> Iterator[SmallServices]:
    thread = threading.Thread(target=services.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield services
    finally:
        services.may_answer.set()
        services.server.shutdown()
        thread.join()
        services.server.server_close()


def small_services(host: str = "127.0.0.1") -> AbstractContextManager[SmallServices]:
    """Return running services; their socket is made at once, in the network of the thread that calls."""
    return _running(SmallServices(host))
