"""Maintenance windows in the registry: rows that cannot be saved wrong, targets that carry them, file and admin."""

import logging
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from realtime.core.maintenance import OnceWindow, WeeklyWindow
from realtime.models import MaintenanceWindow, Service
from realtime.registry import exporting
from realtime.registry.file_text import FileFormat
from realtime.registry.targets import load_targets
from tests.functional.registry.rows import imported, saved_service

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 5, 22, tzinfo=UTC)
ONCE: dict[str, Any] = {"starts_at": START, "ends_at": START + timedelta(hours=1)}
WEEKLY: dict[str, Any] = {"weekdays": "sat,sun", "at": time(2, 30), "minutes": 90, "time_zone": "Europe/Berlin"}
FILE = """
services:
  - name: data-api
    base_url: http://127.0.0.1:8006
    maintenance:
      - {weekdays: "sat,sun", at: "02:30", minutes: 90, time_zone: Europe/Berlin}
      - {starts_at: 2026-01-05T23:00:00+01:00, ends_at: "2026-01-05T23:00:00Z"}
"""
WINDOWS = (
    WeeklyWindow(
        weekdays=frozenset({5, 6}), at=time(2, 30), duration=timedelta(minutes=90), zone=ZoneInfo("Europe/Berlin")
    ),
    OnceWindow(**ONCE),
)


def test_targets_carry_the_windows_of_their_service_in_order() -> None:
    service = saved_service()
    saved_service(name="other")
    MaintenanceWindow.objects.create(service=service, **WEEKLY)
    MaintenanceWindow.objects.create(service=service, **ONCE)

    assert [target.maintenance for target in load_targets()] == [WINDOWS, ()]


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"starts_at": START},
        {**ONCE, **WEEKLY},
        {**ONCE, "minutes": 5},
        {**WEEKLY, "minutes": None},
        {**WEEKLY, "weekdays": ""},
        {**WEEKLY, "at": None},
        {"starts_at": START, "ends_at": START},
        {**WEEKLY, "minutes": 0},
        {**WEEKLY, "minutes": 8641},
        {**WEEKLY, "time_zone": ""},
    ],
)
def test_a_window_that_is_neither_once_nor_weekly_is_saved_by_no_way(columns: dict[str, Any]) -> None:
    service = saved_service()

    with pytest.raises(ValidationError):
        MaintenanceWindow(service=service, **columns).save()
    with pytest.raises(IntegrityError):
        MaintenanceWindow.objects.bulk_create([MaintenanceWindow(service=service, **columns)])


def test_midnight_is_a_time_like_any_other() -> None:
    MaintenanceWindow(service=saved_service(), **{**WEEKLY, "at": time(0, 0)}).save()

    assert MaintenanceWindow.objects.get().at == time(0, 0)


def test_a_time_zone_that_this_machine_does_not_know_costs_its_window_only_and_is_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    service = saved_service()
    MaintenanceWindow.objects.bulk_create([MaintenanceWindow(service=service, **{**WEEKLY, "time_zone": "Mars/Base"})])
    MaintenanceWindow.objects.create(service=service, **ONCE)

    with caplog.at_level(logging.WARNING):
        (target,), _ = load_targets(), load_targets()

    assert target.maintenance == (OnceWindow(**ONCE),)
    assert caplog.messages == ["a maintenance window of data-api is left out: no time zone Mars/Base here"]


def test_a_file_brings_them_and_brings_them_once() -> None:
    imported(FILE)
    again = imported(FILE)

    assert [target.maintenance for target in load_targets()] == [WINDOWS]
    assert again.services.unchanged == ("data-api",)


def test_a_file_without_them_takes_them_away() -> None:
    imported(FILE)

    outcome = imported(FILE.partition("    maintenance:")[0])

    assert outcome.services.updated == ("data-api",)
    assert not MaintenanceWindow.objects.exists()


@pytest.mark.parametrize("file_format", FileFormat)
def test_what_is_exported_is_imported_as_it_was(file_format: FileFormat) -> None:
    imported(FILE)

    text = exporting.registry_text(file_format=file_format)

    (service,) = yaml.safe_load(text)["services"]
    assert service["maintenance"] == [
        {"weekdays": "sat,sun", "at": "02:30:00", "minutes": 90, "time_zone": "Europe/Berlin"},
        {"starts_at": "2026-01-05T22:00:00Z", "ends_at": "2026-01-05T23:00:00Z"},
    ]
    Service.objects.all().delete()
    imported(text)
    assert [target.maintenance for target in load_targets()] == [WINDOWS]
