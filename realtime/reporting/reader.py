"""What this process last saw of the store, and the answers made of it; asking costs a request at most one round trip.

One request in 100 ms asks the store, and the others do not wait for it, unless this process has never asked before.
Once the store fails to answer, it is asked from a thread beside the requests until it does again, so that only the
request which found out has waited.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings

from realtime.core import freshness
from realtime.core.codec import CorruptRecord
from realtime.core.document import NOTHING_PUBLISHED
from realtime.core.records import Fault, FaultCode, Snapshot
from realtime.core.slices import WHOLE, Slice
from realtime.reporting import rendering
from realtime.reporting.rendering import Material, Rendered
from realtime.store.client import StoreUnavailable
from realtime.store.snapshots import Published, Store, open_store

logger = logging.getLogger(__name__)

LEAST_SECONDS_BETWEEN_READS = 0.1
SECONDS_BETWEEN_READS_WHILE_DOWN = 0.5
MAX_SLICES = 64  # of one snapshot that are kept


class CacheState(StrEnum):
    """How an answer came about: from memory, from a snapshot that is too old, or made for this request."""

    HIT = "HIT"
    STALE = "STALE"
    MISS = "MISS"


@dataclass(frozen=True, kw_only=True, slots=True)
class Latest:
    """The snapshot that this process last saw, as it is to be judged now; all None when it never saw one.

    fault: the internal failure: the store's now, else the one when the snapshot was made.
    """

    snapshot: Snapshot | None = None
    stale: bool = True
    age_seconds: float | None = None
    fault: Fault | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One answer, and what the HTTP headers need to know of it."""

    rendered: Rendered
    latest: Latest
    cache_state: CacheState


@dataclass(frozen=True, kw_only=True, slots=True)
class _Seen:
    """A snapshot, and when this process saw it first (monotonic seconds)."""

    material: Material
    seen_at: float


class _Key(NamedTuple):
    """What a rendered answer depends on."""

    snapshot_id: int
    period_seconds: int
    stale: bool
    fault: Fault | None
    part: Slice


class Reader:
    """Reads the store for one process, and keeps the answers made of the latest snapshot."""

    def __init__(self, *, store: Store, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._monotonic = monotonic
        self._seen: _Seen | None = None
        self._known_id: int | None = None  # the last one read, also when it could not be decoded
        self._store_fault: Fault | None = None
        self._announced_id: int | None = None
        self._asked_at: float | None = None
        self._asking = threading.Lock()
        self._rendering = threading.Lock()
        self._rendered: dict[_Key, Rendered] = {}

    def answer(self, *, period_seconds: int, now: datetime, part: Slice = WHOLE) -> Answer:
        """Return the answer, or a slice of it, for a period of comparison; `now` is aware UTC.

        Raises:
            UnknownName: the slice names a service or group that the snapshot does not have.
        """
        seen, latest = self._judge(now=now)
        if seen is None:
            rendered = rendering.render_without_snapshot(now=now, period_seconds=period_seconds)
            return Answer(rendered=rendered, latest=latest, cache_state=CacheState.MISS)
        rendered, is_new = self._render(seen.material, period_seconds=period_seconds, latest=latest, part=part)
        cache_state = CacheState.MISS if is_new else CacheState.HIT
        if latest.stale:
            cache_state = CacheState.STALE
        return Answer(rendered=rendered, latest=latest, cache_state=cache_state)

    def latest(self, *, now: datetime) -> Latest:
        """Return the latest snapshot, asking the store for a newer one when that is due."""
        return self._judge(now=now)[1]

    def _judge(self, *, now: datetime) -> tuple[_Seen | None, Latest]:
        self.refresh()
        seen, fault = self._seen, self._store_fault
        if seen is None:
            return None, Latest(fault=fault or NOTHING_PUBLISHED)
        snapshot = seen.material.snapshot
        age = freshness.age_seconds(snapshot=snapshot, now=now, seconds_since_seen=self._monotonic() - seen.seen_at)
        return seen, Latest(
            snapshot=snapshot,
            stale=fault is not None or freshness.is_stale(snapshot=snapshot, age_seconds=age),
            age_seconds=age,
            fault=fault or snapshot.fault,
        )

    def hear_of(self, snapshot_id: int) -> None:
        """Take notice of an announced snapshot: the next request asks for it, however recently the store was read."""
        self._announced_id = snapshot_id

    def refresh(self) -> None:
        """Ask the store when that is due and nobody else is asking."""
        # Before the first read, requests wait for it: the alternative is a 503.
        if not self._is_due() or not self._asking.acquire(blocking=self._asked_at is None):
            return
        if not self._is_due():  # someone else has asked meanwhile
            self._asking.release()
        elif self._store_fault is None:
            self._ask()
        else:
            threading.Thread(target=self._ask, name="store-reader", daemon=True).start()

    def _is_due(self) -> bool:
        if self._store_fault is None and self._announced_id not in (None, self._known_id):
            return True
        gap = LEAST_SECONDS_BETWEEN_READS if self._store_fault is None else SECONDS_BETWEEN_READS_WHILE_DOWN
        return self._asked_at is None or self._monotonic() - self._asked_at >= gap

    def _ask(self) -> None:
        """Read the store once; the caller holds `_asking`, which ends here."""
        try:
            self._read()
        finally:
            self._asked_at = self._monotonic()
            self._asking.release()

    def _read(self) -> None:
        self._announced_id = None
        try:
            found = self._store.read(known_id=self._known_id)
            if isinstance(found, Published):
                self._known_id = found.id
                self._seen = _Seen(material=rendering.decode(found), seen_at=self._monotonic())
        except StoreUnavailable as error:
            if self._store_fault is None:
                logger.warning("%s; answering from memory", error)
            self._store_fault = Fault(code=FaultCode.STORE_UNAVAILABLE, message=str(error))
            return
        except CorruptRecord as error:
            logger.error("%s; answering with the one before", error)
        if self._store_fault is not None:
            logger.info("the store answers again")
            self._store_fault = None

    def _render(self, material: Material, *, period_seconds: int, latest: Latest, part: Slice) -> tuple[Rendered, bool]:
        """Return the rendered answer, and whether it had to be made. Raises UnknownName."""
        key = _Key(
            snapshot_id=material.snapshot.id,
            period_seconds=period_seconds,
            stale=latest.stale,
            fault=latest.fault,
            part=part,
        )
        rendered = self._rendered.get(key)
        if rendered is not None:
            return rendered, False
        part.check_names(material.snapshot.services)
        with self._rendering:
            rendered = self._rendered.get(key)
            if rendered is not None:
                return rendered, False
            rendered = rendering.render(
                material, period_seconds=period_seconds, stale=latest.stale, fault=latest.fault, part=part
            )
            self._rendered = {**self._kept(material.snapshot.id), key: rendered}
            return rendered, True

    def _kept(self, snapshot_id: int) -> dict[_Key, Rendered]:
        """Return the answers made of this snapshot, with room for one more slice: the oldest slices go first."""
        kept = {key: rendered for key, rendered in self._rendered.items() if key.snapshot_id == snapshot_id}
        slices = [key for key in kept if not key.part.is_whole]
        for key in slices[: max(0, len(slices) - MAX_SLICES + 1)]:
            del kept[key]
        return kept


@lru_cache(maxsize=1)
def process_reader() -> Reader:
    """Return the reader of this process."""
    return Reader(store=open_store(settings.REALTIME))


def latest_snapshot(now: datetime) -> Latest:
    """Return the latest snapshot that this process can have."""
    return process_reader().latest(now=now)
