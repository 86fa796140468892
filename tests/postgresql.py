"""A PostgreSQL server for tests: started from the machine's own programs, in a folder that is thrown away."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.e2e.running import children

START_SECONDS = 30.0
SERVER_USER = "postgres"  # what Debian's package makes; the server refuses to run as root


def programs() -> Path | None:
    """Return the folder of `initdb` and `postgres`, None when this machine has none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    in_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(in_path).parent if in_path else None


class Server:
    """A server on a unix socket of its own; `url` is that of its database, the same after another start."""

    def __init__(self, *, bin_dir: Path, folder: str) -> None:
        self.url = f"postgres://postgres@/{folder}/postgres"
        self._folder = folder
        self._bin_dir = bin_dir
        self._user = SERVER_USER if os.getuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None
        if self._user:
            shutil.chown(folder, self._user)
        self._make()

    def _make(self) -> None:
        words = ["-D", f"{self._folder}/data", "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"]
        initdb = [str(self._bin_dir / "initdb"), *words]
        subprocess.run(initdb, user=self._user, cwd="/", check=True, capture_output=True, timeout=60)

    def start(self) -> None:
        """Start it and wait until it answers."""
        words = ["-D", f"{self._folder}/data", "-k", self._folder, "-c", "listen_addresses=", "-F"]
        server = [str(self._bin_dir / "postgres"), *words]
        self._process = subprocess.Popen(server, user=self._user, cwd="/", stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, "PostgreSQL does not answer"
                time.sleep(0.05)
            else:
                return

    def connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(host=self._folder, user="postgres", dbname="postgres")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop the server and all that serves its clients until the block ends: they are connected, and wait."""
        assert self._process is not None
        pids = [self._process.pid, *children(self._process.pid)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT does not wait for clients, SIGQUIT is as good as a crash."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None


@contextmanager
def running_server(bin_dir: Path) -> Iterator[Server]:
    """Run a server until the block ends."""
    # Not pytest's folder: that is closed to the user as which the server runs.
    folder = tempfile.mkdtemp(prefix="realtime-postgresql-")
    try:
        server = Server(bin_dir=bin_dir, folder=folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
