"""Whose turn is when: the order in which a sweep begins its probes."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from realtime.core.records import FailureKind, ServiceMemory, Snapshot, Target

# Probes that failed like this took their whole time, and probably will again.
_SLOW_FAILURES = frozenset({FailureKind.TIMEOUT, FailureKind.SWEEP_DEADLINE, FailureKind.DNS})

_NEVER = datetime.min.replace(tzinfo=UTC)


def in_turn(
    targets: Iterable[Target], *, memory: Mapping[str, ServiceMemory], previous: Snapshot | None
) -> list[Target]:
    """Return the targets in the order in which they begin.

    Those that hung last time come last, so that nobody waits for them. Before the others, and among those, come the
    ones that the previous sweep had no time for, longest unchecked first: a sweep that is too short for all of them
    leaves out others each time.
    """
    hung = {name for name, remembered in memory.items() if remembered.last_kind in _SLOW_FAILURES}
    shown = previous.services if previous else ()
    checked_at = {state.name: state.checked_at for state in shown if state.checked_at is not None}
    began = previous.finished_at - timedelta(seconds=previous.collection_seconds) if previous else _NEVER

    def turn(target: Target) -> tuple[bool, datetime]:
        return target.name in hung, min(checked_at.get(target.name, _NEVER), began)

    return sorted(targets, key=turn)
