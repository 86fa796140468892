"""Celery tasks: interfaces that parse, make one call and translate."""

import logging

from celery import shared_task
from django.utils import timezone

from realtime.collection.cycle import Collected, RegistryUnavailable, process_collector
from realtime.store.snapshots import LeaseLost, StoreUnavailable

logger = logging.getLogger(__name__)


@shared_task(name="realtime.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Probe all services and publish a snapshot, unless another collector is at it or has just been."""
    try:
        outcome = process_collector().collect_scheduled(now=timezone.now())
    except (StoreUnavailable, LeaseLost, RegistryUnavailable) as error:
        logger.error("sweep failed: %s", error)
        return
    if isinstance(outcome, Collected):
        snapshot = outcome.snapshot
        logger.debug("snapshot %d of %d services", snapshot.id, len(snapshot.services))
    else:
        logger.info("sweep skipped: %s", outcome.reason)
