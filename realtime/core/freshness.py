"""How old a snapshot is, and when it is stale."""

from datetime import datetime

from realtime.core.records import Snapshot

# A snapshot may miss one successor before it counts as stale.
INTERVALS_BEFORE_STALE = 2


def staleness_limit_seconds(*, refresh_interval_seconds: int, sweep_deadline_seconds: float) -> float:
    """Return the greatest age that is still fresh: two refresh intervals and the sweep deadline."""
    return INTERVALS_BEFORE_STALE * refresh_interval_seconds + sweep_deadline_seconds


def age_seconds(*, snapshot: Snapshot, now: datetime, seconds_since_seen: float) -> float:
    """Return the age of a snapshot, never negative.

    The larger of the wall-clock age and the monotonic time since this process first saw it: a wall clock that was
    set back must not make an old snapshot young.
    """
    return max((now - snapshot.finished_at).total_seconds(), seconds_since_seen, 0.0)


def is_stale(*, snapshot: Snapshot, age_seconds: float) -> bool:
    """Return whether a snapshot of this age is too old, by the interval and deadline it was made under."""
    limit = staleness_limit_seconds(
        refresh_interval_seconds=snapshot.refresh_interval_seconds,
        sweep_deadline_seconds=snapshot.sweep_deadline_seconds,
    )
    return age_seconds > limit
