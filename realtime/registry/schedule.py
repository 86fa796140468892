"""The refresh interval: the one row of django-celery-beat's table that runs the sweep.

The row is made only where there is none, so that what an operator set in the admin survives every start.
"""

import math
from datetime import timedelta

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django_celery_beat.models import IntervalSchedule, PeriodicTask

SWEEP_TASK = "realtime.tasks.sweep"
SWEEP_NAME = "Sweep all services"
MIN_INTERVAL_SECONDS = 1
MAX_INTERVAL_SECONDS = 3600
MAX_STORABLE_SECONDS = 2**31 - 1  # more would overflow dates and Redis' expiry times that are computed from it


def ensure_schedule(interval_seconds: int, *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Create the row that runs the sweep, unless the table has one already, under whatever name or schedule."""
    tasks = PeriodicTask.objects.using(using)
    if tasks.filter(task=SWEEP_TASK).exists():
        # Versions that let several sweeps wait had them expire. The one that waits now is worth doing however late.
        tasks.filter(task=SWEEP_TASK).update(expire_seconds=None)
        return
    with transaction.atomic(using=using):
        # By name, which is unique: of two processes that migrate at the same time, one makes the row.
        tasks.get_or_create(
            name=SWEEP_NAME,
            defaults={"task": SWEEP_TASK, "interval": interval_row(interval_seconds, using=using)},
        )


def interval_row(interval_seconds: int, *, using: str = DEFAULT_DB_ALIAS) -> IntervalSchedule:
    """Return the table's row for this many seconds, made if need be. The table does not keep its rows apart."""
    wanted = {"every": interval_seconds, "period": IntervalSchedule.SECONDS}
    rows = IntervalSchedule.objects.using(using)
    return rows.filter(**wanted).first() or rows.create(**wanted)


def sweep_row() -> PeriodicTask | None:
    """Return the row that runs the sweep, an enabled one before others, with its interval; one query."""
    rows = PeriodicTask.objects.filter(task=SWEEP_TASK).select_related("interval")
    return rows.order_by("-enabled", "id").first()


def refresh_interval_seconds() -> int:
    """Return the interval of the row that runs the sweep; one query. Without such a row, the configured default."""
    row = sweep_row()
    if row is None or row.interval is None:
        return int(settings.REALTIME.refresh_interval_seconds)
    return seconds_of(row.interval)


def seconds_of(interval: IntervalSchedule) -> int:
    """Return whole seconds, at least 1: what the admin refuses may still have been written to the table by others."""
    seconds = math.ceil(_duration(interval).total_seconds())
    return min(max(MIN_INTERVAL_SECONDS, seconds), MAX_STORABLE_SECONDS)


def interval_mistake(interval: IntervalSchedule) -> str | None:
    """Return the sentence that says why the sweep cannot run at this interval, None when it can."""
    if interval.period == IntervalSchedule.MICROSECONDS:
        return "The sweep's interval is in whole seconds: choose seconds, minutes or hours."
    if not MIN_INTERVAL_SECONDS <= _duration(interval).total_seconds() <= MAX_INTERVAL_SECONDS:
        return f"The sweep's interval must be from {MIN_INTERVAL_SECONDS} to {MAX_INTERVAL_SECONDS} seconds."
    return None


def _duration(interval: IntervalSchedule) -> timedelta:
    try:
        return timedelta(**{interval.period: interval.every})
    except OverflowError:
        return timedelta.max


def fill_empty_table(sender: object, using: str, **kwargs: object) -> None:
    """Make the sweep's row once beat's tables stand; receiver of beat's own `post_migrate`.

    That signal also comes after `migrate realtime` alone and after beat was migrated back, when its tables are
    missing or old.
    """
    executor = MigrationExecutor(connections[using])
    newest = executor.loader.graph.leaf_nodes("django_celery_beat")
    if not executor.migration_plan(newest):
        ensure_schedule(settings.REALTIME.refresh_interval_seconds, using=using)
