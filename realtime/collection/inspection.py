"""Probe now: one probe of a few services for a person to look at, outside any sweep and without publishing."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

from django.conf import settings

from realtime.core.bound_verdict import with_bounds
from realtime.core.certificate_verdict import with_certificate
from realtime.core.records import Inspection, Target
from realtime.probing.pool import Prober
from realtime.registry.targets import load_targets_named
from realtime.store.client import StoreUnavailable
from realtime.store.snapshots import open_store

logger = logging.getLogger(__name__)


def probe_now(names: Sequence[str]) -> tuple[Inspection, ...]:
    """Probe these services, disabled ones included, side by side, and return what each probe saw.

    In registry order. Connections are new, so that every phase of connecting can be seen. Whoever sat sweeps out is
    probed by the next one again.
    """
    end_back_off(names)
    targets = load_targets_named(names)
    with (
        closing(Prober(settings.REALTIME)) as prober,
        # Leaving it waits for the probes, each of which ends by its own timeout.
        ThreadPoolExecutor(max_workers=max(1, len(targets)), thread_name_prefix="probe-now") as threads,
    ):
        return tuple(map(_with_bounds, targets, threads.map(prober.inspect, targets)))


def _with_bounds(target: Target, inspection: Inspection) -> Inspection:
    """Return the inspection after the bounds on readings; rates need two sweeps and are not judged."""
    result = with_bounds(inspection.result, target=target, rates={})
    result = with_certificate(result, target=target, now=datetime.now(UTC))
    is_worse = result.status is not inspection.result.status
    rule = f"{result.reason} ({inspection.rule})" if is_worse else inspection.rule
    return replace(inspection, result=result, rule=rule)


def end_back_off(names: Sequence[str]) -> None:
    """Have the next sweep probe these services, however long they kept timing out.

    Without a store they wait until their time has come, 60 s at most.
    """
    try:
        open_store(settings.REALTIME).wake(names)
    except StoreUnavailable as error:
        logger.warning("%s: services that sit sweeps out do so until their time", error)
