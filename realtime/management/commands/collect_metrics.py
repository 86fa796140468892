"""`manage.py collect_metrics`: one cycle of the collector, for cron."""

import argparse
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from realtime.collection.cycle import Collected, RegistryUnavailable, process_collector
from realtime.core import counting
from realtime.core.document import timestamp
from realtime.core.history import DEFAULT_PERIOD, PERIODS
from realtime.core.records import Snapshot, Status
from realtime.reporting.reader import LEAST_SECONDS_BETWEEN_READS, process_reader
from realtime.store.snapshots import Held, LeaseLost, StoreUnavailable

# Without --interval, and with no fresh snapshot to take it from: what cron can do at most.
FALLBACK_INTERVAL_SECONDS = 60

# For reading back what was just published, with the comparison that belongs to it.
READ_BACK_SECONDS = 2.0

EXIT_SERVICES_FAIL = 1
EXIT_COLLECTOR_FAILED = 2

FAIL_ON: Mapping[str, tuple[Status, ...]] = {
    "never": (),
    "error": (Status.ERROR,),
    "unhealthy": (Status.ERROR, Status.UNHEALTHY),
    "degraded": (Status.ERROR, Status.UNHEALTHY, Status.DEGRADED),
}


class Command(BaseCommand):
    help = "Probe all services once and publish the snapshot. Exits 1 as --fail-on says, 2 when collecting failed."
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--interval",
            type=_whole_seconds,
            metavar="SECONDS",
            help="seconds until the next run, which decide when this snapshot is stale "
            f"(default: those of the present snapshot, or {FALLBACK_INTERVAL_SECONDS})",
        )
        parser.add_argument("--json", action="store_true", help="print the snapshot as the REST answer")
        parser.add_argument(
            "--fail-on", choices=list(FAIL_ON), default="never", help="exit 1 when a service is this bad or worse"
        )

    def handle(self, *args: Any, interval: int | None, json: bool, fail_on: str, **options: Any) -> None:
        judged = json or fail_on != "never"
        before = process_reader().latest(now=timezone.now())
        if interval is None:
            known = None if before.stale or before.snapshot is None else before.snapshot
            interval = known.refresh_interval_seconds if known else FALLBACK_INTERVAL_SECONDS
        try:
            with _stop_on_signal() as stop:
                outcome = process_collector().collect(interval_seconds=interval, now=timezone.now(), stop=stop)
        except (StoreUnavailable, RegistryUnavailable, LeaseLost) as error:
            raise CommandError(str(error), returncode=EXIT_COLLECTOR_FAILED) from error
        if isinstance(outcome, Collected):
            snapshot = outcome.snapshot
        else:
            self.stderr.write("another collector is at it (it holds the lease)")
            if not judged:
                return
            known_id = before.snapshot.id if before.snapshot else 0
            held_seconds = outcome.remaining_seconds if isinstance(outcome, Held) else 0.0
            snapshot = _await_snapshot(after=known_id, seconds=held_seconds)
        self._tell(snapshot, as_json=json)
        if any(state.status in FAIL_ON[fail_on] for state in snapshot.services):
            sys.exit(EXIT_SERVICES_FAIL)

    def _tell(self, snapshot: Snapshot, *, as_json: bool) -> None:
        if not as_json:
            self.stdout.write(summary(snapshot))
            return
        _await_snapshot(after=snapshot.id - 1, seconds=READ_BACK_SECONDS)
        answer = process_reader().answer(period_seconds=PERIODS[DEFAULT_PERIOD], now=timezone.now())
        self.stdout.write(answer.rendered.body.decode())


def summary(snapshot: Snapshot) -> str:
    """Return a few lines for a person: counts, event rate, data sources, and each service that is not healthy."""
    counts = counting.count_statuses(snapshot.services)
    states = ", ".join(f"{number} {status}" for status, number in counts.items() if number)
    lines = [
        f"{timestamp(snapshot.finished_at)}  {len(snapshot.services)} services in {snapshot.collection_seconds:.1f} s:"
        f" {states or 'none registered'}",
        f"{snapshot.events_per_second:g} events/s; data sources: {', '.join(snapshot.active_sources) or 'none active'}",
    ]
    if snapshot.fault:
        lines.append(f"collector: {snapshot.fault.code}: {snapshot.fault.message}")
    for status in counting.WORST_FIRST:
        for state in snapshot.services:
            if state.status is status and status is not Status.HEALTHY:
                reason = f"{state.failure.kind}: {state.failure.message}" if state.failure else ""
                lines.append(f"  {status:<10} {state.name}  {reason}".rstrip())
    return "\n".join(lines)


def _whole_seconds(text: str) -> int:
    try:
        seconds = int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of seconds") from error
    if seconds < 1:
        raise argparse.ArgumentTypeError("must be at least 1 second")
    return seconds


def _await_snapshot(*, after: int, seconds: float) -> Snapshot:
    """Return the first snapshot with a higher id. Raises CommandError when none comes in time."""
    until = time.monotonic() + seconds + LEAST_SECONDS_BETWEEN_READS
    while True:
        snapshot = process_reader().latest(now=timezone.now()).snapshot
        if snapshot is not None and snapshot.id > after:
            return snapshot
        if time.monotonic() >= until:
            raise CommandError("the other collector published no snapshot in time", returncode=EXIT_COLLECTOR_FAILED)
        time.sleep(LEAST_SECONDS_BETWEEN_READS)


@contextmanager
def _stop_on_signal() -> Iterator[threading.Event]:
    """Turn the first SIGTERM or SIGINT into an event: the sweep is cut short and what there is gets published."""
    stop = threading.Event()
    handlers = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
