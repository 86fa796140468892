"""Makes one snapshot out of what a sweep brought, what the last one said, and what has to be remembered between."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from realtime.core import counting, history
from realtime.core.damping import Shown, damp
from realtime.core.freshness import staleness_limit_seconds
from realtime.core.readings import UPTIME, counter_rate, public_name
from realtime.core.records import (
    CounterSample,
    FailureKind,
    Fault,
    FaultCode,
    ProbeResult,
    ReadingSpec,
    ServiceMemory,
    ServiceState,
    Snapshot,
    Status,
    StatusChange,
    Target,
    Unprobed,
    UnprobedReason,
)

Outcome = ProbeResult | Unprobed

# A counter's rate over a longer gap is none; where sweeps themselves are rarer, over more than one missed sweep.
LONGEST_COUNTER_GAP_SECONDS = 300.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """One pass over all targets: `outcomes` in the order of `targets`, and the figures it was made under.

    fault: what of ours had failed before the probes began (the registry), None when nothing had.
    """

    targets: Sequence[Target]
    outcomes: Sequence[Outcome]
    started_at: datetime
    finished_at: datetime
    collection_seconds: float
    refresh_interval_seconds: int
    deadline_seconds: float
    fault: Fault | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Consolidated:
    """What one sweep leaves: the snapshot to publish, and what the next sweep and the history need.

    tracked: the readings with history of each service of the registry.
    """

    snapshot: Snapshot
    memory: Mapping[str, ServiceMemory]
    sample: history.Sample
    tracked: Mapping[str, tuple[str, ...]]
    changes: tuple[StatusChange, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    """What one target contributes. `failed_as` is set when the sweep counts as a failed probe; no sample, no values."""

    target: Target
    state: ServiceState
    memory: ServiceMemory
    is_sample: bool
    is_fresh: bool
    failed_as: FailureKind | None = None


def consolidate(
    *, sweep: Sweep, snapshot_id: int, previous: Snapshot | None, memory: Mapping[str, ServiceMemory]
) -> Consolidated:
    """Return the snapshot of a sweep, and what goes with it.

    previous, memory: as the last sweep left them; a service absent from both is new.
    """
    before = {state.name: state for state in previous.services} if previous else {}
    entries = [
        _entry(target, outcome, sweep=sweep, old=before.get(target.name), memory=memory.get(target.name))
        for target, outcome in zip(sweep.targets, sweep.outcomes, strict=True)
    ]
    states = tuple(entry.state for entry in entries)
    contributing = [entry for entry in entries if _event_readings(entry.target)]
    fresh = [entry for entry in contributing if _contributes(entry)]
    snapshot = Snapshot(
        id=snapshot_id,
        finished_at=sweep.finished_at,
        refresh_interval_seconds=sweep.refresh_interval_seconds,
        sweep_deadline_seconds=sweep.deadline_seconds,
        collection_seconds=sweep.collection_seconds,
        services=states,
        active_sources=_active_sources(entries),
        events_per_second=sum(_events(entry) for entry in contributing),
        events_expected=len(contributing),
        events_fresh=len(fresh),
        fault=sweep.fault or _fault(sweep.outcomes),
    )
    return Consolidated(
        snapshot=snapshot,
        memory={entry.target.name: entry.memory for entry in entries},
        sample=_sample(entries, snapshot),
        tracked={entry.target.name: entry.state.tracked for entry in entries},
        changes=tuple(_changes(states, before, at=sweep.finished_at)),
    )


def _entry(
    target: Target, outcome: Outcome, *, sweep: Sweep, old: ServiceState | None, memory: ServiceMemory | None
) -> _Entry:
    state = _described(old or _new_state(target), target)
    remembered = _forget_removed(memory or ServiceMemory(), target)
    if isinstance(outcome, ProbeResult):
        return _probed(target, outcome, sweep=sweep, state=state, memory=remembered)
    if outcome.reason is UnprobedReason.SAT_OUT:
        return _sat_out(target, sweep=sweep, state=state, memory=remembered)
    return _not_probed(target, sweep=sweep, state=state, memory=remembered)


def _probed(target: Target, result: ProbeResult, *, sweep: Sweep, state: ServiceState, memory: ServiceMemory) -> _Entry:
    checked_at = sweep.started_at + timedelta(seconds=result.finished_seconds)
    failed = result.status.is_bad
    shown = damp(
        shown=Shown(status=state.status, failure=state.failure, streak=memory.streak),
        verdict=result.status,
        failure=result.failure,
        failure_threshold=target.failure_threshold,
        success_threshold=target.success_threshold,
    )
    counters = {name: CounterSample(total=total, at=checked_at) for name, total in result.counters.items()}
    rates = _rates(counters, before=memory.counters, sweep=sweep)
    failed_as = result.failure.kind if failed and result.failure else None
    return _Entry(
        target=target,
        state=replace(
            state,
            status=shown.status,
            pending=shown.is_pending,
            failure=shown.failure,
            response_time_seconds=result.response_time_seconds,
            readings=_ordered({**result.gauges, **rates}, first=state.tracked),
            reading_errors=result.reading_errors,
            uptime_seconds=result.uptime_seconds,
            checked_at=checked_at,
            last_success_at=state.last_success_at if failed else checked_at,
            consecutive_failures=state.consecutive_failures + 1 if failed else 0,
        ),
        memory=ServiceMemory(
            streak=shown.streak,
            last_kind=failed_as,
            counters={**memory.counters, **counters},
            # Without a usable answer, what the last one said stands for as long as its status is shown.
            conditions=memory.conditions if result.status is Status.ERROR else result.conditions,
        ),
        is_sample=True,
        is_fresh=True,
        failed_as=failed_as,
    )


def _rates(
    counters: Mapping[str, CounterSample], *, before: Mapping[str, CounterSample], sweep: Sweep
) -> dict[str, float]:
    longest_gap = max(LONGEST_COUNTER_GAP_SECONDS, _staleness_limit(sweep))
    rates = {
        name: counter_rate(before=before.get(name), after=sample, longest_gap_seconds=longest_gap)
        for name, sample in counters.items()
    }
    return {name: rate for name, rate in rates.items() if rate is not None}


def _sat_out(target: Target, *, sweep: Sweep, state: ServiceState, memory: ServiceMemory) -> _Entry:
    """Keep what was shown, however old, and count one more failed probe, of the kind of the last one.

    One whose last probe did not fail (its name look-up hangs since, or its first probe was cut) has no such kind, and
    no failure that could stand for ever: it is believed for as long as others that were not probed.
    """
    if memory.last_kind is None:
        return _not_probed(target, sweep=sweep, state=state, memory=memory)
    return _Entry(
        target=target,
        state=replace(state, consecutive_failures=state.consecutive_failures + 1),
        memory=memory,
        is_sample=True,
        is_fresh=False,
        failed_as=memory.last_kind,
    )


def _not_probed(target: Target, *, sweep: Sweep, state: ServiceState, memory: ServiceMemory) -> _Entry:
    """Keep what was shown, until it is too old to be believed: the failure is ours."""
    age = None if state.checked_at is None else (sweep.finished_at - state.checked_at).total_seconds()
    if age is None or age > _staleness_limit(sweep):
        state = replace(
            state,
            status=Status.UNKNOWN,
            pending=False,
            failure=None,
            response_time_seconds=None,
            readings={},
            reading_errors={},
            uptime_seconds=None,
        )
        memory = replace(memory, streak=0)
    return _Entry(target=target, state=state, memory=memory, is_sample=False, is_fresh=False)


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
        conditions={name: held for name, held in memory.conditions.items() if name in sources},
    )


def _ordered(readings: Mapping[str, float], *, first: Sequence[str]) -> dict[str, float]:
    known = {name: readings[name] for name in first if name in readings}
    return known | {name: value for name, value in readings.items() if name not in known}


def _event_readings(target: Target) -> list[ReadingSpec]:
    return [spec for spec in target.readings if spec.counts_toward_events]


def _contributes(entry: _Entry) -> bool:
    names = (public_name(spec.name) for spec in _event_readings(entry.target))
    return entry.is_fresh and all(name in entry.state.readings for name in names)


def _events(entry: _Entry) -> float:
    if not entry.is_fresh:
        return 0.0
    return sum(entry.state.readings.get(public_name(spec.name), 0.0) for spec in _event_readings(entry.target))


def _active_sources(entries: Sequence[_Entry]) -> tuple[str, ...]:
    return tuple(
        sorted(
            source.name
            for entry in entries
            for source in entry.target.data_sources
            if entry.state.status.is_good
            and (source.condition is None or entry.memory.conditions.get(source.name, False))
        )
    )


def _fault(outcomes: Sequence[Outcome]) -> Fault | None:
    reasons = [outcome.reason for outcome in outcomes if isinstance(outcome, Unprobed)]
    for reason, code, words in (
        (UnprobedReason.INTERNAL, FaultCode.INTERNAL, "because of a fault in the collector"),
        (UnprobedReason.OVERRUN, FaultCode.SWEEP_OVERRUN, "before the sweep had to end"),
    ):
        if reason in reasons:
            message = f"{reasons.count(reason)} of {len(outcomes)} services could not be checked {words}"
            return Fault(code=code, message=message)
    return None


def _sample(entries: Sequence[_Entry], snapshot: Snapshot) -> history.Sample:
    samples = [entry for entry in entries if entry.is_sample]
    latencies = tuple(seconds for entry in samples if (seconds := _latency(entry)) is not None)
    fleet: dict[str, tuple[float, ...]] = {
        history.SWEEPS: (1.0,),
        history.FAILED: tuple(float(entry.failed_as is not None) for entry in samples),
        history.PROBED_SWEEPS: (1.0,) if samples else (),
        history.LATENCY_SWEEPS: (1.0,) if latencies else (),
    }
    for kind, count in Counter(entry.failed_as for entry in samples if entry.failed_as is not None).items():
        fleet[history.kind_series(kind)] = (1.0,) * count
    if 0 < snapshot.events_expected == snapshot.events_fresh:
        fleet[history.EVENTS_PER_SECOND] = (snapshot.events_per_second,)
    counts = counting.count_apis(snapshot.services)
    # A status kept from an earlier sweep because of a failure of ours says nothing about this one.
    if counts.total and all(entry.is_sample for entry in entries):
        fleet[history.API_CALLS_ACTIVE] = (float(counts.active),)
        fleet[history.HEALTH_RATIO] = (counts.health_ratio,)
    return history.Sample(
        fleet=fleet,
        services={entry.target.name: _service_sample(entry) for entry in samples},
        latencies=latencies,
    )


def _latency(entry: _Entry) -> float | None:
    return entry.state.response_time_seconds if entry.is_fresh and entry.failed_as is None else None


def _service_sample(entry: _Entry) -> history.NamedValues:
    values: dict[str, tuple[float, ...]] = {history.FAILED: (float(entry.failed_as is not None),)}
    if entry.failed_as is not None:
        values[history.kind_series(entry.failed_as)] = (1.0,)
    latency = _latency(entry)
    if latency is not None:
        values[history.RESPONSE_TIME] = (latency,)
    if entry.is_fresh:
        for name in entry.state.tracked:
            if name in entry.state.readings:
                values[history.reading_series(name)] = (entry.state.readings[name],)
    return values


def _changes(states: Sequence[ServiceState], before: Mapping[str, ServiceState], *, at: datetime) -> list[StatusChange]:
    changes = []
    for state in states:
        old = before.get(state.name)
        if old is not None and old.status is not state.status:
            kind = state.failure.kind if state.failure else None
            changes.append(StatusChange(service=state.name, at=at, was=old.status, became=state.status, kind=kind))
    return changes
