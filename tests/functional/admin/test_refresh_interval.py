"""The refresh interval in the admin: whole seconds, and nothing else can break the sweep's row."""

import pytest
from django.test import Client
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from realtime.registry import schedule
from tests.functional.registry.rows import saved_service

TASKS = "/admin/django_celery_beat/periodictask/"
INTERVALS = "/admin/django_celery_beat/intervalschedule/"


def sweep_row() -> PeriodicTask:
    return PeriodicTask.objects.get(task=schedule.SWEEP_TASK)


def save_row(client: Client, row: PeriodicTask, **fields: object) -> str:
    form = {"enabled": "on", **fields}
    return str(client.post(f"{TASKS}{row.pk}/change/", form, follow=True).content.decode())


def other_task(**fields: object) -> dict[str, object]:
    return {
        "name": "other",
        "task": "some.task",
        "enabled": "on",
        "args": "[]",
        "kwargs": "{}",
        "headers": "{}",
        **fields,
    }


def test_the_row_shows_its_interval_in_seconds(operator: Client) -> None:
    html = operator.get(f"{TASKS}{sweep_row().pk}/change/").content.decode()

    assert 'name="interval_seconds" value="5"' in html
    assert 'name="crontab"' not in html
    assert "<script>" not in html


def test_a_new_interval_is_saved(operator: Client) -> None:
    save_row(operator, sweep_row(), interval_seconds="30")

    assert schedule.refresh_interval_seconds() == 30


def test_a_new_interval_leaves_other_tasks_at_theirs(operator: Client) -> None:
    row = sweep_row()
    other = PeriodicTask.objects.create(name="other", task="some.task", interval=row.interval)

    save_row(operator, row, interval_seconds="30")

    other.refresh_from_db()
    assert other.interval.every == 5


def test_the_sweep_can_be_switched_off(operator: Client) -> None:
    save_row(operator, sweep_row(), interval_seconds="5", enabled="")

    assert not sweep_row().enabled


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("0", "greater than or equal to 1"),
        ("-5", "greater than or equal to 1"),
        ("3601", "less than or equal to 3600"),
        ("0.5", "Enter a whole number"),
        ("", "required"),
    ],
)
def test_only_whole_seconds_within_bounds_are_taken(typed: str, message: str, operator: Client) -> None:
    html = save_row(operator, sweep_row(), interval_seconds=typed)

    assert message in html
    assert schedule.refresh_interval_seconds() == 5


def test_a_row_that_others_put_on_a_crontab_can_be_mended(operator: Client) -> None:
    row = sweep_row()
    row.interval, row.crontab = None, CrontabSchedule.objects.create()
    row.save()

    save_row(operator, row, interval_seconds="10")

    row = sweep_row()
    assert (row.interval.every, row.crontab) == (10, None)


def test_a_second_row_for_the_sweep_is_refused(operator: Client) -> None:
    form = other_task(task=schedule.SWEEP_TASK, interval=sweep_row().interval_id)

    html = operator.post(f"{TASKS}add/", form).content.decode()

    assert "Another row runs the sweep already: edit that one." in html


def test_a_new_row_for_the_sweep_takes_no_crontab_and_no_microseconds(operator: Client) -> None:
    sweep_row().delete()
    crontab = CrontabSchedule.objects.create()
    tiny = IntervalSchedule.objects.create(every=500_000, period="microseconds")

    by_crontab = operator.post(f"{TASKS}add/", other_task(task=schedule.SWEEP_TASK, crontab=crontab.pk))
    by_microseconds = operator.post(f"{TASKS}add/", other_task(task=schedule.SWEEP_TASK, interval=tiny.pk))

    assert "runs at an interval of whole seconds, not by this schedule" in by_crontab.content.decode()
    assert "interval is in whole seconds" in by_microseconds.content.decode()
    assert not PeriodicTask.objects.filter(task=schedule.SWEEP_TASK).exists()


def test_other_tasks_are_edited_as_ever(operator: Client) -> None:
    interval = IntervalSchedule.objects.create(every=500_000, period="microseconds")

    operator.post(f"{TASKS}add/", other_task(interval=interval.pk))

    assert PeriodicTask.objects.get(name="other").interval == interval


@pytest.mark.parametrize(("every", "period", "taken"), [("9", "seconds", True), ("9", "microseconds", False)])
def test_the_interval_that_the_sweep_shares_stays_one_that_suits_it(
    every: str, period: str, taken: bool, operator: Client
) -> None:
    interval = sweep_row().interval
    form = {
        "every": every,
        "period": period,
        "periodictask_set-TOTAL_FORMS": "0",
        "periodictask_set-INITIAL_FORMS": "0",
    }

    html = operator.post(f"{INTERVALS}{interval.pk}/change/", form, follow=True).content.decode()

    assert ("interval is in whole seconds" in html) is not taken
    assert (schedule.refresh_interval_seconds() == 9) is taken


def test_neither_the_row_nor_its_interval_can_be_deleted(operator: Client) -> None:
    row = sweep_row()

    operator.post(f"{TASKS}{row.pk}/delete/", {"post": "yes"})
    operator.post(f"{INTERVALS}{row.interval_id}/delete/", {"post": "yes"})
    form = {"action": "delete_selected", "index": "0", "_selected_action": [row.pk], "post": "yes"}
    html = operator.post(TASKS, form).content.decode()

    assert "the sweep needs it" in html
    assert sweep_row().pk == row.pk


def test_a_shorter_interval_names_the_services_that_it_would_cut(operator: Client) -> None:
    saved_service(name="slow", timeout_ms=1500)
    saved_service(name="quick", timeout_ms=800)
    saved_service(name="off", timeout_ms=5000, enabled=False)
    form = {"enabled": "on", "description": "", "interval_seconds": "1"}

    html = operator.post(f"{TASKS}{sweep_row().pk}/change/", form, follow=True).content.decode()

    assert "the sweep deadline is 0.8 s" in html
    assert "slow (1500 ms). Shorten" in html
    assert "quick (" not in html
    assert "off (" not in html
