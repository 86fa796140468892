"""Since when a status is shown, why, and what changed lately: of each service and of the whole fleet."""

from datetime import timedelta

from realtime.core import codec, document
from realtime.core.consolidation import MAX_RECENT_CHANGES
from realtime.core.history import Span, Window
from realtime.core.maintenance import OnceWindow
from realtime.core.records import Contact, Evidence, ServiceState, Status, Unprobed, UnprobedReason
from tests.unit.core.making import NOW, probed, snapshot, state, target
from tests.unit.core.sweeping import INTERVAL, Collector

DOWN = Status.ERROR
CURRENT = Window(span=Span(start=0, end=300))
PREVIOUS = Window(span=Span(start=-300, end=0))


def only(collector: Collector) -> ServiceState:
    assert collector.previous is not None
    (shown,) = collector.previous.services
    return shown


def test_a_status_is_shown_since_the_sweep_that_found_it() -> None:
    collector = Collector()

    collector.sweep(probed())
    began = collector.at
    collector.sweep(probed())

    assert only(collector).status_since == began


def test_another_status_begins_anew() -> None:
    collector = Collector()

    collector.sweep(probed())
    collector.sweep(probed(status=DOWN))

    assert only(collector).status_since == collector.at


def test_another_collector_with_another_interval_goes_on_from_the_stored_snapshot() -> None:
    collector = Collector()
    collector.sweep(probed())
    began = collector.at

    assert collector.previous is not None
    collector.previous = codec.decode_snapshot(codec.encode_snapshot(collector.previous))
    collector.sweep(probed(), seconds=3_600, refresh_interval_seconds=60)

    assert only(collector).status_since == began
    assert collector.previous.status_since == began


def test_a_service_that_is_merely_not_known_says_since_when() -> None:
    collector = Collector()
    collector.sweep(probed())

    collector.sweep(Unprobed(target="data-api", reason=UnprobedReason.OVERRUN), seconds=600)

    assert only(collector).status is Status.UNKNOWN
    assert only(collector).status_since == collector.at
    assert only(collector).reason == "the last check is too long ago"


def test_a_failure_of_the_collectors_own_network_does_not_end_what_was_shown_before() -> None:
    names = ("one", "two", "three")
    collector = Collector(targets=[target(name) for name in names])
    collector.sweep(*(probed(name, DOWN) for name in names))
    began = collector.at

    lost = collector.sweep(*(probed(name, DOWN, contact=Contact.SILENT, place=name) for name in names))
    assert {shown.status for shown in lost.snapshot.services} == {Status.UNKNOWN}
    assert {shown.reason for shown in lost.snapshot.services} == {"the network of the machine that checks has failed"}
    assert {shown.status_since for shown in lost.snapshot.services} == {collector.at}

    back = collector.sweep(*(probed(name, DOWN) for name in names))
    assert {shown.status_since for shown in back.snapshot.services} == {began}


def test_a_pending_service_keeps_the_grounds_of_what_is_shown() -> None:
    collector = Collector(targets=[target(failure_threshold=2)])
    collector.sweep(probed(status=Status.DEGRADED, evidence=Evidence.WORD, reason="the service reports “degraded”"))

    collector.sweep(probed(status=DOWN))

    assert only(collector).pending
    assert only(collector).evidence is Evidence.WORD
    assert only(collector).reason == "the service reports “degraded”"


def test_a_healthy_service_has_no_reason_and_a_bad_one_always_has_one() -> None:
    collector = Collector()
    collector.sweep(probed(reason="left over"))
    assert only(collector).reason is None

    collector.sweep(probed(status=DOWN))
    assert only(collector).reason == "connection refused"


def test_a_service_in_maintenance_says_until_when() -> None:
    until = NOW + timedelta(hours=1)
    collector = Collector(targets=[target(maintenance=(OnceWindow(starts_at=NOW, ends_at=until),))])

    collector.sweep(probed(status=DOWN))
    assert only(collector).maintenance_until == until
    assert only(collector).reason == "in maintenance until 2025-10-18 19:45 UTC"

    collector.sweep(probed(), seconds=3_600)
    assert only(collector).maintenance_until is None
    assert only(collector).status_since == collector.at


def test_the_last_changes_of_the_fleet_come_newest_first() -> None:
    collector = Collector()
    for number in range(MAX_RECENT_CHANGES + 5):
        collector.sweep(probed(status=DOWN if number % 2 else Status.HEALTHY))

    assert collector.previous is not None
    changes = collector.previous.recent_changes
    assert len(changes) == MAX_RECENT_CHANGES
    assert changes[0].at == collector.at
    assert [change.at for change in changes] == sorted((change.at for change in changes), reverse=True)
    assert changes[0].at - changes[1].at == timedelta(seconds=INTERVAL)


def test_a_stale_answer_is_unknown_since_its_snapshot() -> None:
    shown = snapshot(state(), status_since=NOW - timedelta(days=3))

    fresh = document.build(snapshot=shown, current=CURRENT, previous=PREVIOUS)
    stale = document.build(snapshot=shown, current=CURRENT, previous=PREVIOUS, stale=True)

    assert (fresh["status"], fresh["status_since"]) == ("healthy", "2025-10-15T18:45:32.123Z")
    assert (stale["status"], stale["status_since"]) == ("unknown", stale["timestamp"])


def test_groups_come_in_registry_order_and_services_without_one_last() -> None:
    services = (
        state("a"),
        state("b", group="storage", status=DOWN),
        state("c", group="api"),
        state("d", group="storage", counts_as_api=False),
    )

    assert document.build(snapshot=snapshot(*services), current=CURRENT, previous=PREVIOUS)["groups"] == [
        {"group": "storage", "status": "error", "services": 2, "failing": 1},
        {"group": "api", "status": "healthy", "services": 1, "failing": 0},
        {"group": "", "status": "healthy", "services": 1, "failing": 0},
    ]
