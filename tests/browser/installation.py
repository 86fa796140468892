"""An installation of its own: data folder, store, database, collector and web server, each a real process."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from metricsproj import embedded
from tests.e2e.running import PROJECT_DIR, clean_environment
from tests.embedded_store import started_store

LOOPBACK = "127.0.0.1"


class Installation:
    """Runs the parts; the web server's socket is held here, so that it keeps its port when it is started again."""

    def __init__(self, data_dir: Path) -> None:
        self._environment = clean_environment(data_dir, DJANGO_SETTINGS_MODULE="metricsproj.settings")
        self._listener = socket.create_server((LOOPBACK, 0), backlog=64)
        self.url = f"http://{LOOPBACK}:{self._listener.getsockname()[1]}"
        self._web: subprocess.Popen[bytes] | None = None
        self._run("manage.py", "migrate", "--verbosity=0").wait()
        self._collector = self._run("-m", "tests.browser.collector", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.start_web()

    def order(self, **order: Any) -> Any:
        """Have the collector do something, and return what it says when it is done."""
        assert self._collector.stdin is not None
        assert self._collector.stdout is not None
        self._collector.stdin.write(json.dumps(order).encode() + b"\n")
        self._collector.stdin.flush()
        return json.loads(self._collector.stdout.readline())

    def start_web(self, **variables: str) -> None:
        """Start the web server, with these environment variables beside the usual ones."""
        descriptor = self._listener.fileno()
        self._web = self._run(
            "-m",
            "metricsproj.supervision.web",
            str(descriptor),
            env=self._environment | variables,
            pass_fds=(descriptor,),
        )

    def stop_web(self) -> None:
        if self._web is not None:
            self._web.terminate()
            self._web.wait()
            self._web = None

    def close(self) -> None:
        self.stop_web()
        self._listener.close()
        self._collector.communicate()

    def _run(self, *arguments: str, **options: Any) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, *arguments], cwd=PROJECT_DIR, **{"env": self._environment, **options})


@contextmanager
def installed(data_dir: Path) -> Iterator[Installation]:
    """Run an installation until the block ends."""
    with ExitStack() as stack:
        stack.enter_context(started_store(data_dir, url=embedded.store_url(data_dir)))
        installation = Installation(data_dir)
        stack.callback(installation.close)
        yield installation
