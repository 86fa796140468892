"""What requests leave in the log: of each kind of refusal a line a minute, of our own faults every one."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.test import Client

from metricsproj.request_log import SECONDS_BETWEEN_LINES, OnceAMinute
from realtime.admin.service import ServiceAdmin
from realtime.reporting.histories import process_histories
from realtime.reporting.reader import Reader, process_reader
from tests.functional.api.conftest import URL


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(caplog: pytest.LogCaptureFixture) -> Iterator[Clock]:
    """The clock of a filter of the test's own, on what the test sees; a process that has seen no snapshot."""
    process_reader.cache_clear()
    process_histories.cache_clear()
    clock = Clock()
    fresh = OnceAMinute(monotonic=clock)
    # What the project's own has counted so far would be written into the same records.
    projects = [(handler, each) for handler in logging.getLogger().handlers for each in handler.filters]
    for handler, each in projects:
        handler.removeFilter(each)
    caplog.handler.addFilter(fresh)
    yield clock
    caplog.handler.removeFilter(fresh)
    for handler, each in projects:
        handler.addFilter(each)


def test_a_page_that_polls_through_an_outage_leaves_a_line_a_minute(
    clock: Clock, clean_store: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(30):
        assert Client().get(URL).status_code == 503
    assert caplog.messages == [f"Service Unavailable: {URL}"]

    clock.now += SECONDS_BETWEEN_LINES
    Client().get(URL)
    assert caplog.messages[1:] == [f"Service Unavailable: {URL} (and 29 more like it since the last one)"]


def test_doors_and_statuses_are_told_apart(
    clock: Clock, clean_store: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        Client().get(f"{URL}/history?metric=error_rate")
        Client().get(f"{URL}?period=2m")
        Client().get(f"{URL}/history?metric=error_rate&period=2m")
        Client().get("/nothing")
        Client().get("/nothing/else")

    assert caplog.messages == [
        f"Service Unavailable: {URL}/history",
        f"Bad Request: {URL}",
        f"Bad Request: {URL}/history",
        "Not Found: /nothing",
    ]


def test_hosts_that_are_not_served_are_told_without_a_traceback(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(3):
        assert Client(headers={"Host": f"evil{number}.example"}).get(URL).status_code == 400

    (record,) = [record for record in caplog.records if "evil" in record.getMessage()]
    assert record.exc_info is None


def test_a_fault_in_our_code_is_always_told_whole(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ValueError("ours")

    monkeypatch.setattr(Reader, "answer", fail)
    for _ in range(3):
        assert Client(raise_request_exception=False).get(URL).status_code == 500

    assert len(caplog.records) == 3
    assert all(record.exc_info for record in caplog.records)


def test_posts_without_the_cookie_leave_one_line(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        assert Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "x"}).status_code == 403

    assert caplog.messages == ["Forbidden (CSRF cookie not set.): /admin/login/"]


def test_spoilt_sessions_leave_one_line(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(3):
        SessionStore().decode(f"spoilt {number}")

    assert caplog.messages == ["Session data corrupted"]


@pytest.mark.django_db(transaction=True)
def test_an_admin_without_its_database_leaves_one_line(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def given_up(*_: object) -> None:
        raise OperationalError("canceling statement due to statement timeout")

    operator = Client(raise_request_exception=False)
    operator.force_login(User.objects.create_superuser("ann"))
    monkeypatch.setattr(ServiceAdmin, "get_queryset", given_up)
    for _ in range(3):
        assert operator.get("/admin/realtime/service/").status_code == 503

    assert [record.name for record in caplog.records] == ["realtime.admin.registry_away", "django.request"]


def test_a_fault_of_the_server_is_told_each_time(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        logging.getLogger("uvicorn.error").error("Exception in ASGI application\n")

    assert len(caplog.messages) == 3


def test_a_reader_that_is_dropped_again_and_again_leaves_one_line(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        logging.getLogger("uvicorn.error").error("ASGI callable returned without completing response.")

    assert len(caplog.messages) == 1


def test_beat_says_once_a_minute_that_the_database_is_away(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("django_celery_beat.schedulers")
    for _ in range(30):
        try:
            raise OperationalError("the database is away")
        except OperationalError as error:
            logger.exception("Database gave error: %r", error)
    assert len(caplog.records) == 1
    assert caplog.records[0].exc_info is None

    clock.now += SECONDS_BETWEEN_LINES
    logger.error("Database gave error: %r", "again")

    assert "and 29 more like it" in caplog.text
