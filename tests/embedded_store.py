"""A real Valkey for tests: the embedded store of the tests' own data folder, at the URL that the settings hold.

A test folder that needs Redis takes the fixtures by importing them in its conftest.py:

    from tests.embedded_store import clean_store, running_store  # noqa: F401
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from django.conf import settings

from metricsproj.supervision.store import embedded_store, unreachable_reason

START_SECONDS = 20.0


@contextmanager
def started_store(data_dir: Path, *, url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the embedded store of a data folder until the block ends."""
    program = embedded_store(data_dir)
    with subprocess.Popen(program.command, cwd=program.folder, stdout=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + START_SECONDS
            while reason := unreachable_reason(url):
                assert process.poll() is None, "the store ended at once"
                assert time.monotonic() < deadline, reason
                time.sleep(0.01)
            yield process
        finally:
            process.kill()


_started: list[subprocess.Popen[bytes]] = []


@pytest.fixture(scope="session")
def running_store() -> Iterator[subprocess.Popen[bytes]]:
    """The store at `settings.REDIS_URL`, running.

    pytest takes this for another fixture in each conftest.py that imports it, and two servers on one folder would
    spoil each other's file: all but the first share the first one's, which runs until the session ends.
    """
    if _started:
        yield _started[0]
        return
    with started_store(settings.DATA_DIR, url=settings.REDIS_URL) as process:
        _started.append(process)
        yield process
        _started.clear()


@pytest.fixture
def clean_store(running_store: subprocess.Popen[bytes]) -> Iterator[redis.Redis]:
    """An empty store at `settings.REDIS_URL`, for one test."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushall()
        yield client
