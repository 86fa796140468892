"""The rate limit for each client, off unless REALTIME_THROTTLE sets one.

REST framework's own throttle reads and writes the cache for each request: two round trips, where a request has none
or one otherwise. While the store is away nobody is counted, and everybody is let through: the answer from memory is
what matters then.
"""

import time

from django.conf import settings
from django_redis.exceptions import ConnectionInterrupted
from redis import RedisError
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from realtime.api.clients import client_address

SECONDS_WITHOUT_COUNTING = 5.0


class PerClient(SimpleRateThrottle):
    """So many requests for each client address in a sliding window, counted by all processes together."""

    scope = "client"
    _store_failed_at = -SECONDS_WITHOUT_COUNTING  # of the class: of this process

    def get_rate(self) -> str | None:
        rate: str | None = settings.REALTIME.throttle
        return rate

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"throttle:{client_address(request)}"

    def allow_request(self, request: Request, view: APIView) -> bool:
        if time.monotonic() - PerClient._store_failed_at < SECONDS_WITHOUT_COUNTING:
            return True
        try:
            return super().allow_request(request, view)
        except (ConnectionInterrupted, RedisError, OSError):
            PerClient._store_failed_at = time.monotonic()
            return True
