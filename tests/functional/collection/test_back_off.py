"""Services that keep timing out or flapping, over whole cycles: who is probed when, and what that costs the living."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import redis
from django.conf import settings

from metricsproj import redis_urls
from realtime.collection.cycle import Collected, Collector
from realtime.collection.inspection import probe_now
from realtime.core.records import ServiceState, Snapshot
from tests.functional.registry.rows import imported
from tests.functional.small_services import HEALTHY, UNHEALTHY, SmallServices

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
INTERVAL_SECONDS = 5


class Clock:
    """Runs cycles one interval after the other."""

    def __init__(self, collector: Collector) -> None:
        self.collector = collector
        self.now = NOW
        self.checked_at = NOW

    def cycle(self, *, later_seconds: float = INTERVAL_SECONDS) -> Snapshot:
        self.now += timedelta(seconds=later_seconds)
        done = self.collector.collect(interval_seconds=INTERVAL_SECONDS, now=self.now)
        assert isinstance(done, Collected)
        return done.snapshot

    def asked(self, cycles: int) -> list[bool]:
        """Return for each of some cycles whether it probed the dead service.

        The service itself cannot tell: a probe that gives up early may do so before its request was read.
        """
        checked_at = [self.checked_at, *(checked(self.cycle()) for _ in range(cycles))]
        self.checked_at = checked_at[-1]
        # What comes back from the store is exact to the millisecond.
        return [later - earlier > timedelta(seconds=1) for earlier, later in pairwise(checked_at)]


@pytest.fixture
def clock(collector: Collector) -> Clock:
    return Clock(collector)


@pytest.fixture
def dead(services: SmallServices) -> str:
    """The name of a service that hangs; its timeout is short."""
    imported(services.registry("one").replace("/one", "/one\n    timeout_ms: 60"))
    services.hanging = {"/one"}
    services.may_answer.clear()
    return "one"


def state(snapshot: Snapshot, name: str = "one") -> ServiceState:
    return next(state for state in snapshot.services if state.name == name)


def checked(snapshot: Snapshot) -> datetime:
    """Return when the dead service was last probed."""
    checked_at = state(snapshot).checked_at
    assert checked_at is not None
    return checked_at


@pytest.mark.slow
def test_a_dead_service_is_asked_ever_more_rarely(clock: Clock, services: SmallServices, dead: str) -> None:
    asked = clock.asked(30)
    snapshot = clock.cycle()

    assert [number * INTERVAL_SECONDS for number, was_asked in enumerate(asked) if was_asked] == [0, 5, 15, 35, 75, 135]
    assert state(snapshot).consecutive_failures == 31
    assert state(snapshot).next_check_at is not None
    assert snapshot.fault is None
    assert services.requests.count("/two") == 31


def test_probe_now_ends_the_back_off_for_the_next_sweep(clock: Clock, services: SmallServices, dead: str) -> None:
    assert clock.asked(7)[-1] is False  # it sits out

    probe_now([dead])
    services.may_answer.set()
    snapshot = clock.cycle()

    assert state(snapshot).status == "healthy"
    assert state(snapshot).next_check_at is None


def test_without_a_store_probe_now_works_all_the_same(services: SmallServices, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = redis.Redis(unix_socket_path=str(settings.DATA_DIR / "nowhere"), **redis_urls.client_options())
    monkeypatch.setattr("realtime.store.client.get_redis_connection", lambda alias: nowhere)

    (inspection,) = probe_now(["one"])

    assert inspection.result.status == "healthy"


def test_what_is_waiting_to_be_woken_is_taken_once(clock: Clock, services: SmallServices, dead: str) -> None:
    clock.asked(6)

    probe_now([dead])

    # Two in a row begin the next back-off; the third sweep is sat out again.
    assert clock.asked(3) == [True, True, False]


@pytest.mark.slow
def test_a_dead_fleet_does_not_slow_the_sweep_of_the_living(clock: Clock, services: SmallServices) -> None:
    names = [f"dead-{number}" for number in range(300)]
    imported(services.registry(*names).replace("    health_path", "    timeout_ms: 1000\n    health_path"))
    services.hanging = {f"/{name}" for name in names}
    services.may_answer.clear()

    snapshots = [clock.cycle() for _ in range(4)]

    assert [snapshot.fault for snapshot in snapshots] == [None] * 4
    first, second, *others = [snapshot.collection_seconds for snapshot in snapshots]
    assert min(first, second) > 1
    assert min(others) < 1  # nobody had to be waited for
    assert {state(snapshots[-1], name).status for name in ("one", "two", "three")} == {"healthy"}
    assert {state(snapshots[-1], name).status for name in names} == {"error"}


def test_a_clock_that_jumps_keeps_no_service_waiting_and_stops_no_collector(
    clock: Clock, services: SmallServices, dead: str
) -> None:
    clock.asked(6)

    back = clock.cycle(later_seconds=-3600)
    forward = clock.cycle(later_seconds=7200)

    assert clock.checked_at - checked(back) > timedelta(minutes=50)
    assert checked(forward) - checked(back) > timedelta(minutes=110)
    assert [state(snapshot, "two").status for snapshot in (back, forward)] == ["healthy"] * 2
    assert [snapshot.collection_seconds >= 0 for snapshot in (back, forward)] == [True, True]
    assert forward.finished_at > back.finished_at


def test_a_service_that_flips_at_each_probe_keeps_its_status_and_is_pending(
    clock: Clock, services: SmallServices
) -> None:
    imported(services.registry("one").replace("/one", "/one\n    failure_threshold: 2\n    success_threshold: 2"))
    clock.cycle()
    seen = []
    for number in range(8):
        services.answers["/one"] = HEALTHY if number % 2 else UNHEALTHY
        found = state(clock.cycle())
        seen.append((found.status.value, found.pending, found.failure))

    assert seen == [("healthy", True, None), ("healthy", False, None)] * 4


def test_a_bad_service_that_flips_at_each_probe_stays_bad_and_says_why(clock: Clock, services: SmallServices) -> None:
    imported(services.registry("one").replace("/one", "/one\n    failure_threshold: 2\n    success_threshold: 2"))
    services.answers["/one"] = UNHEALTHY
    clock.cycle()
    seen = []
    for number in range(8):
        services.answers["/one"] = UNHEALTHY if number % 2 else HEALTHY
        found = state(clock.cycle())
        seen.append((found.status.value, found.pending, found.failure is not None))

    assert seen == [("unhealthy", True, True), ("unhealthy", False, True)] * 4


def test_a_maintenance_window_is_open_from_one_sweep_to_another(clock: Clock, services: SmallServices) -> None:
    window = "/one\n    maintenance: [{starts_at: 2026-11-23T12:00:10Z, ends_at: 2026-11-23T12:00:20Z}]"
    imported(services.registry("one").replace("/one", window))
    services.answers["/one"] = UNHEALTHY

    statuses = [state(clock.cycle()).status.value for _ in range(4)]

    assert statuses == ["unhealthy", "maintenance", "maintenance", "unhealthy"]
