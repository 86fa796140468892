"""What requests leave in the log: of each kind of refusal a line a minute, of our own faults every one."""

import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.test import Client

from metricsproj.log_lines import without_time
from metricsproj.request_log import SECONDS_BETWEEN_LINES, OnceAMinute
from realtime.admin.service import ServiceAdmin
from realtime.reporting.histories import process_histories
from realtime.reporting.reader import Reader, process_reader
from tests.e2e.running import clean_environment
from tests.functional.access.programs import CHECKOUT, programs
from tests.functional.api.conftest import URL
from tests.functional.live.serving import PATIENCE_SECONDS
from tests.functional.live.test_hostile_clients import handshake


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


def sent(port: int, *parts: bytes) -> None:
    """Send these bytes, each part after something was answered to the one before, and read on until the server ends."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as client,
        suppress(ConnectionResetError),  # one way to end it
    ):
        for part in parts:
            client.sendall(part)
            received = client.recv(65536)
        while received:
            received = client.recv(65536)


MASKED_NO_UTF_8 = b"\x81\x82\x00\x00\x00\x00\xff\xfe"


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ((b"\x00garbage\r\n\r\n",), "Invalid HTTP request received."),
        ((handshake("/ws/real-time-metrics"), MASKED_NO_UTF_8), "Invalid UTF-8 sequence received from client."),
        (
            (b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n",),
            "Unsupported upgrade request.",
        ),
    ],
    ids=["no HTTP", "no UTF-8", "another protocol"],
)
def test_what_the_server_says_of_strangers_it_says_once(tmp_path: Path, parts: tuple[bytes, ...], line: str) -> None:
    with programs(tmp_path) as running:
        with running.web("web") as port:
            for _ in range(3):
                sent(port, *parts)
        printed = running.printed()

    assert printed.count(line) == 1
    assert "Traceback" not in printed


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


def test_uvicorns_own_command_line_logs_through_the_same_filter(tmp_path: Path) -> None:
    configured = (
        "import logging, logging.config, os, uvicorn.config\n"
        "logging.config.dictConfig(uvicorn.config.LOGGING_CONFIG)\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'metricsproj.settings'\n"
        "import django; django.setup()\n"
        "for _ in range(3): logging.getLogger('uvicorn.error').warning('Invalid HTTP request received.')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", configured],
        cwd=CHECKOUT,
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert without_time(ended.stderr) == "WARNING uvicorn.error: Invalid HTTP request received.\n"


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
