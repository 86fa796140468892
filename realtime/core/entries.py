"""What one target contributes to a snapshot: its state, what is remembered of it, and whether it counts as a sample."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from realtime.core import backoff, rates
from realtime.core.bound_verdict import with_bounds
from realtime.core.certificate_verdict import with_certificate
from realtime.core.damping import Damped, damp
from realtime.core.freshness import staleness_limit_seconds
from realtime.core.maintenance import maintenance_until
from realtime.core.readings import UPTIME, public_name
from realtime.core.records import (
    Contact,
    FailureKind,
    Outcome,
    ProbeResult,
    ServiceMemory,
    ServiceState,
    Shown,
    Status,
    Sweep,
    Target,
    UnprobedReason,
)

# A counter's rate over a longer gap is none; where sweeps themselves are rarer, over more than one missed sweep.
LONGEST_COUNTER_GAP_SECONDS = 300.0

NOT_CHECKED_YET = "not checked yet"
NOT_CHECKED_LATELY = "the last check is too long ago"
NETWORK_FAILED = "the network of the machine that checks has failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What one target contributes.

    is_known: its status is of this sweep, and not one kept because of an internal failure.
    is_sample: the sweep counts as a probe of it; failed_as: as a failed one, of this kind.
    is_fresh: its readings and its latency are of this sweep.
    """

    target: Target
    state: ServiceState
    memory: ServiceMemory
    is_known: bool
    is_sample: bool
    is_fresh: bool
    failed_as: FailureKind | None = None


def entry_of(
    target: Target,
    outcome: Outcome,
    *,
    sweep: Sweep,
    network_failed: bool,
    old: ServiceState | None,
    memory: ServiceMemory | None,
) -> Entry:
    """Return what a target contributes.

    network_failed: our own network did, so no probe is a sample, and silence says nothing about a service.
    old, memory: as the last sweep left them, None for a new service.
    """
    until = maintenance_until(target.maintenance, now=sweep.finished_at)
    state = _described(old or _new_state(target), target)
    if state.status is Status.MAINTENANCE and until is None:
        # What was before the maintenance is long past, and the maintenance itself said nothing of the service.
        state = replace(state, status=Status.UNKNOWN, reason=NOT_CHECKED_YET, maintenance_until=None)
    remembered = _forget_removed(memory or ServiceMemory(), target)
    entry = _entry(target, outcome, sweep=sweep, network_failed=network_failed, state=state, memory=remembered)
    if network_failed:
        entry = _uncounted(entry, failures=state.consecutive_failures, remembered=remembered)
    if until is not None:
        entry = _in_maintenance(entry, until=until, failures=state.consecutive_failures)
    since = _status_since(entry.state.status, old=old, held=remembered.held, at=sweep.finished_at)
    return replace(entry, state=replace(entry.state, status_since=since))


def _status_since(status: Status, *, old: ServiceState | None, held: Shown | None, at: datetime) -> datetime:
    """Return since when this status is shown; a failure of our own network in between does not end it."""
    if old is not None and old.status is status:
        return old.status_since or at
    if held is not None and held.status is status and old is not None and old.status is Status.UNKNOWN:
        return held.since or at
    return at


def _entry(
    target: Target,
    outcome: Outcome,
    *,
    sweep: Sweep,
    network_failed: bool,
    state: ServiceState,
    memory: ServiceMemory,
) -> Entry:
    if isinstance(outcome, ProbeResult):
        if network_failed and outcome.contact is Contact.SILENT:
            return _cut_off(target, state=state, memory=memory)
        return _probed(target, outcome, sweep=sweep, state=state, memory=memory)
    if outcome.reason is UnprobedReason.SAT_OUT:
        return _sat_out(target, sweep=sweep, state=state, memory=memory)
    return _not_probed(target, sweep=sweep, state=state, memory=memory)


def _probed(target: Target, result: ProbeResult, *, sweep: Sweep, state: ServiceState, memory: ServiceMemory) -> Entry:
    checked_at = sweep.started_at + timedelta(seconds=result.finished_seconds)
    counters, series = rates.samples_of(result, at=checked_at)
    rated = rates.rates_between(
        memory,
        target=target,
        counters=counters,
        series=series,
        longest_gap_seconds=max(LONGEST_COUNTER_GAP_SECONDS, _staleness_limit(sweep)),
    )
    result = with_bounds(result, target=target, rates=rated)
    result = with_certificate(result, target=target, now=checked_at)
    failed = result.status.is_bad
    damped = damp(
        before=Damped(shown=_shown(state, memory), streak=memory.streak),
        verdict=_shown_by(result),
        failure_threshold=target.failure_threshold,
        success_threshold=target.success_threshold,
    )
    shown = damped.shown
    failed_as = result.failure.kind if failed and result.failure else None
    timeouts = memory.timeouts + 1 if backoff.timed_out(result) else 0
    next_check_at = backoff.next_check_at(
        timeouts=timeouts,
        failure_threshold=target.failure_threshold,
        swept_at=sweep.started_at,
        interval_seconds=sweep.refresh_interval_seconds,
    )
    return Entry(
        target=target,
        state=replace(
            state,
            status=shown.status,
            pending=damped.is_pending,
            failure=shown.failure,
            evidence=shown.evidence,
            unknown_word=shown.unknown_word,
            reason=shown.reason,
            certificate_days=result.certificate_days,
            response_time_seconds=result.response_time_seconds,
            readings=_ordered({**result.gauges, **rated}, first=state.tracked),
            reading_errors=result.reading_errors,
            uptime_seconds=result.uptime_seconds,
            checked_at=checked_at,
            last_success_at=state.last_success_at if failed else checked_at,
            consecutive_failures=state.consecutive_failures + 1 if failed else 0,
            next_check_at=next_check_at,
        ),
        memory=ServiceMemory(
            streak=damped.streak,
            last_kind=failed_as,
            timeouts=timeouts,
            next_check_at=next_check_at,
            counters={**memory.counters, **counters},
            series={**memory.series, **series},
            # Without a usable answer, what the last one said stands for as long as its status is shown.
            conditions=memory.conditions if result.status is Status.ERROR else result.conditions,
        ),
        is_known=True,
        is_sample=True,
        is_fresh=True,
        failed_as=failed_as,
    )


def _shown(state: ServiceState, memory: ServiceMemory) -> Shown:
    """Return what damping goes on from: what was shown before our network failed, if it did."""
    if state.status is Status.UNKNOWN and memory.held is not None:
        return memory.held
    return Shown(
        status=state.status,
        since=state.status_since,
        failure=state.failure,
        evidence=state.evidence,
        unknown_word=state.unknown_word,
        reason=state.reason,
    )


def _shown_by(result: ProbeResult) -> Shown:
    reason = result.reason or (result.failure.message if result.failure else None)
    return Shown(
        status=result.status,
        failure=result.failure,
        evidence=result.evidence,
        unknown_word=result.unknown_word,
        reason=None if result.status is Status.HEALTHY else reason,
    )


def _sat_out(target: Target, *, sweep: Sweep, state: ServiceState, memory: ServiceMemory) -> Entry:
    """Keep what was shown, however old, and count one more failed probe, of the kind of the last one.

    One whose last probe did not fail (its name look-up hangs since, or its first probe was cut) has no such kind, and
    no failure that could stand for ever: it expires like any other unprobed service.
    """
    if memory.last_kind is None:
        return _not_probed(target, sweep=sweep, state=state, memory=memory)
    return Entry(
        target=target,
        state=replace(
            state,
            consecutive_failures=state.consecutive_failures + 1,
            next_check_at=_expected_check_at(memory, sweep),
        ),
        memory=memory,
        is_known=True,
        is_sample=True,
        is_fresh=False,
        failed_as=memory.last_kind,
    )


def _expected_check_at(memory: ServiceMemory, sweep: Sweep) -> datetime | None:
    """Return when it is probed again; one that was due, but had no place in this sweep, in the next one."""
    if memory.next_check_at is None:
        return None
    return max(memory.next_check_at, sweep.started_at + timedelta(seconds=sweep.refresh_interval_seconds))


def _not_probed(target: Target, *, sweep: Sweep, state: ServiceState, memory: ServiceMemory) -> Entry:
    """Keep what was shown until it is too old: the failure is internal."""
    state = replace(state, next_check_at=None)
    age = None if state.checked_at is None else (sweep.finished_at - state.checked_at).total_seconds()
    if age is None or age > _staleness_limit(sweep):
        state = _nothing_known(state, reason=NOT_CHECKED_YET if age is None else NOT_CHECKED_LATELY)
        memory = replace(memory, streak=0, held=None)
    return Entry(target=target, state=state, memory=memory, is_known=False, is_sample=False, is_fresh=False)


def _cut_off(target: Target, *, state: ServiceState, memory: ServiceMemory) -> Entry:
    """Say that nothing is known, and remember everything: damping goes on from here when the network is back."""
    if state.status is not Status.UNKNOWN:
        memory = replace(memory, held=_shown(state, memory))
    return Entry(
        target=target,
        state=_nothing_known(state, reason=NETWORK_FAILED),
        memory=memory,
        is_known=False,
        is_sample=False,
        is_fresh=False,
    )


def _nothing_known(state: ServiceState, *, reason: str) -> ServiceState:
    return replace(
        state,
        status=Status.UNKNOWN,
        pending=False,
        failure=None,
        evidence=None,
        unknown_word=None,
        reason=reason,
        certificate_days=None,
        response_time_seconds=None,
        readings={},
        reading_errors={},
        uptime_seconds=None,
        next_check_at=None,
    )


def _uncounted(entry: Entry, *, failures: int, remembered: ServiceMemory) -> Entry:
    """Leave an entry of a sweep in which our network failed out of all figures, and begin no back-off because of it."""
    return replace(
        entry,
        state=replace(
            entry.state,
            consecutive_failures=min(entry.state.consecutive_failures, failures),
            next_check_at=remembered.next_check_at if not entry.is_fresh and entry.is_known else None,
        ),
        memory=replace(entry.memory, timeouts=remembered.timeouts, next_check_at=remembered.next_check_at),
        is_sample=False,
        failed_as=None,
    )


def _in_maintenance(entry: Entry, *, until: datetime, failures: int) -> Entry:
    """Show what the probe brought, but neither judge nor count it: the first verdict after the window applies at once.

    Back-off goes on, for a fleet in maintenance hangs like a dead one.
    """
    return replace(
        entry,
        state=replace(
            entry.state,
            status=Status.MAINTENANCE,
            maintenance_until=until,
            reason=f"in maintenance until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            pending=False,
            failure=None,
            consecutive_failures=min(entry.state.consecutive_failures, failures),
        ),
        memory=replace(entry.memory, streak=0, held=None),
        is_known=True,
        is_sample=False,
        failed_as=None,
    )


def _staleness_limit(sweep: Sweep) -> float:
    return staleness_limit_seconds(
        refresh_interval_seconds=sweep.refresh_interval_seconds, sweep_deadline_seconds=sweep.deadline_seconds
    )


def _new_state(target: Target) -> ServiceState:
    return ServiceState(
        name=target.name,
        type=target.type,
        group=target.group,
        counts_as_api=target.counts_as_api,
        status=Status.UNKNOWN,
        reason=NOT_CHECKED_YET,
    )


def _described(state: ServiceState, target: Target) -> ServiceState:
    """Return the state with what the registry says now, which may have changed since the last sweep."""
    return replace(
        state,
        type=target.type,
        group=target.group,
        counts_as_api=target.counts_as_api,
        tracked=tuple(public_name(spec.name) for spec in target.readings if spec.name != UPTIME),
    )


def _forget_removed(memory: ServiceMemory, target: Target) -> ServiceMemory:
    readings = {public_name(spec.name) for spec in target.readings}
    sources = {source.name for source in target.data_sources}
    return replace(
        memory,
        counters={name: sample for name, sample in memory.counters.items() if name in readings},
        series={name: sample for name, sample in memory.series.items() if name in readings},
        conditions={name: held for name, held in memory.conditions.items() if name in sources},
    )


def _ordered(readings: Mapping[str, float], *, first: Sequence[str]) -> dict[str, float]:
    known = {name: readings[name] for name in first if name in readings}
    return known | {name: value for name, value in readings.items() if name not in known}
