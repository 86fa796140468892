"""One cycle: what it publishes, and what it does when something of ours fails."""

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from realtime.collection import cycle
from realtime.collection.cycle import Collected, Collector, RegistryUnavailable
from realtime.collection.inspection import probe_now
from realtime.collection.intervals import FALLBACK_INTERVAL_SECONDS, present_interval_seconds
from realtime.core import codec
from realtime.core.records import FailureKind, FaultCode, Outcome, Snapshot, Status, Target
from realtime.models import Service
from realtime.probing.pool import Prober
from realtime.registry.targets import load_targets
from realtime.store.client import StoreUnavailable
from realtime.store.redis_keys import RedisKeys
from realtime.store.snapshots import Acquired, LeaseLost, NotAcquired, Published, Store
from tests.functional.collection.conftest import PATIENCE_SECONDS
from tests.functional.small_services import UNHEALTHY, SmallServices
from tests.integration.store.sweeps import publish_next

pytestmark = pytest.mark.django_db


def collected(collector: Collector, *, interval_seconds: int | None = 5) -> Snapshot:
    outcome = collector.collect(interval_seconds=interval_seconds, now=timezone.now())
    assert isinstance(outcome, Collected)
    return outcome.snapshot


def published(store: Store) -> Snapshot:
    found = store.read(known_id=None)
    assert isinstance(found, Published)
    return codec.decode_snapshot(found.snapshot)


def statuses(snapshot: Snapshot) -> dict[str, str]:
    return {state.name: state.status.value for state in snapshot.services}


def refuse(*args: Any, **options: Any) -> Any:
    raise OperationalError("the database is away")


class RecordingProber(Prober):
    """The real prober; keeps the order in which targets were to begin."""

    def __init__(self) -> None:
        super().__init__(settings.REALTIME)
        self.orders: list[list[str]] = []

    def sweep(self, *, targets: Sequence[Target], **options: Any) -> tuple[Outcome, ...]:
        self.orders.append([target.name for target in targets])
        return super().sweep(targets=targets, **options)


def test_a_cycle_publishes_what_it_found(collector: Collector, store: Store, services: SmallServices) -> None:
    services.answers["/two"] = UNHEALTHY

    snapshot = collected(collector)

    assert statuses(snapshot) == {"one": "healthy", "two": "unhealthy", "three": "healthy"}
    assert published(store) == replace(snapshot, **_as_stored(snapshot))


def _as_stored(snapshot: Snapshot) -> dict[str, Any]:
    """Times are stored in whole milliseconds."""
    kept = codec.decode_snapshot(codec.encode_snapshot(snapshot))
    return {
        "finished_at": kept.finished_at,
        "services": kept.services,
        "status_since": kept.status_since,
        "recent_changes": kept.recent_changes,
    }


def test_times_are_counted_from_the_moment_given(collector: Collector, services: SmallServices) -> None:
    now = timezone.now() - timedelta(days=1)

    outcome = collector.collect(interval_seconds=7, now=now)

    assert isinstance(outcome, Collected)
    snapshot = outcome.snapshot
    assert snapshot.refresh_interval_seconds == 7
    assert snapshot.finished_at == now + timedelta(seconds=snapshot.collection_seconds)
    for state in snapshot.services:
        assert state.checked_at is not None
        assert now < state.checked_at <= snapshot.finished_at


def test_an_empty_registry_gives_an_empty_snapshot(collector: Collector, store: Store) -> None:
    assert collected(collector).services == ()
    assert published(store).services == ()


def test_a_deleted_service_is_gone_from_the_next_snapshot(collector: Collector, services: SmallServices) -> None:
    collected(collector)
    Service.objects.get(name="two").delete()

    assert list(statuses(collected(collector))) == ["one", "three"]


def test_a_disabled_service_is_not_asked(collector: Collector, services: SmallServices) -> None:
    Service.objects.filter(name="two").update(enabled=False)

    collected(collector)

    assert sorted(services.requests) == ["/one", "/three"]


def test_two_cycles_at_once_make_one_sweep(collector: Collector, store: Store, services: SmallServices) -> None:
    services.may_answer.clear()
    other = Collector(config=settings.REALTIME, store=store, prober=Prober(settings.REALTIME))
    targets = load_targets()
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(max_workers=1) as pool:
        patch.setattr(cycle, "load_targets", lambda: targets)  # a thread has no part in the test's transaction
        running = pool.submit(collected, collector)
        assert services.is_asked.wait(PATIENCE_SECONDS)

        outcome = other.collect(interval_seconds=5, now=timezone.now())

        services.may_answer.set()
        snapshot = running.result()
    assert isinstance(outcome, NotAcquired)
    assert outcome.number == snapshot.id
    assert len(services.requests) == 3


def test_a_cycle_of_beats_is_skipped_soon_after_another(collector: Collector, services: SmallServices) -> None:
    assert isinstance(collector.collect_scheduled(now=timezone.now()), Collected)

    outcome = collector.collect_scheduled(now=timezone.now())

    assert isinstance(outcome, NotAcquired)
    assert outcome.reason == "another sweep has just begun"


def test_cron_is_not_held_up_by_a_recent_sweep(collector: Collector, services: SmallServices) -> None:
    assert collected(collector).id < collected(collector).id


def test_with_the_registry_away_the_last_known_targets_are_probed(
    collector: Collector, services: SmallServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected(collector)
    monkeypatch.setattr(cycle, "load_targets", refuse)

    snapshot = collected(collector)

    assert set(statuses(snapshot).values()) == {"healthy"}
    assert len(services.requests) == 6
    assert snapshot.fault is not None
    assert snapshot.fault.code is FaultCode.REGISTRY_UNAVAILABLE


def test_beats_cycle_goes_on_under_the_last_known_interval(
    collector: Collector, services: SmallServices, clean_store: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cycle, "refresh_interval_seconds", lambda: 9)
    collector.collect_scheduled(now=timezone.now())
    clean_store.delete(RedisKeys(settings.REALTIME.key_prefix).started)
    for name in ("refresh_interval_seconds", "load_targets"):
        monkeypatch.setattr(cycle, name, refuse)

    outcome = collector.collect_scheduled(now=timezone.now())

    assert isinstance(outcome, Collected)
    assert outcome.snapshot.refresh_interval_seconds == 9


def test_a_registry_that_was_never_read_publishes_nothing_and_gives_the_lease_back(
    collector: Collector, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cycle, "load_targets", refuse)

    with pytest.raises(RegistryUnavailable, match="the registry cannot be read"):
        collected(collector)

    assert store.read(known_id=None) is None
    assert isinstance(store.acquire(lease_seconds=1), Acquired)


def test_a_fault_of_ours_gives_the_lease_back(
    collector: Collector, store: Store, services: SmallServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cycle, "consolidate", lambda **_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        collected(collector)

    assert isinstance(store.acquire(lease_seconds=1), Acquired)


def test_who_lost_the_lease_publishes_nothing(
    collector: Collector, store: Store, services: SmallServices, clean_store: redis.Redis
) -> None:
    def lose(*args: Any, **options: Any) -> Any:
        clean_store.flushall()
        return Prober.sweep(collector._prober, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collector._prober, "sweep", lose)
        with pytest.raises(LeaseLost):
            collected(collector)

    assert store.read(known_id=None) is None


def test_a_store_that_goes_away_during_the_sweep_is_left_to_the_caller_to_log(
    collector: Collector, services: SmallServices, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*args: Any, **options: Any) -> None:
        raise StoreUnavailable("the store does not answer")

    for name in ("publish", "release"):
        monkeypatch.setattr(Store, name, away)

    with pytest.raises(StoreUnavailable):
        collected(collector)

    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_store_that_goes_away_after_publishing_is_said_beside_the_snapshot(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any, **options: Any) -> None:
        raise StoreUnavailable("the store does not answer")

    monkeypatch.setattr(Store, "release", away)

    outcome = collector.collect(interval_seconds=5, now=timezone.now())

    assert isinstance(outcome, Collected)
    assert str(outcome.trouble) == "the store does not answer"


def test_a_snapshot_that_could_not_be_announced_is_logged_while_the_store_answers(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    collector = Collector(
        config=settings.REALTIME, store=store, prober=RecordingProber(), announce=lambda snapshot_id: "TimeoutError"
    )

    snapshot = collected(collector)

    assert f"snapshot {snapshot.id} could not be announced: TimeoutError" in caplog.messages


def test_what_the_last_sweep_left_unreadable_is_logged(
    collector: Collector, services: SmallServices, clean_store: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    collected(collector)
    clean_store.set(RedisKeys(settings.REALTIME.key_prefix).memory, b"not ours")

    collected(collector)

    assert "the stored collector memory cannot be read; starting afresh" in caplog.messages


def test_a_service_that_hung_begins_last_and_keeps_its_place(store: Store, services: SmallServices) -> None:
    prober = RecordingProber()
    collector = Collector(config=settings.REALTIME, store=store, prober=prober, announce=lambda snapshot_id: None)
    Service.objects.filter(name="one").update(timeout_ms=100)
    services.hanging.add("/one")
    services.may_answer.clear()
    collected(collector)
    services.may_answer.set()

    snapshot = collected(collector)

    assert prober.orders == [["one", "two", "three"], ["two", "three", "one"]]
    assert list(statuses(snapshot)) == ["one", "two", "three"]


def test_a_sweep_that_is_stopped_publishes_what_it_has(
    collector: Collector, store: Store, services: SmallServices
) -> None:
    stop = threading.Event()
    stop.set()
    services.may_answer.clear()

    outcome = collector.collect(interval_seconds=5, now=timezone.now(), stop=stop)

    assert isinstance(outcome, Collected)
    assert outcome.snapshot.fault is not None
    assert outcome.snapshot.fault.code is FaultCode.SWEEP_OVERRUN
    assert published(store).id == outcome.snapshot.id


def test_a_changed_status_is_logged_and_kept(
    collector: Collector, store: Store, services: SmallServices, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="realtime")
    collected(collector)
    services.answers["/two"] = UNHEALTHY
    collected(collector)

    assert any("two turned from healthy to unhealthy" in message for message in caplog.messages)
    changes = store.status_changes("two")
    assert [(change.was, change.became, change.kind) for change in changes] == [
        (Status.HEALTHY, Status.UNHEALTHY, FailureKind.REPORTED)
    ]


def test_the_interval_of_a_fresh_snapshot_is_kept(collector: Collector, services: SmallServices) -> None:
    collected(collector, interval_seconds=17)

    assert collected(collector, interval_seconds=None).refresh_interval_seconds == 17


def test_without_a_snapshot_the_interval_is_a_minute(collector: Collector, services: SmallServices) -> None:
    assert collected(collector, interval_seconds=None).refresh_interval_seconds == FALLBACK_INTERVAL_SECONDS == 60


def test_a_stale_snapshot_does_not_give_the_interval(store: Store) -> None:
    publish_next(store, at=timezone.now() - timedelta(minutes=5))

    assert present_interval_seconds(store=store, now=timezone.now()) == 60


def test_a_snapshot_that_cannot_be_read_does_not_give_the_interval(store: Store, clean_store: redis.Redis) -> None:
    publish_next(store, at=timezone.now())
    clean_store.set(RedisKeys(settings.REALTIME.key_prefix).snapshot, b"not ours")

    assert present_interval_seconds(store=store, now=timezone.now()) == 60


def test_probe_now_asks_also_a_disabled_service_and_publishes_nothing(store: Store, services: SmallServices) -> None:
    Service.objects.filter(name="two").update(enabled=False)

    inspections = probe_now(["two", "one", "nobody"])

    assert [inspection.result.target for inspection in inspections] == ["one", "two"]
    assert store.read(known_id=None) is None
