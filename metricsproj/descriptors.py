"""Whether this process has file descriptors left for new clients; says so once a minute, and in `/readyz`."""

import logging
import os
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache

if sys.platform != "win32":
    import resource

# Kept for what the process itself opens: connections to store and database, static files.
RESERVED = 32
RECENT_SECONDS = 10.0
SECONDS_BETWEEN_LINES = 60.0

logger = logging.getLogger(__name__)


class Supply(StrEnum):
    """What there is for a new client."""

    AVAILABLE = "available"
    SHORT = "short"  # an idle connection was closed for it
    EXHAUSTED = "exhausted"  # it was refused

    @property
    def consequence(self) -> str:
        return "new clients are refused" if self is Supply.EXHAUSTED else "idle connections are closed for new clients"


class Descriptors:
    """The file descriptors of this process. The kernel hands out the lowest free one, so a high one means few are left.

    limit: the number of descriptors that the process may have.
    """

    def __init__(self, *, limit: Callable[[], float], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._monotonic = monotonic
        self._noted_at = dict.fromkeys(Supply, float("-inf"))
        self._logged_at = float("-inf")

    def are_short_with(self, descriptor: int) -> bool:
        """Return whether a new client that got this descriptor has one of those that the process itself needs."""
        limit = self._limit()
        return descriptor >= limit - min(RESERVED, limit // 8)

    def note(self, supply: Supply) -> None:
        """Remember that a client was refused, or another was closed for it; log it once a minute."""
        now = self._monotonic()
        self._noted_at[supply] = now
        if now - self._logged_at >= SECONDS_BETWEEN_LINES:
            self._logged_at = now
            logger.error(
                "file descriptors run out, of the %d allowed to this process (ulimit -n): %s",
                self._limit(),
                supply.consequence,
            )

    def look(self) -> None:
        """Notice that none is left: the event loop then refuses clients without a word."""
        try:
            descriptor = os.dup(sys.__stderr__.fileno() if sys.__stderr__ else 2)
        except OSError:
            self.note(Supply.EXHAUSTED)
            return
        os.close(descriptor)
        if self.are_short_with(descriptor):
            self.note(Supply.SHORT)

    def supply(self) -> Supply:
        """Return the worst of what was noted in the last 10 s."""
        since = self._monotonic() - RECENT_SECONDS
        return next(
            (supply for supply in (Supply.EXHAUSTED, Supply.SHORT) if self._noted_at[supply] >= since),
            Supply.AVAILABLE,
        )


def _limit() -> float:
    if sys.platform == "win32":
        return float("inf")
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return float("inf") if soft == resource.RLIM_INFINITY else soft


@lru_cache(maxsize=1)
def process_descriptors() -> Descriptors:
    """Return those of this process."""
    return Descriptors(limit=_limit)
