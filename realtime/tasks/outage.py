"""Logs an outage of the store once when it begins and once when it ends, whoever in this process notices it."""

import logging
import threading
import time
from collections.abc import Callable

from realtime.store.client import store_trouble

logger = logging.getLogger(__name__)


class StoreOutage:
    """The present outage, if there is one. Safe to use from several threads.

    consequence: what does not happen during an outage, e.g. "no sweep is sent".
    """

    def __init__(self, *, consequence: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._consequence = consequence
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._began_at: float | None = None

    @property
    def is_under_way(self) -> bool:
        return self._began_at is not None

    def began(self, error: BaseException) -> bool:
        """Log the first failure of an outage in one line; return False if the store is not behind this exception."""
        trouble = store_trouble(error)
        if trouble is None:
            return False
        with self._lock:
            is_new = self._began_at is None
            if is_new:
                self._began_at = self._monotonic()
        if is_new:
            logger.warning("%s; until this ends, %s", trouble, self._consequence)
        return True

    def ended(self, *, asked_at: float | None = None) -> None:
        """Log the end of the outage, if there is one: the store did what it was asked to do.

        asked_at: when it was asked (monotonic), now if left out. An answer to what was asked before the outage began
        does not end it.
        """
        with self._lock:
            began_at = self._began_at
            if began_at is None or (asked_at is not None and asked_at < began_at):
                return
            self._began_at = None
        logger.info("the store answers again, after %.0f s", self._monotonic() - began_at)


# Shared by a worker's consumer and its tasks, which notice the same outage.
worker_outage = StoreOutage(consequence="no sweep is made")
