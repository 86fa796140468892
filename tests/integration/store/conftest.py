"""A real Valkey for the store; `open_store` reaches it as the app does."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings

from metricsproj import embedded, redis_urls
from realtime.store.redis_keys import RedisKeys
from realtime.store.snapshots import Store, open_store
from tests.embedded_store import clean_store, running_store, started_store  # noqa: F401


@pytest.fixture
def store(clean_store: redis.Redis) -> Store:  # noqa: F811
    return open_store(settings.REALTIME)


@pytest.fixture
def keys() -> RedisKeys:
    return RedisKeys(settings.REALTIME.key_prefix)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[tuple[redis.Redis, Store, int]]:
    """A server for one test that ill-treats it: a client of its own, a store on it, and its process id."""
    url = embedded.store_url(tmp_path)
    with started_store(tmp_path, url=url) as process, redis.Redis.from_url(url) as client:
        yield client, Store(connect=connected(url), prefix="own"), process.pid


def connected(url: str) -> Callable[[], redis.Redis]:
    """Return what gives a client with the connection options of the app."""
    client = redis.Redis.from_url(url, **redis_urls.client_options())
    return lambda: client
