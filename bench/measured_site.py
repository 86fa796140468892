"""A site of its own for the measurements: an embedded store, the web server of `manage.py up`, and made-up sweeps.

Everything lives in a folder that is thrown away, and on loopback.
"""

import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT))

INTERVAL_SECONDS = 5
START_SECONDS = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """Where the site is, and the process that serves it."""

    port: int
    web: subprocess.Popen[bytes]

    def await_answer(self) -> None:
        """Wait until the server answers: its port is open before it has loaded."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/livez", timeout=START_SECONDS) as answer:
            assert answer.status == 200

    @property
    def cpu_seconds(self) -> float:
        """What the server has used so far, all its threads together."""
        fields = Path(f"/proc/{self.web.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory_bytes(self) -> int:
        """The server's resident memory."""
        return int(Path(f"/proc/{self.web.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def running_site() -> Iterator[Site]:
    """Run store and web server until the block ends; Django's settings are loaded and point there."""
    with tempfile.TemporaryDirectory(prefix="realtime-bench-") as folder:
        os.environ |= {
            "REALTIME_DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "metricsproj.settings",
            "LOG_LEVEL": "ERROR",
        }
        import django

        django.setup()
        listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        listener.set_inheritable(True)
        with _store(Path(folder)), listener, _web(listener.fileno()) as web:
            yield Site(port=listener.getsockname()[1], web=web)


def publish(*, services: int, sweep: int) -> tuple[int, float]:
    """Publish a made-up snapshot, every number of which differs from the last one's.

    Returns its id, and the monotonic seconds at which it was there to be read.
    """
    from django.conf import settings

    from realtime.broadcast.announcements import announce
    from realtime.core import history
    from realtime.core.consolidation import consolidate
    from realtime.core.records import ProbeResult, ReadingSpec, Status, Sweep, Target
    from realtime.store.snapshots import Acquired, open_store

    rate = ReadingSpec(name="events_per_second", expression="x", counts_toward_events=True)
    targets = tuple(
        Target(name=f"service-{number:04}", base_url="http://127.0.0.1", readings=(rate,)) for number in range(services)
    )
    numbers = random.Random(sweep)
    outcomes = [
        ProbeResult(
            target=target.name,
            status=Status.HEALTHY,
            response_time_seconds=numbers.uniform(0.002, 0.2),
            finished_seconds=0.5,
            gauges={"events_per_second": numbers.uniform(1, 20), "events_per_minute": numbers.uniform(60, 1200)},
        )
        for target in targets
    ]
    store = open_store(settings.REALTIME)
    acquired = store.acquire(lease_seconds=10)
    assert isinstance(acquired, Acquired), acquired
    now = datetime.now(UTC)
    consolidated = consolidate(
        sweep=Sweep(
            targets=targets,
            outcomes=outcomes,
            started_at=now,
            finished_at=now,
            collection_seconds=0.5,
            refresh_interval_seconds=INTERVAL_SECONDS,
            deadline_seconds=4.0,
        ),
        snapshot_id=acquired.lease.number,
        previous=acquired.previous,
        memory=acquired.memory,
    )
    store.publish(
        lease=acquired.lease,
        snapshot=consolidated.snapshot,
        memory=consolidated.memory,
        totals=history.grow(acquired.totals, sample=consolidated.sample, tracked=consolidated.tracked),
        changes=consolidated.changes,
    )
    published_at = time.monotonic()
    announce(consolidated.snapshot.id)
    return consolidated.snapshot.id, published_at


@contextmanager
def _store(folder: Path) -> Iterator[None]:
    from django.conf import settings

    from metricsproj.supervision.store import embedded_store, unreachable_reason

    part = embedded_store(folder)
    with subprocess.Popen(part.command, cwd=part.folder, stdout=subprocess.DEVNULL) as process:
        try:
            _await(lambda: unreachable_reason(settings.REDIS_URL) is None)
            yield
        finally:
            process.terminate()


@contextmanager
def _web(descriptor: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "metricsproj.supervision.web", str(descriptor)]
    with subprocess.Popen(command, cwd=CHECKOUT, pass_fds=[descriptor]) as process:
        try:
            yield process
        finally:
            process.terminate()


def _await(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + START_SECONDS
    while not is_so():
        assert time.monotonic() < until, "the store did not start"
        time.sleep(0.02)
