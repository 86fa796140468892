"""The requests of each client in Redis: counted by all processes together, in one step for each."""

from collections.abc import Callable

import redis

from realtime.config import Config, Rate
from realtime.store import scripts
from realtime.store.client import StoreClient, connection
from realtime.store.redis_keys import RedisKeys

_MILLISECONDS = 1000


class RequestCounts:
    """One count for each client. The window begins with its first request, and by Redis' own clock."""

    def __init__(self, *, connect: Callable[[], "redis.Redis"], prefix: str) -> None:
        self._client = StoreClient(connect)
        self._keys = RedisKeys(prefix)

    def count(self, client: str, *, rate: Rate) -> float | None:
        """Count a request and return None; or, uncounted, after how many seconds the next window begins.

        Raises:
            StoreUnavailable: it could not be counted.
        """
        left = self._client.run(
            scripts.COUNT_REQUEST,
            [self._keys.requests(client)],
            [str(rate.requests), str(rate.window_seconds * _MILLISECONDS)],
        )
        return int(left) / _MILLISECONDS if left else None


def open_request_counts(config: Config) -> RequestCounts:
    """Return the counts of this installation, in django-redis' default cache."""
    return RequestCounts(connect=connection, prefix=config.key_prefix)
