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
print(schedule.refresh_interval_seconds(), schedule.sweep_row().expire_seconds)
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
                process.terminate()

    def beat_has_read_the_table(self) -> bool:
        """Return whether a beat has started here: once it has read the table, it adds Celery's own task."""
        with closing(sqlite3.connect(self.data_dir / "db.sqlite3", timeout=10)) as database:
            names = database.execute("SELECT name FROM django_celery_beat_periodictask").fetchall()
        return ("celery.backend_cleanup",) in names

    def sweeps(self) -> list[dict[str, Any]]:
        """Return the messages that wait for a worker, newest first."""
        return [json.loads(message) for message in self.store.lrange(QUEUE, 0, -1)]


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
        wait_until(lambda: len(installation.sweeps()) >= 2)

    installation.run("manage.py", "migrate", "--verbosity=0")
    before = len(installation.sweeps())
    with installation.beat():
        wait_until(lambda: len(installation.sweeps()) >= before + 2)

    assert installation.run("-c", ASK) == "1 1"
    message = installation.sweeps()[0]
    assert message["headers"]["task"] == "realtime.tasks.sweep"
    assert message["headers"]["expires"] is not None
    assert json.loads(base64.b64decode(message["body"]))[0] == []
