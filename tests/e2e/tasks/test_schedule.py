"""Sweeps by a real beat and a real worker: every interval, never twice at once, never late."""

from itertools import pairwise

import pytest

from tests.e2e.installation import Installation, wait_until
from tests.functional.small_services import SmallServices

SKIPPED = "sweep skipped: "


@pytest.fixture
def installed(installed_programs: Installation, services: SmallServices) -> Installation:
    """One service, an empty store, and a schedule that leaves the tests alone."""
    registry = services.registry("only").replace("/only", "/only\n    timeout_ms: 4000")
    installed_programs.register(registry)
    installed_programs.set_interval(3600)
    return installed_programs


def test_the_sweep_runs_every_interval_and_an_edit_takes_effect_without_a_restart(installed: Installation) -> None:
    installed.set_interval(1)
    with installed.worker(), installed.beat():
        snapshots = [installed.next_snapshot() for _ in range(3)]
        installed.set_interval(2)
        wait_until(lambda: installed.next_snapshot().refresh_interval_seconds == 2)

    with installed.worker(), installed.beat():
        after_restart = installed.next_snapshot()

    assert [snapshot.refresh_interval_seconds for snapshot in snapshots] == [1, 1, 1]
    assert [[state.status for state in snapshot.services] for snapshot in snapshots] == [["healthy"]] * 3
    assert after_restart.refresh_interval_seconds == 2


def test_two_beats_do_not_probe_twice_as_often(installed: Installation) -> None:
    installed.set_interval(1)
    starts: list[int] = []  # milliseconds of the store's clock, by which the gap is judged

    def look() -> int:
        at = installed.client.get(installed.keys.started)
        if at is not None and int(at) not in starts:
            starts.append(int(at))
        return len(starts)

    with installed.worker() as logged, installed.beat(), installed.beat():
        wait_until(lambda: look() >= 5 and logged().count(f"{SKIPPED}another sweep has just begun") >= 2)

    assert all(later - earlier >= 500 for earlier, later in pairwise(starts))


def test_sweeps_do_not_overlap(installed: Installation, services: SmallServices) -> None:
    services.may_answer.clear()
    with installed.worker() as logged:
        installed.send_sweep()
        assert services.is_asked.wait(60)

        installed.send_sweep()

        wait_until(lambda: SKIPPED in logged())
        services.may_answer.set()
        snapshot = installed.next_snapshot() if installed.snapshot() is None else installed.snapshot()
    assert snapshot is not None
    assert services.requests == ["/only"]


def test_a_sweep_that_lost_its_lease_ends_with_one_line(installed: Installation, services: SmallServices) -> None:
    services.may_answer.clear()
    with installed.worker() as logged:
        installed.send_sweep()
        assert services.is_asked.wait(60)
        installed.client.delete(installed.keys.lease)

        services.may_answer.set()

        wait_until(lambda: "sweep failed: the lease of snapshot" in logged())
        assert "Traceback" not in logged()
    assert installed.snapshot() is None
