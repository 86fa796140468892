"""The store frozen, full, read-only or emptied: what each face of the installation says, and that it recovers."""

import signal

from tests.e2e.faults.conftest import Victim
from tests.e2e.faults.site import (
    RECOVERY_SECONDS,
    Site,
    told,
    wait_for,
)
from tests.e2e.running import ENDPOINT

AWAY = {"code": "store_unavailable", "message": "the store does not answer"}


def assert_faces_tell_of_old_numbers(site: Site) -> None:
    """The numbers stay, and everything says that they are old."""
    document = site.rest()
    assert (document["stale"], document["status"]) == (True, "unknown")
    assert document["status_counts"]["healthy"] == 3
    assert "nothing newer has arrived" in site.page()
    admin = site.admin()
    assert admin.status == 200
    assert "Stale: the snapshot was taken" in admin.words


def test_a_frozen_store_costs_one_request_half_a_second_and_all_faces_say_so(site: Site, victim: Victim) -> None:
    with site.listening() as client:
        victim.store.send_signal(signal.SIGSTOP)
        try:
            finding_out = site.get(ENDPOINT)
            wait_for(lambda: site.rest().get("error") == AWAY, what="the answer tells of the store")
            after = [site.get(ENDPOINT).seconds for _ in range(20)]
            message = told(client, lambda message: message["type"] == "state")
            assert_faces_tell_of_old_numbers(site)
            page = site.page()
            collected = site.collect_metrics()
        finally:
            victim.store.send_signal(signal.SIGCONT)
        assert site.wait_until_well() < RECOVERY_SECONDS
        told(client, lambda message: message["type"] in ("snapshot", "delta"))

    assert finding_out.status == 200
    assert finding_out.seconds < 1
    assert sorted(after)[len(after) // 2] < 0.1  # one of them may meet a machine that does something else
    assert (message["stale"], message["status"], message["error"]) == (True, "unknown", AWAY)
    assert "The store does not answer" in page
    assert (collected.returncode, collected.stderr) == (2, "CommandError: the store does not answer\n")


def assert_refused_writes_are_told(site: Site, *, code: str) -> None:
    """Where only writes fail, nothing new comes: readers cannot know why, the collector does."""
    wait_for(lambda: site.rest()["stale"], what="the answer is stale")
    assert_faces_tell_of_old_numbers(site)
    collected = site.collect_metrics()
    assert (collected.returncode, collected.stderr) == (2, f"CommandError: the store refused: {code}\n")


def test_a_full_store_is_told_as_stale_and_is_used_again_once_it_has_room(site: Site, victim: Victim) -> None:
    with site.listening() as client:
        victim.client.config_set("maxmemory-policy", "noeviction")
        victim.client.config_set("maxmemory", "1")
        try:
            assert_refused_writes_are_told(site, code="OOM")
            message = told(client, lambda message: message["type"] == "state")
        finally:
            victim.client.config_set("maxmemory", "0")
        assert site.wait_until_well() < RECOVERY_SECONDS

    assert (message["stale"], message["status"], message["error"]) == (True, "unknown", None)


def test_a_store_that_became_read_only_is_told_as_stale_and_is_used_again(site: Site, victim: Victim) -> None:
    victim.client.replicaof("127.0.0.1", "1")
    try:
        assert_refused_writes_are_told(site, code="READONLY")
    finally:
        victim.client.replicaof("NO", "ONE")

    assert site.wait_until_well() < RECOVERY_SECONDS


def test_an_emptied_store_is_answered_for_from_memory_and_filled_again(site: Site, victim: Victim) -> None:
    before = site.rest()["snapshot_id"]

    victim.client.flushall()
    at_once = site.rest()

    assert (at_once["status"], at_once["stale"]) == ("healthy", False)
    assert site.wait_until_well() < RECOVERY_SECONDS
    assert site.rest()["snapshot_id"] > before
