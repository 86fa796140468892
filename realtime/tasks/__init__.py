"""Celery tasks: interfaces that parse, make one call and translate."""

import logging
import threading
import time
from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down
from django.utils import timezone

from realtime.collection.cycle import Collected, RegistryUnavailable, process_collector
from realtime.store.client import StoreUnavailable
from realtime.store.snapshots import LeaseLost
from realtime.tasks.outage import worker_outage

logger = logging.getLogger(__name__)


_stopping = threading.Event()


@worker_shutting_down.connect
def cut_running_sweep(**_: Any) -> None:
    """Have the running sweep publish what it has, for the worker waits for its tasks before it ends.

    It reaches the threads of this process only, so the pool has to be one of threads.
    """
    _stopping.set()


@shared_task(name="realtime.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Probe all services and publish a snapshot, unless another collector is at it or has just been."""
    if _stopping.is_set():
        return
    asked_at = time.monotonic()
    try:
        outcome = process_collector().collect_scheduled(now=timezone.now(), stop=_stopping)
    except StoreUnavailable as error:
        worker_outage.began(error)
        return
    except (LeaseLost, RegistryUnavailable) as error:
        logger.error("sweep failed: %s", error)
        return
    if isinstance(outcome, Collected) and outcome.trouble is not None:
        worker_outage.began(outcome.trouble)
    else:
        worker_outage.ended(asked_at=asked_at)
    if isinstance(outcome, Collected):
        snapshot = outcome.snapshot
        logger.debug("snapshot %d of %d services", snapshot.id, len(snapshot.services))
    else:
        logger.info("sweep skipped: %s", outcome.reason)
