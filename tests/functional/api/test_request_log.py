"""What requests leave in the log: of each kind of refusal a line a minute, of our own faults every one."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings as project
from django.test import Client

from metricsproj.request_log import SECONDS_BETWEEN_LINES, OnceAMinute
from realtime.reporting.histories import process_histories
from realtime.reporting.reader import Reader, process_reader
from tests.functional.api.conftest import URL

FILTERED = ("django.request", "django.security.DisallowedHost", "uvicorn.error")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Iterator[Clock]:
    """The clock of a filter of the test's own, in the place of the project's; a process that has seen no snapshot."""
    process_reader.cache_clear()
    process_histories.cache_clear()
    clock = Clock()
    fresh = OnceAMinute(monotonic=clock)
    before = {name: logging.getLogger(name).filters[:] for name in FILTERED}
    for name in FILTERED:
        logging.getLogger(name).filters[:] = [fresh]
    yield clock
    for name, filters in before.items():
        logging.getLogger(name).filters[:] = filters


def test_the_project_has_the_filter_where_clients_can_cause_lines() -> None:
    loggers: Any = project.LOGGING["loggers"]
    for name in FILTERED:
        assert loggers[name]["filters"] == ["once_a_minute"]
        assert any(isinstance(each, OnceAMinute) for each in logging.getLogger(name).filters)


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


@pytest.mark.parametrize(
    ("message", "lines"), [("Invalid HTTP request received.", 1), ("Exception in ASGI application\n", 3)]
)
def test_of_the_servers_lines_only_those_about_clients_are_held_back(
    clock: Clock, caplog: pytest.LogCaptureFixture, message: str, lines: int
) -> None:
    for _ in range(3):
        logging.getLogger("uvicorn.error").error(message)

    assert caplog.messages == [message] * lines
