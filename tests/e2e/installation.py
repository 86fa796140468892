"""An installation as it runs in production: a store, a database, and this project's Celery programs on them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from celery import Celery
from django.conf import settings

from metricsproj import embedded, env, redis_urls
from realtime.core import codec
from realtime.core.records import Snapshot
from realtime.store.redis_keys import RedisKeys
from realtime.store.snapshots import Published, Store
from tests.embedded_store import started_store

CHECKOUT = Path(env.__file__).parents[1]
PATIENCE_SECONDS = 60.0
QUEUE = "realtime:celery:realtime"


class Installation:
    """One data folder with a running store; programs are started and stopped by the tests."""

    def __init__(self, data_dir: Path, client: redis.Redis) -> None:
        self.client = client
        self.store = Store(connect=lambda: client, prefix=settings.REALTIME.key_prefix)
        self.keys = RedisKeys(settings.REALTIME.key_prefix)
        self._data_dir = data_dir
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "metricsproj.settings",
            "REALTIME_DATA_DIR": str(data_dir),
            "LOG_LEVEL": "INFO",
        }

    def manage(self, *arguments: str) -> None:
        self._run("manage.py", *arguments)

    def register(self, registry: str) -> None:
        file = self._data_dir / "services.yaml"
        file.write_text(registry)
        self.manage("import_services", str(file))

    def set_interval(self, seconds: int) -> None:
        """Change the interval as the admin's form does: another interval row, and a save of the task's row."""
        lines = (
            "import django; django.setup()",
            "from realtime.registry import schedule",
            "schedule.ensure_schedule(5)",
            "row = schedule.sweep_row()",
            f"row.interval = schedule.interval_row({seconds})",
            "row.save()",
        )
        self._run("-c", "\n".join(lines))

    def _run(self, *arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], cwd=CHECKOUT, env=self._environment, check=True, timeout=60)

    def start(self, *words: str, prefix: tuple[str, ...] = ()) -> "subprocess.Popen[str]":
        """Start a program of Python's; `prefix` are words before it. The caller ends it."""
        return subprocess.Popen(
            [*prefix, sys.executable, *words],
            cwd=CHECKOUT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start_collecting(self, *words: str, prefix: tuple[str, ...] = ()) -> "subprocess.Popen[str]":
        """Start `collect_metrics` under an interval of a second, so that its lease lasts 5.8 s."""
        return self.start("manage.py", "collect_metrics", "--interval", "1", *words, prefix=prefix)

    @contextmanager
    def worker(self, *, ended_by: signal.Signals = signal.SIGTERM) -> Iterator[Callable[[], str]]:
        """Run a worker as `up` does; the block gets a function that returns what it logged so far."""
        words = ("worker", "--pool", "threads", "--concurrency", "2", "--without-mingle")
        with self._celery(*words, ended_by=ended_by) as logged:
            yield logged

    @contextmanager
    def beat(self) -> Iterator[Callable[[], str]]:
        with self._celery("beat") as logged:
            yield logged

    @contextmanager
    def _celery(self, *words: str, ended_by: signal.Signals = signal.SIGTERM) -> Iterator[Callable[[], str]]:
        log = self._data_dir / f"{words[0]}-{time.monotonic_ns()}.log"
        command = [sys.executable, "-m", "celery", "--quiet", "-A", "metricsproj", *words]
        with (
            log.open("wb") as stream,
            subprocess.Popen(command, cwd=CHECKOUT, env=self._environment, stdout=stream, stderr=stream) as process,
        ):
            try:
                yield log.read_text
            finally:
                process.send_signal(ended_by)

    def send_sweep(self) -> None:
        """Put one sweep into the queue, as beat does."""
        with Celery(broker=redis_urls.broker_url(embedded.store_url(self._data_dir))) as app:
            app.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
            app.send_task("realtime.tasks.sweep", queue=settings.CELERY_TASK_DEFAULT_QUEUE)

    def snapshot(self) -> Snapshot | None:
        found = self.store.read(known_id=None)
        return codec.decode_snapshot(found.snapshot) if isinstance(found, Published) else None

    def next_snapshot(self) -> Snapshot:
        """Wait for a snapshot that is not there yet."""
        before = self.snapshot()
        found: list[Snapshot] = []

        def has_come() -> bool:
            now = self.snapshot()
            if now is not None and (before is None or now.id > before.id):
                found.append(now)
            return bool(found)

        wait_until(has_come)
        return found[0]


@contextmanager
def installation(data_dir: Path) -> Iterator[Installation]:
    url = embedded.store_url(data_dir)
    with started_store(data_dir, url=url), redis.Redis.from_url(url) as client:
        installation = Installation(data_dir, client)
        installation.manage("migrate", "--verbosity=0")
        yield installation


def wait_until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
