"""The history of one metric as an answer, made once per snapshot, metric, service and period.

A request costs at most one round trip, and none within 100 ms of the last for the same answer. Buckets that are over
never change, so what was computed of them is kept, and a new snapshot costs the decoding of its own totals. While the
store is away, the last answer this process made is given again.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from django.conf import settings

from realtime.core import codec, history, series
from realtime.core.codec import CorruptRecord
from realtime.core.contract.metrics import METRIC_NAMES, NamedMetric, metric_named
from realtime.core.document import NOTHING_PUBLISHED
from realtime.core.freshness import INTERVALS_BEFORE_STALE
from realtime.core.history import BUCKETS_PER_PERIOD, Span, Totals, Window
from realtime.core.parameters import HistoryQuery, not_among
from realtime.core.records import Fault, FaultCode, Snapshot
from realtime.core.slices import UnknownName
from realtime.reporting.reader import LEAST_SECONDS_BETWEEN_READS, SECONDS_BETWEEN_READS_WHILE_DOWN
from realtime.reporting.rendering import Rendered
from realtime.store.client import StoreUnavailable
from realtime.store.snapshots import PublishedBuckets, Store, open_store

logger = logging.getLogger(__name__)

MAX_ANSWERS = 64
MAX_ANSWER_BYTES = 32 * 1024 * 1024  # of all together, uncompressed
MAX_PERIODS_KEPT = 2  # whose computed buckets are kept: about 10 MB each for 1,000 services


class HistoryUnavailable(Exception):
    """There is no history to answer with; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryAnswer:
    """One answer, and what the HTTP headers need to know of it.

    asked_at: monotonic seconds at which the store last confirmed it. fault: why it comes from memory.
    """

    rendered: Rendered
    snapshot_id: int
    finished_at: datetime
    refresh_interval_seconds: int
    asked_at: float
    fault: Fault | None = None


class Histories:
    """Reads histories for one process, and keeps a bounded number of answers."""

    def __init__(self, *, store: Store, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._monotonic = monotonic
        self._asking = threading.Lock()
        self._answers: OrderedDict[HistoryQuery, HistoryAnswer] = OrderedDict()
        self._windows: OrderedDict[int, Mapping[tuple[int, int, int], Window]] = OrderedDict()
        self._fault: Fault | None = None
        self._failed_at = 0.0

    def answer(self, query: HistoryQuery) -> HistoryAnswer:
        """Return the history of a metric.

        Raises:
            InvalidParameter: there is no such metric.
            UnknownName: there is no such service.
            HistoryUnavailable: nothing was published, or the store is away and this answer was never made.
        """
        kept = self._answers.get(query)
        # A request with a usable answer does not wait while another one reads the store.
        if (kept and self._is_recent(kept)) or not self._asking.acquire(blocking=not self._is_usable(kept)):
            return self._in_present_light(kept)
        try:
            kept = self._answers.get(query)
            if kept is None or not self._is_recent(kept):
                kept = self._ask(query, kept)
            return self._in_present_light(kept)
        finally:
            self._asking.release()

    def _is_recent(self, kept: HistoryAnswer) -> bool:
        return self._monotonic() - kept.asked_at < LEAST_SECONDS_BETWEEN_READS

    def _is_usable(self, kept: HistoryAnswer | None) -> bool:
        """Return whether a kept answer is recent enough for a chart that continues from it."""
        return (
            kept is not None
            and self._monotonic() - kept.asked_at < INTERVALS_BEFORE_STALE * kept.refresh_interval_seconds
        )

    def _in_present_light(self, kept: HistoryAnswer | None) -> HistoryAnswer:
        if kept is None:
            raise HistoryUnavailable(self._fault or NOTHING_PUBLISHED)
        return kept if kept.fault == self._fault else replace(kept, fault=self._fault)

    def _ask(self, query: HistoryQuery, kept: HistoryAnswer | None) -> HistoryAnswer | None:
        now = self._monotonic()
        if self._fault is not None and now - self._failed_at < SECONDS_BETWEEN_READS_WHILE_DOWN:
            return kept
        try:
            found = self._store.read_buckets(
                period_seconds=query.period_seconds,
                known_id=kept.snapshot_id if kept else None,
                service=query.service,
            )
            self._fault = None
            if isinstance(found, PublishedBuckets):
                kept = self._make(query, found)
        except StoreUnavailable as error:
            self._fault, self._failed_at = Fault(code=FaultCode.STORE_UNAVAILABLE, message=str(error)), now
        except CorruptRecord as error:
            logger.error("%s; the history cannot be told", error)
            self._fault, self._failed_at = Fault(code=FaultCode.INTERNAL, message=str(error)), now
        if kept is not None:
            kept = replace(kept, asked_at=now)
            self._keep(query, kept)
        return kept

    def _keep(self, query: HistoryQuery, answer: HistoryAnswer) -> None:
        self._answers[query] = answer
        self._answers.move_to_end(query)
        size = sum(len(kept.rendered.body) for kept in self._answers.values())
        while len(self._answers) > 1 and (len(self._answers) > MAX_ANSWERS or size > MAX_ANSWER_BYTES):
            _, dropped = self._answers.popitem(last=False)
            size -= len(dropped.rendered.body)

    def _make(self, query: HistoryQuery, found: PublishedBuckets) -> HistoryAnswer:
        snapshot = codec.decode_snapshot(found.snapshot)
        metric, names = _resolved(query, snapshot)
        decoded = _Decoded(found.totals)
        content = series.build(
            metric=metric,
            period_seconds=query.period_seconds,
            buckets=self._buckets(decoded, period_seconds=query.period_seconds),
            names=names,
            with_fleet=query.service is None,
        )
        content["snapshot_id"] = snapshot.id
        if query.service is not None:
            content |= _past_of(query.service, decoded, changes=found.changes, query=query)
        return HistoryAnswer(
            rendered=Rendered(content),
            snapshot_id=found.id,
            finished_at=snapshot.finished_at,
            refresh_interval_seconds=snapshot.refresh_interval_seconds,
            asked_at=self._monotonic(),
        )

    def _buckets(self, decoded: "_Decoded", *, period_seconds: int) -> list[Window]:
        """Return what happened in each bucket, oldest first, computing only what was not known before."""
        size = history.bucket_seconds(period_seconds)
        start = decoded.span(period_seconds=period_seconds).start
        known = self._windows.get(period_seconds, {})
        kept: dict[tuple[int, int, int], Window] = {}
        windows = []
        for index in range(BUCKETS_PER_PERIOD):
            span = Span(start=start + index * size, end=start + (index + 1) * size)
            key = (span.start, *decoded.fingerprints(index))
            kept[key] = known.get(key) or decoded.window(index, span=span)
            windows.append(kept[key])
        self._windows[period_seconds] = kept
        self._windows.move_to_end(period_seconds)
        while len(self._windows) > MAX_PERIODS_KEPT:
            self._windows.popitem(last=False)
        return windows


class _Decoded:
    """The totals of a period, decoded as they are needed. Raises CorruptRecord when the newest cannot be read."""

    def __init__(self, stored: tuple[bytes | None, ...]) -> None:
        self._stored = stored
        self._totals: dict[int, Totals | None] = {}
        newest = self.at(len(stored) - 1)
        if newest is None or newest.at is None:
            raise CorruptRecord("the stored totals hold no sweep")
        self.newest = newest
        self.newest_at = newest.at

    def at(self, position: int) -> Totals | None:
        """Return the totals at the start of a bucket, None where they are lost."""
        if position not in self._totals:
            data = self._stored[position]
            try:
                self._totals[position] = None if data is None else codec.decode_totals(data)
            except CorruptRecord as error:
                logger.warning("%s; the history has a gap", error)
                self._totals[position] = None
        return self._totals[position]

    def span(self, *, period_seconds: int) -> Span:
        """Return the whole period."""
        return history.spans(at=self.newest_at, period_seconds=period_seconds)[0]

    def fingerprints(self, index: int) -> tuple[int, int]:
        """Return the values that identify the stored contents of a bucket."""
        return hash(self._stored[index]), hash(self._stored[index + 1])

    def window(self, index: int, *, span: Span) -> Window:
        """Return what happened in a bucket."""
        if self._stored[index] is not None and self._stored[index] == self._stored[index + 1]:
            return Window(span=span)  # no sweep fell into it
        return history.bucket_window(later=self.at(index + 1), earlier=self.at(index), newest=self.newest, span=span)

    def whole(self, *, period_seconds: int) -> Window:
        """Return what happened in the whole period."""
        span = self.span(period_seconds=period_seconds)
        return history.bucket_window(later=self.newest, earlier=self.at(0), newest=self.newest, span=span)


def _resolved(query: HistoryQuery, snapshot: Snapshot) -> tuple[NamedMetric, list[str]]:
    """Return the metric, and the services to show. Raises InvalidParameter, UnknownName."""
    readings = {name for state in snapshot.services for name in state.tracked}
    metric = metric_named(query.metric, readings=readings)
    if metric is None:
        raise not_among("metric", [*METRIC_NAMES, *sorted(readings - set(METRIC_NAMES))])
    if query.service is not None and all(state.name != query.service for state in snapshot.services):
        raise UnknownName(field="service", name=query.service)
    of_reading = query.metric in readings
    shown = [
        state.name
        for state in snapshot.services
        if query.service in (None, state.name) and (not of_reading or query.metric in state.tracked)
    ]
    return metric, shown


def _past_of(service: str, decoded: _Decoded, *, changes: tuple[bytes, ...], query: HistoryQuery) -> dict[str, object]:
    """Return what the answer says about one service beside its points."""
    whole = decoded.whole(period_seconds=query.period_seconds)
    return {
        "failures_by_kind": history.failures_by_kind(whole.services.get(service, {})),
        "status_changes": [entry for change in changes if (entry := _change(change, service)) is not None],
    }


def _change(data: bytes, service: str) -> dict[str, object] | None:
    try:
        return series.change_entry(codec.decode_change(data, service=service))
    except CorruptRecord as error:
        logger.warning("%s; it is left out", error)
        return None


@lru_cache(maxsize=1)
def process_histories() -> Histories:
    """Return the histories of this process."""
    return Histories(store=open_store(settings.REALTIME))
