"""What must never be wrong is held by the database itself, for `update()` and `bulk_create()` pass by validation."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from realtime.models import DataSource, Reading, RequestHeader, Service
from tests.functional.registry.rows import saved_header, saved_service, unsaved_service

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("order", 1_000_001),
        ("base_url", "ftp://host"),
        ("base_url", ""),
        ("health_path", "health"),
        ("timeout_ms", 0),
        ("timeout_ms", 60_001),
        ("degraded_above_ms", 0),
        ("failure_threshold", 0),
        ("success_threshold", 0),
    ],
)
def test_the_database_refuses_a_bad_service(field: str, value: Any) -> None:
    saved_service()

    with pytest.raises(IntegrityError), transaction.atomic():
        Service.objects.update(**{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("expression", ""),
        ("path", "stats"),
        ("kind", "histogram"),
        ("counts_toward", "errors"),
        ("order", 1_000_001),
    ],
)
def test_the_database_refuses_a_bad_reading(field: str, value: Any) -> None:
    Reading.objects.create(service=saved_service(), name="rate", expression="rate")

    with pytest.raises(IntegrityError), transaction.atomic():
        Reading.objects.update(**{field: value})


@pytest.mark.parametrize("field", ["name", "value"])
def test_the_database_refuses_an_empty_header(field: str) -> None:
    saved_header(saved_service())

    with pytest.raises(IntegrityError), transaction.atomic():
        RequestHeader.objects.update(**{field: ""})


def test_the_database_refuses_a_second_header_of_a_name_in_another_case() -> None:
    service = saved_service()
    saved_header(service, name="X-Key")

    with pytest.raises(IntegrityError), transaction.atomic():
        RequestHeader.objects.bulk_create([RequestHeader(service=service, name="x-key", value="a")])


def test_the_database_refuses_a_second_row_of_a_name() -> None:
    service = saved_service()
    Reading.objects.create(service=service, name="rate", expression="rate")
    DataSource.objects.create(service=service, name="influxdb")

    with pytest.raises(IntegrityError), transaction.atomic():
        Service.objects.bulk_create([unsaved_service(name=service.name)])
    with pytest.raises(IntegrityError), transaction.atomic():
        Reading.objects.bulk_create([Reading(service=service, name="rate", expression="rate")])
    with pytest.raises(IntegrityError), transaction.atomic():
        DataSource.objects.bulk_create([DataSource(service=service, name="influxdb")])


def test_deleting_a_service_takes_along_what_belongs_to_it_and_nothing_else() -> None:
    other = saved_service(name="other")
    saved_header(other)
    service = saved_service()
    saved_header(service)
    Reading.objects.create(service=service, name="rate", expression="rate")
    DataSource.objects.create(service=service, name="influxdb")

    service.delete()

    assert list(RequestHeader.objects.values_list("service__name", flat=True)) == ["other"]
    assert not Reading.objects.exists()
    assert not DataSource.objects.exists()
