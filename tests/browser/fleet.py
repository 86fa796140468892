"""Small services on loopback, registered and swept when a test says so."""

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.browser.installation import LOOPBACK, Installation

# So long that nothing gets stale unless a test wants it.
CALM_SECONDS = 60


class SmallService:
    """A service that answers every path with what it was told last; it can die and come back on its port."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.answer = answer
        self._port = 0
        self._server: ThreadingHTTPServer | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._port}"

    def start(self) -> None:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(service.answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer((LOOPBACK, self._port), Handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def die(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class Fleet:
    """The services of one test."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._services: list[SmallService] = []

    def add(self, name: str, answer: Mapping[str, Any] | None = None, **entry: Any) -> SmallService:
        """Start a service and register it; `entry` is what the registry file says of it beside name and URL."""
        service = SmallService(answer or {"status": "healthy"})
        self._services.append(service)
        self._installation.order(register=[{"name": name, "base_url": service.url, **entry}])
        return service

    def remove(self, name: str) -> None:
        """Take a service out of the registry."""
        self._installation.order(remove=name)

    def sweep(self, *, interval_seconds: int = CALM_SECONDS) -> None:
        """Probe everything once and publish what came of it."""
        self._installation.order(sweep=interval_seconds)

    def close(self) -> None:
        for service in self._services:
            service.die()
        self._installation.order(forget=True)
