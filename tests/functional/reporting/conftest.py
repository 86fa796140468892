"""A reader on a real Valkey, with clocks that the tests turn."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import redis
from django.conf import settings
from django_redis import get_redis_connection

from realtime.reporting.reader import Answer, Reader
from realtime.store.client import StoreUnavailable
from realtime.store.snapshots import Published, Store
from tests.embedded_store import clean_store, running_store  # noqa: F401
from tests.integration.store.sweeps import NOW

PATIENCE_SECONDS = 10.0


class WatchedStore(Store):
    """The real store, with its reads counted, and held up or refused as a test wants it."""

    def __init__(self) -> None:
        super().__init__(connect=lambda: get_redis_connection("default"), prefix=settings.REALTIME.key_prefix)
        self.reads = 0
        self.is_away = False
        self.is_asked = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()

    def read(self, *, known_id: int | None) -> Published | int | None:
        self.reads += 1
        self.is_asked.set()
        assert self.may_answer.wait(PATIENCE_SECONDS)
        if self.is_away:
            raise StoreUnavailable("the store does not answer")
        return super().read(known_id=known_id)


@dataclass
class Clocks:
    """The wall clock and the monotonic one; they go on together unless a test says otherwise."""

    now: datetime = NOW
    monotonic: float = 1000.0

    def go_on(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.monotonic += seconds


class Desk:
    """A reader, asked at the time of the test's clocks."""

    def __init__(self, store: WatchedStore) -> None:
        self.store = store
        self.clocks = Clocks()
        self.reader = Reader(store=store, monotonic=lambda: self.clocks.monotonic)

    def ask(self, *, period_seconds: int = 300) -> Answer:
        return self.reader.answer(period_seconds=period_seconds, now=self.clocks.now)


@pytest.fixture
def desk(clean_store: redis.Redis) -> Iterator[Desk]:  # noqa: F811
    desk = Desk(WatchedStore())
    yield desk
    desk.store.may_answer.set()
    for thread in threading.enumerate():
        if thread.name == "store-reader":
            thread.join(PATIENCE_SECONDS)
