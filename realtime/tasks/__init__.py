"""Celery tasks: interfaces that parse, make one call and translate."""

import logging

from celery import shared_task
from django.utils import timezone

from realtime.collection.cycle import Collected, RegistryUnavailable, process_collector
from realtime.registry.schedule import refresh_interval_seconds
from realtime.store.snapshots import Held, LeaseLost, StoreUnavailable

logger = logging.getLogger(__name__)

# Two beats by mistake must not probe twice as often; half an interval leaves room for a late one.
LEAST_GAP_SHARE = 0.5


@shared_task(name="realtime.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Probe all services and publish a snapshot, unless another collector is at it or has just been."""
    interval_seconds = refresh_interval_seconds()
    try:
        outcome = process_collector().collect(
            interval_seconds=interval_seconds,
            now=timezone.now(),
            least_gap_seconds=LEAST_GAP_SHARE * interval_seconds,
        )
    except (StoreUnavailable, LeaseLost, RegistryUnavailable) as error:
        logger.error("sweep failed: %s", error)
        return
    if isinstance(outcome, Collected):
        snapshot = outcome.snapshot
        logger.debug("snapshot %d of %d services", snapshot.id, len(snapshot.services))
    else:
        reason = "another collector holds the lease" if isinstance(outcome, Held) else "another sweep just began"
        logger.info("sweep skipped: %s", reason)
