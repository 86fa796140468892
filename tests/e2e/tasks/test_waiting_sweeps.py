"""What waits in the queue: one sweep at most, however long there is no worker, and it is made when one comes."""

import json
import signal
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e.installation import QUEUE, Installation, wait_until
from tests.functional.small_services import SmallServices

# Of beat's looks at the queue, each of which asks for the lengths of kombu's four priorities.
LLEN_PER_LOOK = 4


@pytest.fixture
def installed(installed_programs: Installation, services: SmallServices) -> Installation:
    """One service, an empty store, and a sweep due every second."""
    installed_programs.register(services.registry("only"))
    installed_programs.set_interval(1)
    return installed_programs


def waiting(installed: Installation) -> list[dict[str, Any]]:
    return [json.loads(message) for message in installed.client.lrange(QUEUE, 0, -1)]


def wait_for_looks(installed: Installation, *, number: int) -> None:
    """Wait until beat was due this many times more, and looked whether a sweep waits."""

    def looks() -> int:
        statistics: dict[str, Any] = installed.client.info("commandstats")
        return int(statistics.get("cmdstat_llen", {"calls": 0})["calls"]) // LLEN_PER_LOOK

    before = looks()
    wait_until(lambda: looks() >= before + number)


def test_one_sweep_waits_however_long_there_is_no_worker(installed: Installation) -> None:
    with installed.beat() as logged:
        wait_until(lambda: waiting(installed))
        wait_for_looks(installed, number=4)

        assert len(waiting(installed)) == 1
        assert "Traceback" not in logged()


def test_the_sweep_that_waited_for_longer_than_an_interval_is_made_by_the_worker_that_comes(
    installed: Installation, services: SmallServices
) -> None:
    with installed.beat():
        wait_until(lambda: waiting(installed))
        wait_for_looks(installed, number=2)
    message = waiting(installed)[0]
    stopped_at = datetime.now(UTC)

    with installed.worker():
        snapshot = installed.next_snapshot()

    assert message["headers"]["expires"] is None
    assert snapshot.finished_at > stopped_at
    assert services.requests == ["/only"]


def test_the_queue_does_not_grow_when_workers_come_and_are_killed(installed: Installation) -> None:
    lengths = []
    with installed.beat():
        for _ in range(3):
            with installed.worker(ended_by=signal.SIGKILL):
                installed.next_snapshot()
            wait_until(lambda: waiting(installed))
            wait_for_looks(installed, number=2)
            lengths.append(len(waiting(installed)))

    assert lengths == [1, 1, 1]
