"""This machine cut off from all others: services are unknown under one error of ours, and come back by themselves."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.faults.site import wait_for
from tests.e2e.installation import Installation, installation
from tests.functional.small_services import SmallServices, small_services
from tests.integration.probing.networks import Network, _possible, wired  # noqa: F401


@pytest.fixture
def services(wired: Network) -> Iterator[SmallServices]:  # noqa: F811
    with wired.in_far(lambda: small_services(host="0.0.0.0")) as services:
        yield services


@pytest.fixture
def installed(wired: Network, services: SmallServices) -> Iterator[Installation]:  # noqa: F811
    """A service at each address of the far machine, to be collected on the near one."""
    entries = [
        f"  - name: service-{number}\n    base_url: http://{address}:{services.server.server_port}\n"
        f"    health_path: /{number}\n    timeout_ms: 500\n    failure_threshold: 2\n"
        for number, address in enumerate(wired.addresses)
    ]
    with tempfile.TemporaryDirectory(prefix="network-") as folder, installation(Path(folder)) as found:
        found.register("services:\n" + "".join(entries))
        yield found


def collected(installed: Installation, network: Network) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the answer of a collector on the near machine; the store is a file to it."""
    process = installed.start_collecting("--json", prefix=("ip", "netns", "exec", network.near))
    output, errors = process.communicate(timeout=60)
    assert output, errors
    return process.returncode, json.loads(output)


def test_a_machine_that_is_cut_off_reports_no_outage(installed: Installation, wired: Network) -> None:  # noqa: F811
    code, before = collected(installed, wired)
    wired.cut()
    cut_off_code, cut_off = collected(installed, wired)
    wired.mend()
    wait_for(lambda: collected(installed, wired)[0] == 0, what="the services are well again")
    _, after = collected(installed, wired)

    assert (code, before["status_counts"]["healthy"]) == (0, 3)
    assert cut_off_code == 2
    assert cut_off["error"] == {
        "code": "network_unreachable",
        "message": "this machine reaches no other: what is not on it could not be checked",
    }
    assert (cut_off["status"], cut_off["stale"], cut_off["status_counts"]["unknown"]) == ("unknown", False, 3)
    assert cut_off["errors"]["failed_probes"] == 0
    assert {entry["consecutive_failures"] for entry in cut_off["api_metrics"]} == {0}
    assert (after["status"], after["errors"]["failed_probes"]) == ("healthy", 0)
    assert "error" not in after
