"""The refresh interval in a real beat with a real store: an edit takes effect without a restart and survives one."""

import base64
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

from metricsproj import embedded
from tests.embedded_store import started_store

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]
QUEUE = "realtime:celery:realtime"
PATIENCE_SECONDS = 30.0

# What the admin's form does: another interval row, and a save of the task's row.
EDIT = """
import django; django.setup()
from realtime.registry import schedule
row = schedule.sweep_row()
row.interval = schedule.interval_row({seconds})
row.save()
"""
ASK = """
import django; django.setup()
from realtime.registry import schedule
print(schedule.refresh_interval_seconds())
"""


class Installation:
    """A data folder of its own with a running store, and this checkout's programs on it."""

    def __init__(self, data_dir: Path, store: redis.Redis) -> None:
        self.data_dir = data_dir
        self.store = store
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "metricsproj.settings",
            "REALTIME_DATA_DIR": str(data_dir),
            "REALTIME_REFRESH_INTERVAL": "3600",
        }

    def run(self, *arguments: str) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=CHECKOUT, env=self._environment, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    @contextmanager
    def beat(self) -> Iterator[None]:
        command = [sys.executable, "-m", "celery", "-A", "metricsproj", "beat"]
        with subprocess.Popen(command, cwd=CHECKOUT, env=self._environment, stderr=subprocess.DEVNULL) as process:
            try:
                yield
            finally:
                # Killed, since Celery's beat now and then misses a SIGTERM, and nothing here is about its end.
                process.kill()

    def beat_has_read_the_table(self) -> bool:
        """Return whether a beat has started here: once it has read the table, it adds Celery's own task."""
        with closing(sqlite3.connect(self.data_dir / "db.sqlite3", timeout=10)) as database:
            names = database.execute("SELECT name FROM django_celery_beat_periodictask").fetchall()
        return ("celery.backend_cleanup",) in names

    def take_sweep(self) -> dict[str, Any]:
        """Wait for a message as a worker does, and take it out of the queue: beat sends the next only then."""
        taken = self.store.brpop([QUEUE], timeout=PATIENCE_SECONDS)
        assert taken, "no sweep was sent"
        message: dict[str, Any] = json.loads(taken[1])
        return message


@pytest.fixture
def installation() -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="beat-") as folder:
        data_dir = Path(folder)
        url = embedded.store_url(data_dir)
        with started_store(data_dir, url=url), redis.Redis.from_url(url) as store:
            installation = Installation(data_dir, store)
            installation.run("manage.py", "migrate", "--verbosity=0")
            yield installation


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def test_an_edited_interval_takes_effect_in_a_running_beat_and_survives_a_restart(installation: Installation) -> None:
    with installation.beat():
        wait_until(installation.beat_has_read_the_table)
        installation.run("-c", EDIT.format(seconds=1))
        for _ in range(2):
            installation.take_sweep()

    installation.run("manage.py", "migrate", "--verbosity=0")
    with installation.beat():
        messages = [installation.take_sweep() for _ in range(3)]  # the first may be left from before

    assert installation.run("-c", ASK) == "1"
    assert messages[-1]["headers"]["task"] == "realtime.tasks.sweep"
    assert json.loads(base64.b64decode(messages[-1]["body"]))[0] == []
