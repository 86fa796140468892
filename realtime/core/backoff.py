"""Back-off: a target that keeps timing out is probed ever more rarely, so that the dead do not slow the living."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from realtime.core.maintenance import is_in_maintenance
from realtime.core.records import (
    Contact,
    FailureKind,
    ProbeResult,
    ServiceMemory,
    ServiceState,
    Status,
    Target,
)

LONGEST = timedelta(seconds=60)

# One probe that times out is an accident, two in a row are a habit.
LEAST_TIMEOUTS = 2

# Sweeps do not begin to the millisecond: one that is this share of an interval early counts as on time.
SLACK_SHARE = 0.25


def timed_out(result: ProbeResult) -> bool:
    """Tell whether a probe used up its whole time waiting; a resolver that stays silent takes as long as a target."""
    if result.failure is None:
        return False
    kind = result.failure.kind
    is_silent_resolver = kind is FailureKind.DNS and result.contact is Contact.SILENT
    return is_silent_resolver or kind in (FailureKind.TIMEOUT, FailureKind.SWEEP_DEADLINE)


def next_check_at(
    *, timeouts: int, failure_threshold: int, swept_at: datetime, interval_seconds: int
) -> datetime | None:
    """Return until when a target sits out after so many time-outs in a row, None when it does not.

    2, 4, 8, ... intervals after the second, third, fourth one, 60 s at most: at an interval of 5 s it is probed after
    10, 20, 40, 60, 60, ... s. It begins only once flap damping has had its failures, and never at an interval of 60 s.

    swept_at: the start of the sweep, which does not depend on how long the probe took.
    """
    if timeouts < max(LEAST_TIMEOUTS, failure_threshold):
        return None
    doublings = timeouts - max(LEAST_TIMEOUTS, failure_threshold) + 1
    wait = min(LONGEST, timedelta(seconds=interval_seconds) * 2 ** min(doublings, 16))
    return swept_at + wait if wait > timedelta(seconds=interval_seconds) else None


def sitting_out(
    targets: Sequence[Target],
    *,
    memory: Mapping[str, ServiceMemory],
    shown: Mapping[str, ServiceState],
    now: datetime,
    interval_seconds: int,
    probe_seconds: float,
) -> frozenset[str]:
    """Return the names of those that sit this sweep out.

    Who comes back from a back-off will probably time out again. So of those that are due, only as many are probed as
    can time out within `probe_seconds` of all threads together, the longest overdue first; the others wait on.
    """
    waiting = set()
    due: list[tuple[datetime, Target]] = []
    for target in targets:
        until = memory.get(target.name, _NOTHING).next_check_at
        if until is None or _left_maintenance(target, shown.get(target.name), now=now):
            continue
        if _is_due(until, now=now, interval_seconds=interval_seconds):
            due.append((until, target))
        else:
            waiting.add(target.name)
    return frozenset(waiting | set(_beyond(sorted(due, key=lambda pair: pair[0]), probe_seconds=probe_seconds)))


def ended(memory: Mapping[str, ServiceMemory], *, names: Collection[str]) -> dict[str, ServiceMemory]:
    """Return what is remembered, with the back-off of these services undone."""
    return {
        name: replace(kept, timeouts=0, next_check_at=None) if name in names else kept for name, kept in memory.items()
    }


_NOTHING = ServiceMemory()


def _is_due(until: datetime, *, now: datetime, interval_seconds: int) -> bool:
    left = until - now
    # Further away than any back-off is long: the clock was set back.
    return left <= timedelta(seconds=SLACK_SHARE * interval_seconds) or left > LONGEST


def _left_maintenance(target: Target, state: ServiceState | None, *, now: datetime) -> bool:
    """Tell whether its maintenance has just ended: nobody knows how it is now, and everybody wants to."""
    was_in_it = state is not None and state.status is Status.MAINTENANCE
    return was_in_it and not is_in_maintenance(target.maintenance, now=now)


def _beyond(due: Sequence[tuple[datetime, Target]], *, probe_seconds: float) -> list[str]:
    """Return the names of those that have no place any more; the first always has one."""
    left = probe_seconds
    names = []
    for position, (_, target) in enumerate(due):
        left -= target.timeout_seconds
        if left < 0 and position:
            names.append(target.name)
    return names
