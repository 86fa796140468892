"""Whole cycles on a real Valkey and a real registry, against services on loopback."""

from collections.abc import Iterator

import pytest
import redis
from django.conf import settings

from realtime.collection.cycle import Collector
from realtime.probing.pool import Prober
from realtime.store.snapshots import Store, open_store
from tests.embedded_store import clean_store, running_store  # noqa: F401
from tests.functional.registry.rows import imported
from tests.functional.small_services import SmallServices, small_services

PATIENCE_SECONDS = 10.0


@pytest.fixture
def services(db: None) -> Iterator[SmallServices]:
    """Three services, registered."""
    with small_services() as services:
        imported(services.registry("one", "two", "three"))
        yield services


@pytest.fixture
def store(clean_store: redis.Redis) -> Store:  # noqa: F811
    return open_store(settings.REALTIME)


@pytest.fixture
def collector(store: Store) -> Iterator[Collector]:
    prober = Prober(settings.REALTIME)
    yield Collector(config=settings.REALTIME, store=store, prober=prober, announce=lambda snapshot_id: None)
    prober.close()
