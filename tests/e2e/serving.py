"""`manage.py serve` as production runs it, on an installation whose store has a snapshot."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.running import Up, children

PATIENCE_SECONDS = 30.0


class Serve(Up):
    """A running `manage.py serve` on a free port; `port` is known once it says that it listens."""

    command = "serve"

    def __init__(self, data_dir: Path, *arguments: str, **variables: str) -> None:
        super().__init__(data_dir, "--port", "0", *arguments, **variables)
        self.port = 0

    def wait_until_it_listens(self) -> None:
        found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", self.wait_for("listening on"))
        assert found is not None
        self.port = int(found[1])

    def workers(self) -> list[int]:
        """Return the process ids of its web processes."""
        return children(self.process.pid)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS)

    def request(self, head: str, body: bytes = b"") -> bytes:
        """Return all that the server says until it closes the connection."""
        with self.connect() as client:
            client.sendall(request_head(head) + body)
            return all_of(client)

    def refuses_connections(self) -> bool:
        try:
            self.connect().close()
        except ConnectionRefusedError:
            return True
        return False


@contextmanager
def running_serve(data_dir: Path, *arguments: str, **variables: str) -> Iterator[Serve]:
    """Run `manage.py serve` until the block ends; whatever happens in the block, nothing is left behind."""
    serve = Serve(data_dir, *arguments, **variables)
    try:
        serve.wait_until_it_listens()
        yield serve
    finally:
        serve.close()


def request_head(text: str, host: str = "127.0.0.1") -> bytes:
    """Return a request's head: its first line and the headers given, one on each line, and a Host."""
    first, *headers = text.splitlines()
    return "\r\n".join([f"{first} HTTP/1.1", f"Host: {host}", *headers, "", ""]).encode()


def all_of(client: socket.socket) -> bytes:
    received = b""
    while part := client.recv(65536):
        received += part
    return received
