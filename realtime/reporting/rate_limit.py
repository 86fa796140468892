"""The rate limit for each client, off unless REALTIME_THROTTLE sets one: the one count of REST answers and connections.

Counting reads and writes the cache: two round trips, where a request has none or one otherwise. While the store is
away nobody is counted, and everybody is let through: the answer from memory is what matters then.
"""

import time
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.core.cache import BaseCache, cache
from django_redis.exceptions import ConnectionInterrupted
from redis import RedisError

SECONDS_WITHOUT_COUNTING = 5.0
UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104  # of clients of a unix socket; no address to bind to

_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class RateLimit:
    """So many requests of each client in a sliding window, counted by all processes together.

    clock: Unix seconds, which all of them share.
    """

    def __init__(
        self,
        *,
        cache: BaseCache,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cache = cache
        self._clock = clock
        self._monotonic = monotonic
        self._store_failed_at = -SECONDS_WITHOUT_COUNTING

    def seconds_to_wait(self, address: str) -> float | None:
        """Count a request of this client and return None; or, uncounted, after how long it may come again."""
        rate = settings.REALTIME.throttle
        if rate is None or self._monotonic() - self._store_failed_at < SECONDS_WITHOUT_COUNTING:
            return None
        number, _, unit = rate.partition("/")
        try:
            return self._count(f"throttle:{address}", allowed=int(number), window_seconds=_UNIT_SECONDS[unit[0]])
        except (ConnectionInterrupted, RedisError, OSError):
            self._store_failed_at = self._monotonic()
            return None

    def _count(self, key: str, *, allowed: int, window_seconds: int) -> float | None:
        now = self._clock()
        earlier: list[float] = [at for at in self._cache.get(key, ()) if at > now - window_seconds]
        if len(earlier) >= allowed:
            return min(min(earlier) + window_seconds - now, window_seconds)  # a clock may have been set back
        self._cache.set(key, [*earlier, now], window_seconds)
        return None


@lru_cache(maxsize=1)
def process_rate_limit() -> RateLimit:
    """Return the rate limit as this process counts it."""
    return RateLimit(cache=cache)
