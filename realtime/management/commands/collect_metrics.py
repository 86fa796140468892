"""`manage.py collect_metrics`: one cycle of the collector, for cron."""

import argparse
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from realtime.collection.cycle import Collected, RegistryUnavailable, process_collector
from realtime.core import counting
from realtime.core.document import timestamp
from realtime.core.history import DEFAULT_PERIOD, PERIODS
from realtime.core.records import Snapshot, Status
from realtime.reporting.reader import LEAST_SECONDS_BETWEEN_READS, Answer, process_reader
from realtime.store.client import NO_ANSWER, StoreUnavailable
from realtime.store.snapshots import LeaseLost, NotAcquired

# The slowest schedule: a snapshot that is made less often than daily tells nothing about now.
MAX_INTERVAL_SECONDS = 86_400

# For reading back what was just published, with the comparison that belongs to it.
READ_BACK_SECONDS = 2.0

NO_STORE = (
    ": REDIS_URL is not set, and no `manage.py up` runs on this data folder "
    "(`manage.py up --no-collector` runs the store and the web server for a cron that collects)"
)

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
            "(default: those of the present snapshot, or 60 when that is stale or missing)",
        )
        parser.add_argument("--json", action="store_true", help="print the snapshot as the REST answer")
        parser.add_argument(
            "--fail-on", choices=list(FAIL_ON), default="never", help="exit 1 when a service is this bad or worse"
        )

    def handle(self, *args: Any, interval: int | None, json: bool, fail_on: str, **options: Any) -> None:
        with _stop_on_signal() as stop:
            outcome = _collect(interval, stop)
            if isinstance(outcome, NotAcquired):
                self.stderr.write(outcome.reason)
                if not json and fail_on == "never":
                    return
            elif outcome.trouble is not None:
                self.stderr.write(f"the snapshot is published, but now: {outcome.trouble}")
            if isinstance(outcome, Collected) and not json:
                snapshot = outcome.snapshot
                self.stdout.write(summary(snapshot))
            else:
                answer, snapshot = _published(outcome, stop)
                self.stdout.write(answer.rendered.body.decode() if json else summary(snapshot))
            if not stop.is_set():  # a sweep that was cut short says nothing to judge by
                _exit_as_judged(snapshot, fail_on=fail_on)


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
    if not 1 <= seconds <= MAX_INTERVAL_SECONDS:
        raise argparse.ArgumentTypeError(f"must be from 1 to {MAX_INTERVAL_SECONDS} seconds")
    return seconds


def _collect(interval: int | None, stop: threading.Event) -> Collected | NotAcquired:
    try:
        return process_collector().collect(interval_seconds=interval, now=timezone.now(), stop=stop)
    except StoreUnavailable as error:
        advice = NO_STORE if settings.IS_STORE_EMBEDDED and str(error) == NO_ANSWER else ""
        raise CommandError(f"{error}{advice}", returncode=EXIT_COLLECTOR_FAILED) from error
    except (RegistryUnavailable, LeaseLost) as error:
        raise CommandError(str(error), returncode=EXIT_COLLECTOR_FAILED) from error


def _published(outcome: Collected | NotAcquired, stop: threading.Event) -> tuple[Answer, Snapshot]:
    """Return the answer with the snapshot of this cycle or of the one that is under way, and that snapshot.

    Raises CommandError when it does not come in time, and ends the process with 0 when a signal does.
    """
    if isinstance(outcome, Collected):
        number, seconds = outcome.snapshot.id, READ_BACK_SECONDS
    else:
        number, seconds = outcome.number, outcome.remaining_seconds
    until = time.monotonic() + seconds + LEAST_SECONDS_BETWEEN_READS
    while True:
        answer = process_reader().answer(period_seconds=PERIODS[DEFAULT_PERIOD], now=timezone.now())
        snapshot = answer.latest.snapshot
        if snapshot is not None and snapshot.id >= number:
            return answer, snapshot
        if time.monotonic() >= until:
            raise CommandError("the snapshot of this sweep did not come in time", returncode=EXIT_COLLECTOR_FAILED)
        if stop.wait(LEAST_SECONDS_BETWEEN_READS) and isinstance(outcome, NotAcquired):
            sys.exit(0)


def _exit_as_judged(snapshot: Snapshot, *, fail_on: str) -> None:
    if any(state.status in FAIL_ON[fail_on] for state in snapshot.services):
        sys.exit(EXIT_SERVICES_FAIL)
    if snapshot.fault is not None:  # then some services may not have been looked at
        sys.exit(EXIT_COLLECTOR_FAILED)


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
