"""A hub of its own for each test, on a real Valkey, with a clock that the test turns."""

import asyncio
from dataclasses import dataclass, field

import pytest
import redis
from django.conf import settings
from django.utils import timezone
from django_redis import get_redis_connection

from realtime.api import views
from realtime.broadcast.announcements import GROUP, _send
from realtime.core import history
from realtime.core.history import SweepSample
from realtime.core.records import Fault, ServiceState, Snapshot, Status
from realtime.live import event_stream, websocket
from realtime.live import hub as hub_module
from realtime.live.hub import Hub
from realtime.reporting.reader import Reader
from realtime.store.client import StoreUnavailable
from realtime.store.snapshots import Acquired, Published, Store
from tests.embedded_store import clean_store, running_store  # noqa: F401
from tests.functional.live.serving import PATIENCE_SECONDS


class WatchedStore(Store):
    """The real store, with its reads counted, and refused while it is to be away."""

    def __init__(self) -> None:
        super().__init__(connect=lambda: get_redis_connection("default"), prefix=settings.REALTIME.key_prefix)
        self.found = 0
        self.is_away = False

    def read(self, *, known_id: int | None) -> Published | int | None:
        if self.is_away:
            raise StoreUnavailable("the store does not answer")
        found = super().read(known_id=known_id)
        self.found += isinstance(found, Published)
        return found


@dataclass
class Newsroom:
    """Publishes snapshots and owns the hub; `clock` is added to the hub's and the reader's monotonic time."""

    store: WatchedStore
    hub: Hub
    interval_seconds: int = 5
    services: int = 3
    sweeps: int = field(default=0)

    def publish(self, *, fault: Fault | None = None) -> int:
        """Publish a snapshot in which some numbers differ from the last one, and return its id; announce nothing."""
        self.sweeps += 1
        acquired = self.store.acquire(lease_seconds=30)
        assert isinstance(acquired, Acquired), acquired
        number, now = acquired.lease.number, timezone.now()
        self.store.publish(
            lease=acquired.lease,
            snapshot=Snapshot(
                id=number,
                finished_at=now,
                refresh_interval_seconds=self.interval_seconds,
                sweep_deadline_seconds=0.8 * self.interval_seconds,
                collection_seconds=0.25,
                services=tuple(self._state(index) for index in range(self.services)),
                fault=fault,
            ),
            memory={},
            totals=history.grow(
                acquired.totals,
                sample=SweepSample(
                    started_at=now.timestamp() - 0.25,
                    at=now.timestamp(),
                    interval_seconds=self.interval_seconds,
                    fleet={history.SWEEPS: (1.0,)},
                ),
                tracked={f"service-{index}": () for index in range(self.services)},
            ),
        )
        return number

    async def announce(self, *, fault: Fault | None = None) -> int:
        """Publish a snapshot, announce it, and return its id."""
        number = self.publish(fault=fault)
        await _send(number)
        return number

    async def announcements_are_heard(self) -> None:
        """Wait until the hub has subscribed to announcements: one from before is lost."""
        channel = f"{settings.REALTIME.key_prefix}:channels:__group__{GROUP}"
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not dict(get_redis_connection("default").pubsub_numsub(channel))[channel.encode()]:
                await asyncio.sleep(0.005)

    async def listeners_are(self, number: int) -> None:
        """Wait until the hub serves so many."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.hub._listeners) != number:
                await asyncio.sleep(0.005)

    def _state(self, index: int) -> ServiceState:
        return ServiceState(
            name=f"service-{index}",
            type="core",
            group="",
            counts_as_api=True,
            status=Status.HEALTHY,
            response_time_seconds=0.001 * (index + 1),
            readings={"events_per_minute": float(self.sweeps if index == 0 else 7)},
        )


@pytest.fixture
def newsroom(clean_store: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> Newsroom:  # noqa: F811
    store = WatchedStore()
    monkeypatch.setattr(hub_module, "SECONDS_BETWEEN_LOOKS", 0.1)
    reader = Reader(store=store)
    hub = Hub(reader=reader)
    monkeypatch.setattr(views, "process_reader", lambda: reader)
    for edge in (websocket, event_stream):
        monkeypatch.setattr(edge, "process_hub", lambda: hub)
    return Newsroom(store=store, hub=hub)
