"""The rate limit for each client, off unless REALTIME_THROTTLE sets one: the one count of REST answers and connections.

Counting is one round trip, where a request has none or one otherwise. While the store is away nobody is counted, and
everybody is let through: the answer from memory is what matters then.
"""

import time
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus

from django.conf import settings

from realtime.core.problems import Problem
from realtime.store.client import StoreUnavailable
from realtime.store.request_counts import RequestCounts, open_request_counts

SECONDS_WITHOUT_COUNTING = 5.0


def too_many_requests(seconds: int) -> Problem:
    """Return the refusal of a client that may come again after so many seconds."""
    return Problem(
        status=HTTPStatus.TOO_MANY_REQUESTS,
        code="throttled",
        detail=f"too many requests; come again in {seconds} s",
        retry_after_seconds=seconds,
    )


class RateLimit:
    """So many requests of each client in a window, counted by all processes together."""

    def __init__(self, *, counts: RequestCounts, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._counts = counts
        self._monotonic = monotonic
        self._store_failed_at = -SECONDS_WITHOUT_COUNTING

    def seconds_to_wait(self, client: str) -> float | None:
        """Count a request of this client and return None; or, uncounted, after how long it may come again."""
        rate = settings.REALTIME.throttle
        if rate is None or self._monotonic() - self._store_failed_at < SECONDS_WITHOUT_COUNTING:
            return None
        try:
            return self._counts.count(client, rate=rate)
        except StoreUnavailable:
            self._store_failed_at = self._monotonic()
            return None


@lru_cache(maxsize=1)
def process_rate_limit() -> RateLimit:
    """Return the rate limit as this process counts it."""
    return RateLimit(counts=open_request_counts(settings.REALTIME))
