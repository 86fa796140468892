"""A push client whose web server is replaced: it is told so, and begins with the whole at the next."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

from django.conf import settings as project
from websockets.exceptions import ConnectionClosed

from tests.embedded_store import clean_store, running_store  # noqa: F401
from tests.functional.live.conftest import Newsroom, newsroom  # noqa: F401
from tests.functional.live.serving import PATIENCE_SECONDS, listening


async def test_a_server_that_starts_anew_begins_with_the_whole(newsroom: Newsroom) -> None:  # noqa: F811
    first = newsroom.publish()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with _web_server(listener) as server:
            async with listening(port, "?mode=delta") as client:
                assert (await client.next())["id"] == first
                server.send_signal(signal.SIGTERM)
                with contextlib.suppress(ConnectionClosed):
                    while True:
                        await client.text()
                assert client.connection.close_code == 1012
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.to_thread(server.wait)
        second = newsroom.publish()
        with _web_server(listener):
            async with listening(port, "?mode=delta") as client:
                message = await client.next()
                assert (message["type"], message["id"]) == ("snapshot", second)


@contextlib.contextmanager
def _web_server(listener: socket.socket) -> Iterator[subprocess.Popen[bytes]]:
    """The web server of `manage.py up`, on the store of the tests."""
    descriptor = listener.fileno()
    environment = os.environ | {"REALTIME_DATA_DIR": str(project.DATA_DIR)}
    environment["DJANGO_SETTINGS_MODULE"] = "metricsproj.settings"
    command = [sys.executable, "-m", "metricsproj.supervision.web", str(descriptor)]
    with subprocess.Popen(command, cwd=project.BASE_DIR, env=environment, pass_fds=[descriptor]) as process:
        try:
            yield process
        finally:
            process.terminate()
