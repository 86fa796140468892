"""Back-off: a target that keeps timing out is probed less and less often, so that it does not slow down the others."""

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

# A single time-out can be an accident; two in a row start the back-off.
LEAST_TIMEOUTS = 2

# How much of its wait one must have behind it to be probed early, along with another that is due.
EARLY_SHARE = 0.5

# Sweeps do not begin to the millisecond: one that is this share of an interval early counts as on time.
SLACK_SHARE = 0.25


def timed_out(result: ProbeResult) -> bool:
    """Return whether a probe used up its whole time waiting, for the target or for a silent resolver."""
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
    wait = _wait(timeouts=timeouts, failure_threshold=failure_threshold, interval_seconds=interval_seconds)
    return swept_at + wait if wait > timedelta(seconds=interval_seconds) else None


def _wait(*, timeouts: int, failure_threshold: int, interval_seconds: int) -> timedelta:
    doublings = max(0, timeouts - max(LEAST_TIMEOUTS, failure_threshold) + 1)
    return min(LONGEST, timedelta(seconds=interval_seconds) * (1 << min(doublings, 16)))


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

    Who comes back from a back-off will probably time out again, and have the whole sweep wait for it. So when one is
    due, others that have half of their wait behind them are probed with it, and the next sweeps are free of them; and
    only as many are probed as can time out within `probe_seconds` of all threads together, the longest due first.
    """
    waiting = {
        target.name: (kept.next_check_at, target)
        for target in targets
        if (kept := memory.get(target.name, _NOTHING)).next_check_at is not None
        and not _left_maintenance(target, shown.get(target.name), now=now)
    }
    if not any(_is_due(until, now=now, interval_seconds=interval_seconds) for until, _ in waiting.values()):
        return frozenset(waiting)
    candidates = sorted(
        (pair for name, pair in waiting.items() if _may_join(*pair, memory[name], now, interval_seconds)),
        key=lambda pair: pair[0],
    )
    return frozenset(waiting) - set(_within(candidates, probe_seconds=probe_seconds))


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


def _may_join(until: datetime, target: Target, kept: ServiceMemory, now: datetime, interval_seconds: int) -> bool:
    if _is_due(until, now=now, interval_seconds=interval_seconds):
        return True
    wait = _wait(timeouts=kept.timeouts, failure_threshold=target.failure_threshold, interval_seconds=interval_seconds)
    return until - now <= (1 - EARLY_SHARE) * wait


def _left_maintenance(target: Target, state: ServiceState | None, *, now: datetime) -> bool:
    """Return whether its maintenance has just ended, so that its status is not known and should be probed at once."""
    was_in_it = state is not None and state.status is Status.MAINTENANCE
    return was_in_it and not is_in_maintenance(target.maintenance, now=now)


def _within(due: Sequence[tuple[datetime, Target]], *, probe_seconds: float) -> list[str]:
    """Return the names of those that have a place; the first always has one."""
    left = probe_seconds
    names = []
    for position, (_, target) in enumerate(due):
        left -= target.timeout_seconds
        if left < 0 and position:
            break
        names.append(target.name)
    return names
