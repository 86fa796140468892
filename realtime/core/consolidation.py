"""Makes one snapshot out of what a sweep brought, what the last one said, and what has to be remembered between."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, islice

from realtime.core import counting, history, network
from realtime.core.entries import Entry, entry_of
from realtime.core.readings import public_name
from realtime.core.records import (
    Fault,
    FaultCode,
    Outcome,
    ReadingSpec,
    ServiceMemory,
    ServiceState,
    Snapshot,
    StatusChange,
    Sweep,
    Target,
    Unprobed,
    UnprobedReason,
)

# Of the whole fleet, kept in the snapshot.
MAX_RECENT_CHANGES = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Consolidated:
    """What one sweep leaves: the snapshot to publish, and what the next sweep and the history need.

    tracked: the readings with history of each service of the registry.
    """

    snapshot: Snapshot
    memory: Mapping[str, ServiceMemory]
    sample: history.SweepSample
    tracked: Mapping[str, tuple[str, ...]]
    changes: tuple[StatusChange, ...]


def consolidate(
    *, sweep: Sweep, snapshot_id: int, previous: Snapshot | None, memory: Mapping[str, ServiceMemory]
) -> Consolidated:
    """Return the snapshot of a sweep, and what goes with it.

    previous, memory: as the last sweep left them; a service absent from both is new.
    """
    before = {state.name: state for state in previous.services} if previous else {}
    network_failed = network.is_unreachable(sweep.outcomes)
    entries = [
        entry_of(
            target,
            outcome,
            sweep=sweep,
            network_failed=network_failed,
            old=before.get(target.name),
            memory=memory.get(target.name),
        )
        for target, outcome in zip(sweep.targets, sweep.outcomes, strict=True)
    ]
    states = tuple(entry.state for entry in entries)
    changes = tuple(_changes(states, before, at=sweep.finished_at))
    contributing = [entry for entry in entries if _event_readings(entry.target)]
    fresh = [entry for entry in contributing if _contributes(entry)]
    snapshot = Snapshot(
        id=snapshot_id,
        finished_at=sweep.finished_at,
        refresh_interval_seconds=sweep.refresh_interval_seconds,
        sweep_deadline_seconds=sweep.deadline_seconds,
        collection_seconds=sweep.collection_seconds,
        services=states,
        registered_sources=tuple(sorted(source.name for entry in entries for source in entry.target.data_sources)),
        active_sources=_active_sources(entries),
        events_per_second=sum(_events(entry) for entry in contributing),
        events_expected=len(contributing),
        events_fresh=len(fresh),
        status_since=_status_since(states, previous=previous, at=sweep.finished_at),
        recent_changes=tuple(islice(chain(changes, previous.recent_changes if previous else ()), MAX_RECENT_CHANGES)),
        fault=_fault(sweep, network_failed=network_failed),
    )
    return Consolidated(
        snapshot=snapshot,
        memory={entry.target.name: entry.memory for entry in entries},
        sample=_timed(sweep) if network_failed else _sample(entries, snapshot, sweep=sweep),
        tracked={entry.target.name: entry.state.tracked for entry in entries},
        changes=changes,
    )


def _status_since(states: Sequence[ServiceState], *, previous: Snapshot | None, at: datetime) -> datetime:
    if previous is None or counting.roll_up_of(previous.services) is not counting.roll_up_of(states):
        return at
    return previous.status_since or at


def _event_readings(target: Target) -> list[ReadingSpec]:
    return [spec for spec in target.readings if spec.counts_toward_events]


def _contributes(entry: Entry) -> bool:
    names = (public_name(spec.name) for spec in _event_readings(entry.target))
    return entry.is_fresh and all(name in entry.state.readings for name in names)


def _events(entry: Entry) -> float:
    if not entry.is_fresh:
        return 0.0
    return sum(entry.state.readings.get(public_name(spec.name), 0.0) for spec in _event_readings(entry.target))


def _active_sources(entries: Sequence[Entry]) -> tuple[str, ...]:
    return tuple(
        sorted(
            source.name
            for entry in entries
            for source in entry.target.data_sources
            if entry.state.status.is_good
            and (source.condition is None or entry.memory.conditions.get(source.name, False))
        )
    )


def _fault(sweep: Sweep, *, network_failed: bool) -> Fault | None:
    """Return the internal failure that explains most of what is shown."""
    if network_failed:
        return network.fault()
    return sweep.fault or _collector_fault(sweep.outcomes)


def _collector_fault(outcomes: Sequence[Outcome]) -> Fault | None:
    reasons = [outcome.reason for outcome in outcomes if isinstance(outcome, Unprobed)]
    for reason, code, words in (
        (UnprobedReason.INTERNAL, FaultCode.INTERNAL, "because of a fault in the collector"),
        (UnprobedReason.OVERRUN, FaultCode.SWEEP_OVERRUN, "before the sweep had to end"),
    ):
        if reason in reasons:
            message = f"{reasons.count(reason)} of {len(outcomes)} services could not be checked {words}"
            return Fault(code=code, message=message)
    return None


def _timed(sweep: Sweep) -> history.SweepSample:
    return history.SweepSample(
        started_at=sweep.started_at.timestamp(),
        at=sweep.finished_at.timestamp(),
        interval_seconds=sweep.refresh_interval_seconds,
    )


def _sample(entries: Sequence[Entry], snapshot: Snapshot, *, sweep: Sweep) -> history.SweepSample:
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
    # A status kept from an earlier sweep because of an internal failure says nothing about this one.
    if counts.total and all(entry.is_known for entry in entries):
        fleet[history.API_CALLS_ACTIVE] = (float(counts.active),)
        # While all are in maintenance there is no health to measure; a 0 would make planned work a fall in health.
        fleet[history.HEALTH_RATIO] = () if counts.health_ratio is None else (counts.health_ratio,)
    return replace(
        _timed(sweep),
        fleet=fleet,
        services={entry.target.name: _service_sample(entry) for entry in samples},
        latencies=latencies,
    )


def _latency(entry: Entry) -> float | None:
    return entry.state.response_time_seconds if entry.is_fresh and entry.failed_as is None else None


def _service_sample(entry: Entry) -> history.NamedValues:
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
            changes.append(
                StatusChange(
                    service=state.name, at=at, was=old.status, became=state.status, kind=kind, reason=state.reason
                )
            )
    return changes
