"""The collector's programs paused or killed: nothing new comes, which is told in time, and they come back."""

import os
import signal

from tests.e2e.faults.site import RECOVERY_SECONDS, STALE_AFTER_SECONDS, Site, told, wait_for
from tests.e2e.faults.test_store import assert_faces_tell_of_old_numbers


def test_a_killed_collector_is_told_as_stale_and_started_again(site: Site) -> None:
    """With the worker paused nothing at all can answer for it, which is what a machine that dies looks like."""
    worker = site.pid("worker")
    with site.listening() as client:
        os.kill(worker, signal.SIGSTOP)
        seconds = wait_for(lambda: site.rest()["stale"], what="the answer is stale")
        message = told(client, lambda message: message["type"] == "state")
        assert_faces_tell_of_old_numbers(site)
        os.kill(worker, signal.SIGKILL)
        assert site.wait_until_well() < RECOVERY_SECONDS

    assert seconds < STALE_AFTER_SECONDS + 2
    assert (message["stale"], message["status"], message["error"]) == (True, "unknown", None)


def test_beat_that_was_killed_is_started_again(site: Site) -> None:
    os.kill(site.pid("beat"), signal.SIGKILL)

    assert site.wait_until_well() < RECOVERY_SECONDS
