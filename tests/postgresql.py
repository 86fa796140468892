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

import psycopg

START_SECONDS = 30.0
SERVER_USER = "postgres"  # what Debian's package makes; the server refuses to run as root


def programs() -> Path | None:
    """Return the folder of `initdb` and `postgres`, None when this machine has none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    in_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(in_path).parent if in_path else None


@contextmanager
def started_server(bin_dir: Path) -> Iterator[str]:
    """Run a server on a unix socket of its own until the block ends; yields the URL of its database."""
    # Not pytest's folder: that is closed to the user as which the server runs.
    folder = tempfile.mkdtemp(prefix="realtime-postgresql-")
    user = SERVER_USER if os.getuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    try:
        initdb = [str(bin_dir / "initdb"), "-D", f"{folder}/data", "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
        subprocess.run([*initdb, "--no-sync"], user=user, cwd="/", check=True, capture_output=True, timeout=60)
        server = [str(bin_dir / "postgres"), "-D", f"{folder}/data", "-k", folder, "-c", "listen_addresses=", "-F"]
        with subprocess.Popen(server, user=user, cwd="/", stderr=subprocess.DEVNULL) as process:
            try:
                _wait_until_it_answers(folder)
                yield f"postgres://postgres@/{folder}/postgres"
            finally:
                process.send_signal(signal.SIGINT)  # fast shutdown: does not wait for clients
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_it_answers(folder: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(host=folder, user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "PostgreSQL does not answer"
            time.sleep(0.05)
        else:
            return
