"""The registry on a PostgreSQL server that is locked or gone: the registry last read goes on being used."""

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import postgresql
from tests.e2e.faults.site import RECOVERY_SECONDS, Site, running_site, running_store, wait_for


class OnPostgresql(NamedTuple):
    """An installation and the server of its database."""

    site: Site
    server: postgresql.Server


@pytest.fixture(scope="module")
def victim() -> Iterator[OnPostgresql]:
    bin_dir = postgresql.programs()
    if bin_dir is None:
        pytest.skip("no PostgreSQL server on this machine")
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        folder = Path(name)
        with (
            postgresql.running_server(bin_dir) as server,
            running_store(folder / "store"),
            running_site(folder, DATABASE_URL=server.url) as site,
        ):
            site.wait_until_well()
            yield OnPostgresql(site, server)


def goes_on_without_registry(site: Site) -> None:
    wait_for(lambda: site.rest().get("error", {}).get("code") == "registry_unavailable", what="the answer tells")
    before = site.rest()
    wait_for(lambda: site.rest()["snapshot_id"] >= before["snapshot_id"] + 3, what="sweeps go on")

    assert (before["status"], before["stale"], before["status_counts"]["healthy"]) == ("healthy", False, 3)
    assert "The registry cannot be read" in site.page()


def test_a_locked_table_costs_a_sweep_its_patience_and_nothing_else(victim: OnPostgresql) -> None:
    site, server = victim
    with server.connect() as lock:
        lock.execute("LOCK TABLE realtime_service IN ACCESS EXCLUSIVE MODE")
        goes_on_without_registry(site)
        admin = site.admin()
    assert (admin.status, "The registry's database does not answer" in admin.words) == (503, True)
    assert site.wait_until_well() < RECOVERY_SECONDS
    assert site.admin().status == 200


def test_a_frozen_server_holds_sweeps_up_which_is_told(victim: OnPostgresql) -> None:
    site, server = victim
    with server.frozen():
        wait_for(lambda: site.rest()["stale"], what="the answer is stale")
        frozen = site.rest()
    assert site.wait_until_well() < RECOVERY_SECONDS

    assert (frozen["status"], frozen["status_counts"]["healthy"]) == ("unknown", 3)


def test_a_server_that_crashed_is_used_again_once_it_is_back(victim: OnPostgresql) -> None:
    site, server = victim
    server.stop(signal.SIGQUIT)
    try:
        goes_on_without_registry(site)
    finally:
        server.start()
    assert site.wait_until_well() < RECOVERY_SECONDS
    assert site.admin().status == 200
