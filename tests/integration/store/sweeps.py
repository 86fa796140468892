"""Snapshots and totals for tests of the store, as a series of sweeps would leave them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from realtime.core import history
from realtime.core.history import EMPTY, SweepSample, Totals
from realtime.core.records import ServiceMemory, ServiceState, Snapshot, Status, StatusChange
from realtime.store.snapshots import Acquired, Lease, Store

NOW = datetime(2025, 10, 18, 18, 45, 32, 123_456, tzinfo=UTC)
SERVICE = "data-api"


def state(name: str = SERVICE, status: Status = Status.HEALTHY) -> ServiceState:
    return ServiceState(name=name, type="core", group="", counts_as_api=True, status=status)


def snapshot(number: int, *, at: datetime = NOW, interval_seconds: int = 5) -> Snapshot:
    return Snapshot(
        id=number,
        finished_at=at,
        refresh_interval_seconds=interval_seconds,
        sweep_deadline_seconds=4.0,
        collection_seconds=0.2,
        services=(state(),),
    )


def grown(totals: Totals, *, at: datetime, events_per_second: float = 10.0, interval_seconds: int = 5) -> Totals:
    """The totals with one sweep more, that measured this event rate."""
    fleet = {history.SWEEPS: (1.0,), history.EVENTS_PER_SECOND: (events_per_second,)}
    sample = SweepSample(
        started_at=at.timestamp() - 0.2, at=at.timestamp(), interval_seconds=interval_seconds, fleet=fleet
    )
    return history.grow(totals, sample=sample, tracked={SERVICE: ()})


def changed(at: datetime = NOW, *, service: str = SERVICE) -> StatusChange:
    return StatusChange(service=service, at=at, was=Status.HEALTHY, became=Status.ERROR)


def acquired(store: Store) -> Acquired:
    """What the store gives to the collector that has the lease now."""
    answer = store.acquire(lease_seconds=60)
    assert isinstance(answer, Acquired), answer
    return answer


def publish(
    store: Store,
    lease: Lease,
    *,
    at: datetime = NOW,
    totals: Totals = EMPTY,
    changes: Sequence[StatusChange] = (),
    interval_seconds: int = 5,
) -> None:
    store.publish(
        lease=lease,
        snapshot=snapshot(lease.number, at=at, interval_seconds=interval_seconds),
        memory={SERVICE: ServiceMemory()},
        totals=grown(totals, at=at),
        changes=changes,
    )


def publish_next(store: Store, *, at: datetime = NOW, changes: Sequence[StatusChange] = ()) -> int:
    """Acquire, publish, and return the id."""
    found = acquired(store)
    publish(store, found.lease, at=at, totals=found.totals, changes=changes)
    return found.lease.number


def seconds_later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)
