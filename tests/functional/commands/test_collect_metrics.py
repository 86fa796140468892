"""`manage.py collect_metrics`: one cycle for cron, its words and its exit codes."""

import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from realtime.collection import cycle
from realtime.collection.cycle import process_collector
from realtime.core import consolidation
from realtime.core.records import Fault, FaultCode
from realtime.management.commands import collect_metrics
from realtime.management.commands.collect_metrics import NO_STORE
from realtime.reporting.reader import process_reader
from realtime.store.client import NO_ANSWER, StoreUnavailable
from realtime.store.snapshots import NotAcquired, Store, open_store
from tests.embedded_store import clean_store, running_store  # noqa: F401
from tests.functional.registry.rows import imported
from tests.functional.small_services import DEGRADED, UNHEALTHY, SmallServices, small_services
from tests.integration.store.sweeps import acquired, publish, publish_next

HELD = "another collector holds the lease"

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(clean_store: redis.Redis) -> Iterator[Store]:  # noqa: F811
    process_reader.cache_clear()
    process_collector.cache_clear()
    yield open_store(settings.REALTIME)
    process_reader.cache_clear()
    process_collector.cache_clear()


@pytest.fixture
def services(db: None, store: Store) -> Iterator[SmallServices]:
    """Three services, registered; `down` refuses connections."""
    with small_services() as services, socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
        unused.close()
        down = f"  - name: down\n    base_url: http://127.0.0.1:{port}\n"
        imported(services.registry("good", "poor") + down)
        yield services


def run(*arguments: str) -> tuple[int, str, str]:
    """Run the command in this process and return its exit code, output and error output."""
    out, err = StringIO(), StringIO()
    try:
        call_command("collect_metrics", *arguments, stdout=out, stderr=err)
    except SystemExit as exit:
        return int(exit.code or 0), out.getvalue(), err.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue(), f"{err.getvalue()}{error}"
    return 0, out.getvalue(), err.getvalue()


def test_the_summary_tells_counts_rate_sources_and_troubles(services: SmallServices) -> None:
    services.answers["/poor"] = UNHEALTHY

    code, out, err = run()

    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert "3 services in" in lines[0]
    assert lines[0].endswith("s: 1 healthy, 1 unhealthy, 1 error")
    assert lines[1] == "0 events/s; data sources: none active"
    assert lines[2].startswith("  error      down  connect: ")
    assert lines[3].startswith("  unhealthy  poor  reported: ")
    assert len(lines) == 4


def test_an_empty_registry_is_told_as_such(store: Store) -> None:
    code, out, _ = run()

    assert code == 0
    assert "0 services" in out
    assert "none registered" in out


def test_json_is_the_rest_answer(services: SmallServices) -> None:
    code, out, err = run("--json")

    assert (code, err) == (0, "")
    assert out.encode() == Client().get("/api/v1/real-time-metrics").content + b"\n"
    assert [entry["service"] for entry in json.loads(out)["api_metrics"]] == ["good", "poor", "down"]


def test_the_interval_is_the_one_that_was_given(services: SmallServices) -> None:
    _, out, _ = run("--json", "--interval", "300")

    assert json.loads(out)["refresh_interval_seconds"] == 300


def test_without_a_snapshot_the_interval_is_a_minute(services: SmallServices) -> None:
    _, out, _ = run("--json")

    assert json.loads(out)["refresh_interval_seconds"] == 60


def test_the_interval_is_that_of_a_fresh_snapshot(services: SmallServices) -> None:
    run("--interval", "17")

    _, out, _ = run("--json")

    assert json.loads(out)["refresh_interval_seconds"] == 17


def test_the_interval_is_a_minute_after_a_stale_snapshot(services: SmallServices, store: Store) -> None:
    publish_next(store, at=timezone.now() - timedelta(hours=1))

    _, out, _ = run("--json")

    assert json.loads(out)["refresh_interval_seconds"] == 60


ALL_WELL, SOME_DEGRADED, SOME_UNHEALTHY, SOME_IN_ERROR = range(4)


@pytest.mark.parametrize(
    ("fail_on", "failing_from"),
    [("never", None), ("error", SOME_IN_ERROR), ("unhealthy", SOME_UNHEALTHY), ("degraded", SOME_DEGRADED)],
)
@pytest.mark.parametrize("state", [ALL_WELL, SOME_DEGRADED, SOME_UNHEALTHY, SOME_IN_ERROR])
def test_the_exit_code_is_1_when_a_service_is_as_bad_as_asked(
    services: SmallServices, fail_on: str, failing_from: int | None, state: int
) -> None:
    if state != SOME_IN_ERROR:
        imported(services.registry("down"))
    services.answers["/poor"] = {SOME_DEGRADED: DEGRADED, SOME_UNHEALTHY: UNHEALTHY}.get(state, b"{}")

    code, out, _ = run("--fail-on", fail_on)

    assert code == (failing_from is not None and state >= failing_from)
    assert "3 services" in out


def test_json_and_exit_code_go_together(services: SmallServices) -> None:
    code, out, _ = run("--json", "--fail-on", "error")

    assert code == 1
    assert json.loads(out)["error_apis"] == 1


def test_a_held_lease_is_said_and_is_no_failure(services: SmallServices, store: Store) -> None:
    acquired(store)

    assert run() == (0, "", f"{HELD}\n")
    assert services.requests == []


@pytest.fixture
def holder(store: Store) -> Iterator[Callable[[], None]]:
    """Another collector, at work: it publishes as soon as this process looks for its snapshot."""
    lease = acquired(store).lease
    looked = threading.Event()
    real_read = Store.read

    def read(self: Store, **options: Any) -> Any:
        looked.set()
        return real_read(self, **options)

    def work() -> None:
        assert looked.wait(10)
        publish(store, lease, at=timezone.now())

    thread = threading.Thread(target=work)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "read", read)
        yield thread.start
        thread.join()


def test_with_json_a_held_lease_is_waited_for(
    services: SmallServices, store: Store, holder: Callable[[], None]
) -> None:
    holder()

    code, out, err = run("--interval", "5", "--json")

    assert (code, err) == (0, f"{HELD}\n")
    assert [entry["service"] for entry in json.loads(out)["api_metrics"]] == ["data-api"]
    assert services.requests == []


def test_with_fail_on_the_holders_snapshot_is_judged(
    services: SmallServices, store: Store, holder: Callable[[], None]
) -> None:
    holder()

    code, out, err = run("--interval", "5", "--fail-on", "error")

    assert (code, err) == (0, f"{HELD}\n")
    assert "1 services" in out


def test_a_snapshot_from_before_the_holders_is_not_judged(
    services: SmallServices, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_next(store, at=timezone.now())
    acquired(store)
    real_acquire = Store.acquire

    def acquire(self: Store, **options: Any) -> NotAcquired:
        refused = real_acquire(self, **options)
        assert isinstance(refused, NotAcquired)
        return replace(refused, remaining_seconds=0.3)

    monkeypatch.setattr(Store, "acquire", acquire)

    code, out, err = run("--interval", "5", "--fail-on", "error")

    assert (code, out) == (2, "")
    assert err == f"{HELD}\nthe snapshot of this sweep did not come in time"


def test_a_fault_of_the_collector_is_exit_code_2(services: SmallServices, monkeypatch: pytest.MonkeyPatch) -> None:
    real = consolidation.consolidate

    def consolidate(*, sweep: Any, **options: Any) -> Any:
        fault = Fault(code=FaultCode.SWEEP_OVERRUN, message="1 of 3 services could not be checked")
        sweep = type(sweep)(**{name: getattr(sweep, name) for name in sweep.__slots__} | {"fault": fault})
        return real(sweep=sweep, **options)

    monkeypatch.setattr(cycle, "consolidate", consolidate)

    code, out, _ = run()

    assert code == 2
    assert "collector: sweep_overrun: 1 of 3 services could not be checked" in out
    assert run("--fail-on", "error")[0] == 1


def test_a_store_that_goes_away_is_exit_code_2(services: SmallServices, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **options: Any) -> None:
        raise StoreUnavailable(f"{NO_ANSWER}{NO_STORE}")

    monkeypatch.setattr(Store, "publish", away)

    assert run() == (2, "", f"{NO_ANSWER}{NO_STORE}")


def test_a_registry_that_cannot_be_read_is_exit_code_2(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("could not connect to postgres://user:hunter2@db")

    monkeypatch.setattr(cycle, "load_targets", refuse)

    code, output, message = run()

    assert (code, output) == (2, "")
    assert message.startswith("the registry cannot be read: the SQLite database ")
    assert "hunter2" not in message


@pytest.mark.parametrize("words", [["0"], ["-5"], ["1.5"], ["soon"], ["86401"], ["9" * 400], []])
def test_an_interval_that_is_none_is_refused(words: list[str]) -> None:
    with pytest.raises(CommandError, match="--interval"):
        call_command("collect_metrics", "--interval", *words)


def test_another_word_for_fail_on_is_refused() -> None:
    with pytest.raises(CommandError, match="invalid choice: 'warning'"):
        call_command("collect_metrics", "--fail-on", "warning")


def test_signal_handlers_are_left_as_they_were(services: SmallServices) -> None:
    with collect_metrics._stop_on_signal() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(5)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
