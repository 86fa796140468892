"""SIGTERM: no new probes, what there is gets published at once, the lease is given back, and the exit code is 0."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from realtime.core.records import FaultCode
from tests.e2e.faults.site import wait_for
from tests.e2e.installation import Installation
from tests.e2e.running import is_alive, running_up
from tests.functional.small_services import SmallServices

PUBLISHED_WITHIN_SECONDS = 1.0
ENDED_WITHIN_SECONDS = 5.0
HANGING = 150  # more than there are threads for probes


@pytest.fixture
def installed(installed_programs: Installation, services: SmallServices) -> Installation:
    """One service that answers, and so many that hang that some have no turn before the sweep is stopped."""
    names = [f"hangs-{number}" for number in range(HANGING)]
    installed_programs.register(services.registry("good", *names))
    services.hanging = {f"/{name}" for name in names}
    services.may_answer.clear()
    return installed_programs


@pytest.mark.parametrize("program", ["collect_metrics", "worker"])
def test_a_program_that_is_told_to_stop_publishes_what_it_has_and_ends(
    installed: Installation, services: SmallServices, program: str
) -> None:
    process = started(installed, program)
    try:
        # A worker needs more than one look at its queue to begin.
        wait_for(lambda: len(services.requests) > 50, what="it probes")
        process.send_signal(signal.SIGTERM)
        published_after = wait_for(installed.snapshot, what="a snapshot")
        asked = len(services.requests)
        ended_after = published_after + ended(process)
        assert len(services.requests) == asked
    finally:
        process.kill()
        process.communicate()

    assert process.returncode == 0
    assert published_after < PUBLISHED_WITHIN_SECONDS
    assert ended_after < ENDED_WITHIN_SECONDS
    assert not installed.client.exists(installed.keys.lease)
    snapshot = installed.snapshot()
    assert snapshot is not None
    assert snapshot.fault is not None
    assert snapshot.fault.code is FaultCode.SWEEP_OVERRUN
    statuses = {state.name: state.status for state in snapshot.services}
    assert statuses.pop("good") == "healthy"
    assert set(statuses.values()) == {"unknown"}


def started(installed: Installation, program: str) -> "subprocess.Popen[str]":
    if program == "collect_metrics":
        return installed.start("manage.py", "collect_metrics", "--interval", "60", "--fail-on", "error")
    process = installed.start("-m", "celery", "--quiet", "-A", "metricsproj", "worker", "--without-mingle")
    installed.send_sweep()
    return process


def ended(process: "subprocess.Popen[str]") -> float:
    began = time.monotonic()
    process.communicate(timeout=60)
    return time.monotonic() - began


def test_all_of_up_ends_in_time(tmp_path: Path) -> None:
    with running_up(tmp_path / "var", "--port", "0") as up:
        up.wait_for("running;")
        wait_for(lambda: len(up.parts()) == 4, what="all parts run")
        parts = list(up.parts().values())

        seconds = up.stop(signal.SIGTERM)

        assert up.process.returncode == 0
        assert seconds < ENDED_WITHIN_SECONDS
        assert not [pid for pid in parts if is_alive(pid)]
