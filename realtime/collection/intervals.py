"""The refresh interval of a cycle without a given one: that of the snapshot that is published now."""

from datetime import datetime

from realtime.core import codec, freshness
from realtime.core.codec import CorruptRecord
from realtime.store.snapshots import Published, Store

# With no fresh snapshot to go by: as often as cron runs at most.
FALLBACK_INTERVAL_SECONDS = 60


def present_interval_seconds(*, store: Store, now: datetime) -> int:
    """Return the interval of the present snapshot, or 60 when that is stale, missing or unreadable.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    published = store.read(known_id=None)
    if not isinstance(published, Published):
        return FALLBACK_INTERVAL_SECONDS
    try:
        snapshot = codec.decode_snapshot(published.snapshot)
    except CorruptRecord:
        return FALLBACK_INTERVAL_SECONDS
    age_seconds = freshness.age_seconds(snapshot=snapshot, now=now, seconds_since_seen=0.0)
    is_stale = freshness.is_stale(snapshot=snapshot, age_seconds=age_seconds)
    return FALLBACK_INTERVAL_SECONDS if is_stale else snapshot.refresh_interval_seconds
