"""One cycle of the collector: lease, targets, sweep, consolidation, publishing. Beat and cron run the same one."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.db import Error as RegistryError

from realtime.broadcast.announcements import announce
from realtime.collection.intervals import present_interval_seconds
from realtime.config import Config
from realtime.core import backoff, history
from realtime.core.consolidation import Consolidated, consolidate
from realtime.core.records import (
    Fault,
    FaultCode,
    Outcome,
    Snapshot,
    Sweep,
    Target,
    Unprobed,
    UnprobedReason,
)
from realtime.core.turns import in_turn
from realtime.probing.pool import Prober
from realtime.registry.db_timeouts import short_waits
from realtime.registry.schedule import refresh_interval_seconds
from realtime.registry.targets import load_targets
from realtime.registry.trouble import registry_trouble
from realtime.store.client import StoreUnavailable
from realtime.store.snapshots import Acquired, Lease, NotAcquired, Store, open_store

logger = logging.getLogger(__name__)

# Held this much longer than a sweep may take: for reading the registry, consolidating and publishing.
LEASE_MARGIN_SECONDS = 5.0

# Two beats by mistake must not probe twice as often; half an interval leaves room for a late one.
LEAST_GAP_SHARE = 0.5

# Of what all threads can wait for within a sweep, what may be spent on targets that will probably time out again.
DEAD_SHARE = 0.5


class RegistryUnavailable(Exception):
    """The registry's database cannot be read, and this process holds no earlier state of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Collected:
    """A cycle that published its snapshot.

    trouble: the store stopped answering right after that; None when it did not.
    """

    snapshot: Snapshot
    trouble: StoreUnavailable | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cycle:
    """The times of one cycle: counted from `now` (wall clock) on the monotonic clock, which nobody can set."""

    interval_seconds: int
    deadline_seconds: float
    now: datetime
    began: float

    @property
    def elapsed_seconds(self) -> float:
        return time.monotonic() - self.began

    def at(self, elapsed_seconds: float) -> datetime:
        return self.now + timedelta(seconds=elapsed_seconds)


class Collector:
    """Runs cycles in this process: keeps its connections to the services, and the registry as it was last read."""

    def __init__(
        self, *, config: Config, store: Store, prober: Prober, announce: Callable[[int], str | None] = announce
    ) -> None:
        self._announce = announce
        self._config = config
        self._store = store
        self._prober = prober
        self._last_targets: tuple[Target, ...] | None = None
        self._is_registry_away = False
        self._scheduled_seconds = config.refresh_interval_seconds

    def collect_scheduled(self, *, now: datetime, stop: threading.Event | None = None) -> Collected | NotAcquired:
        """Run one cycle of beat's, under the interval of its row, unless another began less than half of it ago.

        Raises:
            StoreUnavailable, LeaseLost, RegistryUnavailable: as `collect` does.
        """
        try:
            with short_waits():
                self._scheduled_seconds = refresh_interval_seconds()
        except RegistryError:
            # The last one known is good enough; reading the targets will say that the registry is away.
            logger.debug("the interval cannot be read", exc_info=True)
        return self.collect(
            interval_seconds=self._scheduled_seconds,
            now=now,
            least_gap_seconds=LEAST_GAP_SHARE * self._scheduled_seconds,
            stop=stop,
        )

    def collect(
        self,
        *,
        interval_seconds: int | None,
        now: datetime,
        least_gap_seconds: float = 0.0,
        stop: threading.Event | None = None,
    ) -> Collected | NotAcquired:
        """Run one cycle, unless another collector is at it.

        Args:
            interval_seconds: the refresh interval that the snapshot is made under; None: that of the present one,
                or 60 when that is stale or missing.
            now: aware UTC; every time in the snapshot is counted from it.
            least_gap_seconds: do nothing when another sweep began less than this ago.
            stop: when set, running probes are cut, and what there is gets published.

        Raises:
            StoreUnavailable: before or after the sweep.
            LeaseLost: another collector took over meanwhile; nothing was published.
            RegistryUnavailable: and this process never read it before.
        """
        began = time.monotonic()
        if interval_seconds is None:
            interval_seconds = present_interval_seconds(store=self._store, now=now)
        cycle = _Cycle(
            interval_seconds=interval_seconds,
            deadline_seconds=self._config.sweep_deadline(interval_seconds=interval_seconds),
            now=now,
            began=began,
        )
        acquired = self._take_lease(cycle, least_gap_seconds=least_gap_seconds)
        if isinstance(acquired, NotAcquired):
            return acquired
        try:
            targets, fault = self._targets()
            sweep = self._probe(targets, fault, cycle=cycle, acquired=acquired, stop=stop)
            snapshot = self._publish(sweep, acquired)
            unannounced = self._announce(snapshot.id)
        except BaseException:
            # Whatever ended this cycle, the next one must not wait for the lease to expire. A failure to release it has
            # the same cause as the error that is raised.
            self._give_back(acquired.lease)
            raise
        trouble = self._give_back(acquired.lease)
        if unannounced is not None and trouble is None:
            logger.warning("snapshot %d could not be announced: %s", snapshot.id, unannounced)
        return Collected(snapshot=snapshot, trouble=trouble)

    def _take_lease(self, cycle: _Cycle, *, least_gap_seconds: float) -> Acquired | NotAcquired:
        acquired = self._store.acquire(
            lease_seconds=cycle.deadline_seconds + LEASE_MARGIN_SECONDS, least_gap_seconds=least_gap_seconds
        )
        if isinstance(acquired, NotAcquired):
            return acquired
        for problem in acquired.problems:
            logger.error("%s; starting afresh", problem)
        return replace(acquired, memory=backoff.ended(acquired.memory, names=acquired.woken))

    def _give_back(self, lease: Lease) -> StoreUnavailable | None:
        """Return why the lease could not be given back, so that it will run out; None when it was."""
        try:
            self._store.release(lease)
        except StoreUnavailable as error:
            logger.debug("the lease could not be given back and will run out: %s", error)
            return error
        return None

    def _targets(self) -> tuple[tuple[Target, ...], Fault | None]:
        try:
            with short_waits():
                self._last_targets = load_targets()
        except RegistryError as error:
            if self._last_targets is None:
                raise RegistryUnavailable(f"the registry cannot be read: {registry_trouble(error)}") from error
            if not self._is_registry_away:  # each snapshot says so again
                logger.exception("the registry cannot be read; probing what it last held")
            self._is_registry_away = True
            return self._last_targets, Fault(
                code=FaultCode.REGISTRY_UNAVAILABLE, message="the registry cannot be read; its last known state is used"
            )
        self._is_registry_away = False
        return self._last_targets, None

    def _probe(
        self,
        targets: tuple[Target, ...],
        fault: Fault | None,
        *,
        cycle: _Cycle,
        acquired: Acquired,
        stop: threading.Event | None,
    ) -> Sweep:
        """Return the outcomes in the order of `targets`, whenever each had its turn."""
        started = cycle.elapsed_seconds
        sitting_out = backoff.sitting_out(
            targets,
            memory=acquired.memory,
            shown={state.name: state for state in acquired.previous.services} if acquired.previous else {},
            now=cycle.at(started),
            interval_seconds=cycle.interval_seconds,
            probe_seconds=DEAD_SHARE * self._config.probe_threads * cycle.deadline_seconds,
        )
        probed = [target for target in targets if target.name not in sitting_out]
        ordered = in_turn(probed, memory=acquired.memory, previous=acquired.previous)
        outcomes = self._prober.sweep(targets=ordered, deadline_seconds=cycle.deadline_seconds, stop=stop)
        by_name = {outcome.target: outcome for outcome in outcomes}
        ended = cycle.elapsed_seconds
        return Sweep(
            targets=targets,
            outcomes=[by_name.get(target.name) or _sat_out(target) for target in targets],
            started_at=cycle.at(started),
            finished_at=cycle.at(ended),
            collection_seconds=ended,
            refresh_interval_seconds=cycle.interval_seconds,
            deadline_seconds=cycle.deadline_seconds,
            fault=fault,
        )

    def _publish(self, sweep: Sweep, acquired: Acquired) -> Snapshot:
        consolidated = consolidate(
            sweep=sweep, snapshot_id=acquired.lease.number, previous=acquired.previous, memory=acquired.memory
        )
        totals = history.grow(acquired.totals, sample=consolidated.sample, tracked=consolidated.tracked)
        self._store.publish(
            lease=acquired.lease,
            snapshot=consolidated.snapshot,
            memory=consolidated.memory,
            totals=totals,
            changes=consolidated.changes,
        )
        _log_changes(consolidated)
        return consolidated.snapshot


@lru_cache(maxsize=1)
def process_collector() -> Collector:
    """Return the collector of this process, which keeps connections open from sweep to sweep."""
    config: Config = settings.REALTIME
    return Collector(config=config, store=open_store(config), prober=Prober(config))


def _sat_out(target: Target) -> Outcome:
    return Unprobed(target=target.name, reason=UnprobedReason.SAT_OUT)


def _log_changes(consolidated: Consolidated) -> None:
    states = {state.name: state for state in consolidated.snapshot.services}
    for change in consolidated.changes:
        failure = states[change.service].failure
        reason = f": {failure.message}" if failure else ""
        logger.info("%s turned from %s to %s%s", change.service, change.was, change.became, reason)
    fault = consolidated.snapshot.fault
    if fault is not None:
        logger.warning("%s: %s", fault.code, fault.message)
