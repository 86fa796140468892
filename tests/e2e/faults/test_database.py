"""The registry's database gone or locked: the registry last read goes on being used, and everything says so."""

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import ANY

from tests.e2e.faults.site import RECOVERY_SECONDS, Site, told, wait_for

HELD = "another collector holds the lease"
AWAY = {
    "code": "registry_unavailable",
    "message": "the registry cannot be read; its last known state is used",
}


@contextmanager
def moved_away(database: Path) -> Iterator[None]:
    files = [Path(f"{database}{suffix}") for suffix in ("", "-wal", "-shm")]
    moved = [(file, file.with_name(f"{file.name}.away")) for file in files if file.exists()]
    for file, away in moved:
        file.rename(away)
    try:
        yield
    finally:
        for file in files:  # SQLite makes an empty database of one that is not there
            file.unlink(missing_ok=True)
        for file, away in moved:
            away.rename(file)


def swept_itself(site: Site) -> subprocess.CompletedProcess[str]:
    """Return how a collector ended that did not come upon a sweep of the installation's own."""
    while HELD in (ended := site.collect_metrics()).stdout + ended.stderr:
        assert ended.returncode == 0, ended.stderr
    return ended


def test_without_its_database_the_installation_goes_on_with_the_registry_last_read(site: Site) -> None:
    with site.listening() as client:
        with moved_away(site.var / "db.sqlite3"):
            message = told(client, lambda message: "error" in str(message.get("ops", message.get("data", message))))
            wait_for(lambda: site.rest().get("error") == AWAY, what="the answer tells of the registry")
            before = site.rest()
            page = site.page()
            admin = site.admin()
            wait_for(lambda: site.rest()["snapshot_id"] > before["snapshot_id"], what="sweeps go on")
            collected = swept_itself(site)
        assert site.wait_until_well() < RECOVERY_SECONDS

    assert (before["status"], before["stale"], before["status_counts"]["healthy"]) == ("healthy", False, 3)
    assert "registry_unavailable" in str(message)
    assert "The registry cannot be read" in page
    # The admin's sessions are in there.
    assert (admin.status, "The registry's database does not answer" in admin.words) == (503, True)
    # A process of its own never read the registry.
    assert (collected.returncode, collected.stderr) == (2, ANY)
    assert collected.stderr.startswith("CommandError: the registry cannot be read: ")
    assert site.admin().status == 200


def test_a_locked_database_stops_nothing(site: Site) -> None:
    with site.listening() as client:
        lock = sqlite3.connect(site.var / "db.sqlite3", isolation_level=None)
        try:
            lock.execute("BEGIN EXCLUSIVE")
            before = site.rest()["snapshot_id"]
            wait_for(lambda: site.rest()["snapshot_id"] >= before + 3, what="sweeps go on")
            told(client, lambda message: message["type"] in ("snapshot", "delta"))
            collected = site.collect_metrics()
            admin = site.admin()
            assert site.is_well()
        finally:
            lock.close()

    assert collected.returncode == 0
    assert admin.status == 200
