"""Beat's row of the sweep: made once, read in one query, and never left at odds with its own interval."""

from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test.utils import CaptureQueriesContext
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks

from realtime.config import Config
from realtime.registry import schedule

pytestmark = pytest.mark.django_db


def sweep_row() -> PeriodicTask:
    return PeriodicTask.objects.get(task=schedule.SWEEP_TASK)


def test_migrating_makes_the_row_with_the_configured_interval() -> None:
    row = sweep_row()

    assert (row.name, row.interval.every, row.interval.period, row.enabled) == (
        "Sweep all services",
        5,
        "seconds",
        True,
    )
    assert row.expire_seconds is None


def test_the_interval_that_was_set_survives_every_migrate(settings: Any) -> None:
    row = sweep_row()
    row.interval = schedule.interval_row(30)
    row.enabled = False
    row.save()
    settings.REALTIME = Config(refresh_interval_seconds=7)

    call_command("migrate", verbosity=0)

    row = sweep_row()
    assert (row.interval.every, row.enabled) == (30, False)


def test_a_missing_row_is_made_again_by_migrate(settings: Any) -> None:
    sweep_row().delete()
    settings.REALTIME = Config(refresh_interval_seconds=7)

    call_command("migrate", verbosity=0)

    assert schedule.refresh_interval_seconds() == 7


def test_a_row_under_another_name_is_left_alone() -> None:
    row = sweep_row()
    row.name = "Our sweep"
    row.save()

    schedule.ensure_schedule(7)

    assert sweep_row().name == "Our sweep"


def test_nothing_is_made_before_the_tables_of_beat_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    sweep_row().delete()
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda executor, targets: ["one more"])

    schedule.fill_empty_table(sender=apps.get_app_config("django_celery_beat"), using="default")

    assert not PeriodicTask.objects.filter(task=schedule.SWEEP_TASK).exists()


@pytest.mark.parametrize(
    ("every", "period", "seconds"),
    [(1, "seconds", 1), (90, "seconds", 90), (2, "minutes", 120), (1, "hours", 3600), (1_500_000, "microseconds", 2)],
)
def test_the_refresh_interval_is_in_whole_seconds_and_costs_one_query(every: int, period: str, seconds: int) -> None:
    row = sweep_row()
    row.interval = IntervalSchedule.objects.create(every=every, period=period)
    row.save()

    with CaptureQueriesContext(connection) as queries:
        assert schedule.refresh_interval_seconds() == seconds

    assert len(queries) == 1


def test_without_a_row_or_an_interval_the_configured_one_counts(settings: Any) -> None:
    settings.REALTIME = Config(refresh_interval_seconds=9)
    row = sweep_row()
    row.interval, row.crontab = None, CrontabSchedule.objects.create()
    row.save()
    by_crontab = schedule.refresh_interval_seconds()
    row.delete()

    assert (by_crontab, schedule.refresh_interval_seconds()) == (9, 9)


def test_migrating_ends_the_expiry_that_earlier_versions_gave_to_sweeps_alone() -> None:
    PeriodicTask.objects.filter(task=schedule.SWEEP_TASK).update(expire_seconds=5)
    other = PeriodicTask.objects.create(
        name="other", task="some.task", interval=schedule.interval_row(5), expire_seconds=99
    )

    call_command("migrate", verbosity=0)

    other.refresh_from_db()
    assert (sweep_row().expire_seconds, other.expire_seconds) == (None, 99)


def test_beat_notices_an_interval_that_is_edited_in_place() -> None:
    row = sweep_row()
    before = PeriodicTasks.last_change()

    row.interval.every = 15
    row.interval.save()

    assert PeriodicTasks.last_change() > before


def test_intervals_of_equal_length_share_a_row() -> None:
    assert schedule.interval_row(33).pk == schedule.interval_row(33).pk


@pytest.mark.parametrize(
    ("every", "period", "mistake"),
    [
        (5, "seconds", None),
        (60, "minutes", None),
        (5_000_000, "microseconds", "whole seconds"),
        (0, "seconds", "from 1 to 3600"),
        (2, "hours", "from 1 to 3600"),
        (10**9, "days", "from 1 to 3600"),
    ],
)
def test_the_sweep_runs_at_whole_seconds_within_bounds(every: int, period: str, mistake: str | None) -> None:
    sentence = schedule.interval_mistake(IntervalSchedule(every=every, period=period))

    assert (sentence is None) if mistake is None else (sentence is not None and mistake in sentence)
