"""Two collectors, real processes: one publishes; a late one is refused; of a dead one the other takes over."""

import signal
import time

import pytest

from tests.e2e.faults.site import wait_for
from tests.e2e.installation import Installation
from tests.functional.small_services import SmallServices

# The sweep deadline of an interval of a second, and the margin for everything else.
LEASE_SECONDS = 5.8
LOST = "CommandError: the lease of snapshot"


@pytest.fixture
def installed(installed_programs: Installation, services: SmallServices) -> Installation:
    """Two services, of which `slow` hangs until it is let go; an empty store."""
    installed_programs.register(services.registry("good", "slow"))
    services.hanging = {"/slow"}
    services.may_answer.clear()
    return installed_programs


def is_probing(services: SmallServices) -> bool:
    return "/slow" in services.requests


def taken_over(installed: Installation) -> float:
    """Collect until another's lease has ended; return how many seconds that took."""

    def collected() -> bool:
        process = installed.start_collecting()
        process.communicate(timeout=60)
        return process.returncode == 0 and installed.snapshot() is not None

    return wait_for(collected, what="another collector takes over")


@pytest.mark.parametrize("is_emptied", [False, True], ids=["as it was", "emptied meanwhile"])
def test_a_collector_that_was_paused_in_its_sweep_is_refused_when_it_wakes_up(
    installed: Installation, services: SmallServices, is_emptied: bool
) -> None:
    late = installed.start_collecting()
    try:
        wait_for(lambda: is_probing(services), what="the first one probes")
        late.send_signal(signal.SIGSTOP)
        services.may_answer.set()
        if is_emptied:
            installed.client.flushall()
        taken_over(installed)
        published = installed.snapshot()
        late.send_signal(signal.SIGCONT)
        _, errors = late.communicate(timeout=60)
    finally:
        late.kill()
        late.wait()

    assert late.returncode == 2
    assert errors.startswith(LOST), errors
    assert published is not None
    assert installed.snapshot() == published


def test_of_a_holder_that_was_killed_another_takes_over_within_the_time_of_the_lease(
    installed: Installation, services: SmallServices
) -> None:
    holder = installed.start_collecting()
    wait_for(lambda: is_probing(services), what="the holder probes")
    remaining_ms = installed.client.pttl(installed.keys.lease)
    holder.kill()
    holder.communicate()
    died_at = time.monotonic()
    services.may_answer.set()

    refused = installed.start_collecting()
    _, errors = refused.communicate(timeout=60)
    wait_for(lambda: not installed.client.exists(installed.keys.lease), what="the lease ends")
    lease_ended_after = time.monotonic() - died_at
    taken_over(installed)

    assert 0 < remaining_ms <= LEASE_SECONDS * 1000
    assert lease_ended_after < LEASE_SECONDS + 0.5
    snapshot = installed.snapshot()
    assert snapshot is not None
    assert [state.status for state in snapshot.services] == ["healthy", "healthy"]
    # The machine may have taken longer to start it than the lease lasted.
    assert refused.returncode == 0
    assert errors in ("", "another collector holds the lease\n")
