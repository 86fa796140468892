"""Redis as the place where one collector publishes and every web process reads; knows no rule of what is stored."""

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import redis

from realtime.config import Config
from realtime.core import codec
from realtime.core.codec import CorruptRecord
from realtime.core.freshness import staleness_limit_seconds
from realtime.core.history import BUCKETS_PER_PERIOD, EMPTY, PERIODS, Totals, bucket_seconds
from realtime.core.records import ServiceMemory, Snapshot, StatusChange
from realtime.store import redis_keys as lifetimes
from realtime.store import scripts
from realtime.store.client import StoreClient, connection
from realtime.store.redis_keys import RedisKeys

_T = TypeVar("_T")

_REFUSALS = {b"held": "another collector holds the lease", b"recent": "another sweep has just begun"}

# The bucket of now, and two periods before it.
_BUCKETS_KEPT = 2 * BUCKETS_PER_PERIOD + 1
_BUCKET_SECONDS = tuple(bucket_seconds(period) for period in PERIODS.values())


class LeaseLost(Exception):
    """Another collector took over, or the store came back empty: what was to be published is refused."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """The right to publish one snapshot. `number` is the fence, and becomes the id of that snapshot."""

    number: int
    token: str = field(repr=False)

    @property
    def value(self) -> str:
        return f"{self.number}:{self.token}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Acquired:
    """A lease, and what the last sweep left behind; a part that is missing or unreadable is empty.

    woken: names of services whose back-off somebody ended since then.
    """

    lease: Lease
    previous: Snapshot | None
    memory: Mapping[str, ServiceMemory]
    totals: Totals
    woken: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class NotAcquired:
    """The lease is not available: another collector holds it, or began a sweep so recently that this one is not needed.

    number: the id of the snapshot that comes of that sweep, or came.
    remaining_seconds: until that lease ends at the latest, 0 when it ended already.
    """

    reason: str
    number: int
    remaining_seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """A snapshot as it lies in the store, with what a comparison of each period needs, all still encoded.

    edges: by period in seconds, the totals at the start of the current and of the previous window.
    """

    id: int
    snapshot: bytes
    totals: bytes
    edges: Mapping[int, tuple[bytes | None, bytes | None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedBuckets:
    """The history of one period as it lies in the store, and what belongs to it, all still encoded.

    totals: as they stood at the end of each bucket, oldest first, None where nothing was kept; the first is from
    before the period, the last is that of the snapshot. changes: of the service asked for, oldest first.
    """

    id: int
    snapshot: bytes
    totals: tuple[bytes | None, ...]
    changes: tuple[bytes, ...]


class Store:
    """The Redis of one installation, under one key prefix.

    Every method is one round trip and raises StoreUnavailable.
    """

    def __init__(self, *, connect: Callable[[], "redis.Redis"], prefix: str) -> None:
        self._client = StoreClient(connect)
        self._keys = RedisKeys(prefix)
        self._highest_seen = 0

    def acquire(self, *, lease_seconds: float, least_gap_seconds: float = 0.0) -> Acquired | NotAcquired:
        """Take the lease for one sweep.

        Args:
            lease_seconds: after which others may take it, should this process die.
            least_gap_seconds: refuse when another sweep began less than this ago.
        """
        token = secrets.token_hex(16)
        keys = self._keys
        answer = self._client.run(
            scripts.ACQUIRE,
            [keys.lease, keys.sequence, keys.started, keys.snapshot, keys.memory, keys.totals, keys.woken],
            [token, round(lease_seconds * 1000), round(least_gap_seconds * 1000), self._highest_seen],
        )
        if answer[0] in _REFUSALS:
            return NotAcquired(
                reason=_REFUSALS[answer[0]], number=int(answer[1]), remaining_seconds=int(answer[2]) / 1000
            )
        lease = Lease(number=int(answer[1]), token=token)
        self._highest_seen = max(self._highest_seen, lease.number)
        return _acquired(lease, snapshot=answer[2], memory=answer[3], totals=answer[4], woken=answer[5])

    def publish(
        self,
        *,
        lease: Lease,
        snapshot: Snapshot,
        memory: Mapping[str, ServiceMemory],
        totals: Totals,
        changes: Sequence[StatusChange] = (),
    ) -> None:
        """Publish a snapshot with all that belongs to it, and give the lease back; all of it happens, or nothing.

        Raises:
            LeaseLost: the lease is not the one now held.
        """
        keys = self._keys
        fresh_seconds = staleness_limit_seconds(
            refresh_interval_seconds=snapshot.refresh_interval_seconds,
            sweep_deadline_seconds=snapshot.sweep_deadline_seconds,
        )
        done = self._client.run(
            scripts.PUBLISH,
            [keys.lease, keys.head, keys.snapshot, keys.memory, keys.totals, *keys.history]
            + [keys.changes(change.service) for change in changes],
            [
                lease.value,
                snapshot.id,
                # As the comparison will read it out of the totals: a rounded one could fall into another bucket.
                repr(totals.at),
                codec.encode_snapshot(snapshot),
                codec.encode_memory(memory),
                codec.encode_totals(totals),
                round(fresh_seconds) + lifetimes.SNAPSHOT_EXTRA_SECONDS,
                lifetimes.HISTORY_SECONDS,
                lifetimes.CHANGES_SECONDS,
                lifetimes.CHANGES_KEPT,
                _BUCKETS_KEPT,
                len(PERIODS),
                int(totals.at == totals.started_at),
                *_BUCKET_SECONDS,
                *(codec.encode_change(change) for change in changes),
            ],
        )
        if not done:
            raise LeaseLost(f"the lease of snapshot {snapshot.id} is no longer held")

    def release(self, lease: Lease) -> None:
        """Give back a lease without publishing; one that is no longer held is left alone."""
        self._client.run(scripts.RELEASE, [self._keys.lease], [lease.value])

    def wake(self, names: Collection[str]) -> None:
        """Have the next sweep end the back-off of these services."""
        if names:
            self._client.run(scripts.WAKE, [self._keys.woken], [lifetimes.WOKEN_SECONDS, *names])

    def read(self, *, known_id: int | None) -> Published | int | None:
        """Return what is published: the bare id when it is the one already known, None when there is nothing."""
        keys = self._keys
        answer = self._client.run_read_only(
            scripts.READ,
            [keys.head, keys.snapshot, keys.totals, *keys.history],
            [known_id or "", BUCKETS_PER_PERIOD, *_BUCKET_SECONDS],
        )
        if not answer:
            return None
        self._highest_seen = max(self._highest_seen, int(answer[0]))
        if len(answer) == 1:
            return int(answer[0])
        _, snapshot, totals, *edges = answer
        if snapshot is None or totals is None:  # outlived by the head
            return None
        pairs = zip(edges[::2], edges[1::2], strict=True)
        return Published(
            id=int(answer[0]),
            snapshot=snapshot,
            totals=totals,
            edges=dict(zip(PERIODS.values(), pairs, strict=True)),
        )

    def read_buckets(
        self, *, period_seconds: int, known_id: int | None, service: str | None = None
    ) -> PublishedBuckets | int | None:
        """Return the history of a period: the bare id when it is the one already known, None when there is nothing.

        service: whose status changes are wanted too.
        """
        keys = self._keys
        history = keys.history[list(PERIODS.values()).index(period_seconds)]
        names = [keys.head, keys.snapshot, history, *([keys.changes(service)] if service is not None else [])]
        answer = self._client.run_read_only(
            scripts.READ_BUCKETS, names, [known_id or "", BUCKETS_PER_PERIOD, bucket_seconds(period_seconds)]
        )
        if not answer:
            return None
        self._highest_seen = max(self._highest_seen, int(answer[0]))
        if len(answer) == 1:
            return int(answer[0])
        _, snapshot, totals, changes = answer
        if snapshot is None or not totals:
            return None
        return PublishedBuckets(id=int(answer[0]), snapshot=snapshot, totals=tuple(totals), changes=tuple(changes))

    def status_changes(self, service: str) -> tuple[StatusChange, ...]:
        """Return the last status changes of a service that can be read, oldest first."""
        stored = self._client.list_items(self._keys.changes(service))
        decoded = (_decoded(change, partial(codec.decode_change, service=service))[0] for change in stored)
        return tuple(change for change in decoded if change is not None)


def open_store(config: Config) -> Store:
    """Return the store of this installation: django-redis' default cache, under the configured prefix."""
    return Store(connect=connection, prefix=config.key_prefix)


def _acquired(
    lease: Lease, *, snapshot: bytes | None, memory: bytes | None, totals: bytes | None, woken: Iterable[bytes]
) -> Acquired:
    """Decode what the last sweep left; a part that cannot be read starts afresh rather than stop the collector."""
    previous, snapshot_problem = _decoded(snapshot, codec.decode_snapshot)
    remembered, memory_problem = _decoded(memory, codec.decode_memory)
    counted, totals_problem = _decoded(totals, codec.decode_totals)
    return Acquired(
        lease=lease,
        previous=previous,
        memory=remembered or {},
        totals=counted or EMPTY,
        woken=frozenset(name.decode(errors="replace") for name in woken),
        problems=tuple(problem for problem in (snapshot_problem, memory_problem, totals_problem) if problem),
    )


def _decoded(data: bytes | None, decode: Callable[[bytes], _T]) -> tuple[_T | None, str | None]:
    if data is None:
        return None, None
    try:
        return decode(data), None
    except CorruptRecord as error:
        return None, str(error)
