"""Records to the bytes kept in Redis and back: JSON, compressed where it repeats itself.

Only the collector's own words go through here; what cannot be read is `CorruptRecord`, never a guess.
"""

import json
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from realtime.core.history import NamedTallies, Tally, Totals
from realtime.core.records import (
    CounterSample,
    Evidence,
    Failure,
    FailureKind,
    Fault,
    FaultCode,
    SeriesSample,
    ServiceMemory,
    ServiceState,
    Shown,
    Snapshot,
    Status,
    StatusChange,
)

# Part of every Redis key: a release that writes another shape starts afresh instead of misreading the old one.
RECORDS_VERSION = 3

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_UNREADABLE = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, zlib.error, RecursionError)

Json = dict[str, Any]


class CorruptRecord(ValueError):
    """Bytes in the store that are not what this release writes."""


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """Return the snapshot as the bytes to be stored."""
    return _dump(
        {
            "id": snapshot.id,
            "finished": _to_ms(snapshot.finished_at),
            "interval": snapshot.refresh_interval_seconds,
            "deadline": snapshot.sweep_deadline_seconds,
            "took": snapshot.collection_seconds,
            "services": [_state_to_json(state) for state in snapshot.services],
            "sources": [snapshot.registered_sources, snapshot.active_sources],
            "events": [snapshot.events_per_second, snapshot.events_expected, snapshot.events_fresh],
            "since": _to_ms_or_none(snapshot.status_since),
            "changes": [[change.service, *_change_to_json(change).values()] for change in snapshot.recent_changes],
            "fault": [snapshot.fault.code, snapshot.fault.message] if snapshot.fault else None,
        }
    )


def decode_snapshot(data: bytes) -> Snapshot:
    """Return the snapshot of these bytes. Raises CorruptRecord."""
    try:
        stored = _load(data)
        events, expected, fresh = stored["events"]
        registered_sources, active_sources = stored["sources"]
        fault = stored["fault"]
        return Snapshot(
            id=stored["id"],
            finished_at=_from_ms(stored["finished"]),
            refresh_interval_seconds=stored["interval"],
            sweep_deadline_seconds=stored["deadline"],
            collection_seconds=stored["took"],
            services=tuple(_state_from_json(state) for state in stored["services"]),
            registered_sources=tuple(registered_sources),
            active_sources=tuple(active_sources),
            events_per_second=events,
            events_expected=expected,
            events_fresh=fresh,
            status_since=_from_ms_or_none(stored["since"]),
            recent_changes=tuple(_change_from_json(rest, service=name) for name, *rest in stored["changes"]),
            fault=Fault(code=FaultCode(fault[0]), message=fault[1]) if fault else None,
        )
    except _UNREADABLE as error:
        raise CorruptRecord("the stored snapshot cannot be read") from error


def encode_memory(memory: Mapping[str, ServiceMemory]) -> bytes:
    """Return what a collector remembers, by service, as the bytes to be stored."""
    return _dump(
        {
            name: {
                "streak": kept.streak,
                "kind": kept.last_kind,
                "timeouts": kept.timeouts,
                "next": _to_ms_or_none(kept.next_check_at),
                "held": _shown_to_json(kept.held) if kept.held else None,
                "counters": {key: [sample.total, _to_ms(sample.at)] for key, sample in kept.counters.items()},
                "series": {key: [_to_ms(sample.at), sample.totals] for key, sample in kept.series.items()},
                "conditions": dict(kept.conditions),
            }
            for name, kept in memory.items()
        }
    )


def decode_memory(data: bytes) -> dict[str, ServiceMemory]:
    """Return what these bytes remember, by service. Raises CorruptRecord."""
    try:
        return {
            name: ServiceMemory(
                streak=kept["streak"],
                last_kind=FailureKind(kept["kind"]) if kept["kind"] else None,
                timeouts=kept.get("timeouts", 0),
                next_check_at=_from_ms_or_none(kept["next"]),
                held=_shown_from_json(kept["held"]) if kept["held"] else None,
                counters={
                    key: CounterSample(total=total, at=_from_ms(at)) for key, (total, at) in kept["counters"].items()
                },
                series={
                    key: SeriesSample(totals=totals, at=_from_ms(at))
                    for key, (at, totals) in kept.get("series", {}).items()
                },
                conditions=kept["conditions"],
            )
            for name, kept in _load(data).items()
        }
    except _UNREADABLE as error:
        raise CorruptRecord("the stored collector memory cannot be read") from error


def encode_totals(totals: Totals) -> bytes:
    """Return running totals as the bytes to be stored."""
    return _dump(
        {
            "started": totals.started_at,
            "at": totals.at,
            "swept": totals.swept_at,
            "interval": totals.interval_seconds,
            "set_back": totals.set_back_seconds,
            "fleet": totals.fleet,
            "services": totals.services,
            "bins": totals.latency_bins,
        }
    )


def decode_totals(data: bytes) -> Totals:
    """Return the running totals of these bytes. Raises CorruptRecord."""
    try:
        stored = _load(data)
        return Totals(
            started_at=stored["started"],
            at=stored["at"],
            swept_at=stored["swept"],
            interval_seconds=stored["interval"],
            set_back_seconds=stored["set_back"],
            fleet=_tallies(stored["fleet"]),
            services={name: _tallies(tallies) for name, tallies in stored["services"].items()},
            latency_bins={int(index): count for index, count in stored["bins"].items()},
        )
    except _UNREADABLE as error:
        raise CorruptRecord("the stored totals cannot be read") from error


def encode_change(change: StatusChange) -> bytes:
    """Return a status change as the bytes to be stored, readable on their own."""
    return json.dumps(_change_to_json(change), separators=(",", ":")).encode()


def decode_change(data: bytes, *, service: str) -> StatusChange:
    """Return the status change of these bytes. Raises CorruptRecord."""
    try:
        return _change_from_json(list(json.loads(data).values()), service=service)
    except _UNREADABLE as error:
        raise CorruptRecord("a stored status change cannot be read") from error


def _change_to_json(change: StatusChange) -> Json:
    return {
        "at": _to_ms(change.at),
        "from": change.was,
        "to": change.became,
        "kind": change.kind,
        "reason": change.reason,
    }


def _change_from_json(stored: list[Any], *, service: str) -> StatusChange:
    at, was, became, kind, reason = stored
    return StatusChange(
        service=service,
        at=_from_ms(at),
        was=Status(was),
        became=Status(became),
        kind=FailureKind(kind) if kind else None,
        reason=reason,
    )


def _shown_to_json(shown: Shown) -> list[Any]:
    failure = _failure_to_json(shown.failure)
    return [shown.status, _to_ms_or_none(shown.since), failure, shown.evidence, shown.unknown_word, shown.reason]


def _shown_from_json(stored: list[Any]) -> Shown:
    status, since, failure, evidence, unknown_word, reason = stored
    return Shown(
        status=Status(status),
        since=_from_ms_or_none(since),
        failure=_failure_from_json(failure),
        evidence=Evidence(evidence) if evidence else None,
        unknown_word=unknown_word,
        reason=reason,
    )


def _state_to_json(state: ServiceState) -> Json:
    return {
        "name": state.name,
        "type": state.type,
        "group": state.group,
        "api": state.counts_as_api,
        "status": state.status,
        "since": _to_ms_or_none(state.status_since),
        "evidence": state.evidence,
        "word": state.unknown_word,
        "reason": state.reason,
        "pending": state.pending,
        "took": state.response_time_seconds,
        "readings": dict(state.readings),
        "tracked": state.tracked,
        "problems": dict(state.reading_errors),
        "uptime": state.uptime_seconds,
        "checked": _to_ms_or_none(state.checked_at),
        "success": _to_ms_or_none(state.last_success_at),
        "failures": state.consecutive_failures,
        "failure": _failure_to_json(state.failure),
        "next": _to_ms_or_none(state.next_check_at),
        "until": _to_ms_or_none(state.maintenance_until),
        "certificate": state.certificate_days,
    }


def _state_from_json(stored: Json) -> ServiceState:
    return ServiceState(
        name=stored["name"],
        type=stored["type"],
        group=stored["group"],
        counts_as_api=stored["api"],
        status=Status(stored["status"]),
        status_since=_from_ms_or_none(stored["since"]),
        evidence=Evidence(stored["evidence"]) if stored["evidence"] else None,
        unknown_word=stored["word"],
        reason=stored["reason"],
        pending=stored["pending"],
        response_time_seconds=stored["took"],
        readings=stored["readings"],
        tracked=tuple(stored["tracked"]),
        reading_errors=stored["problems"],
        uptime_seconds=stored["uptime"],
        checked_at=_from_ms_or_none(stored["checked"]),
        last_success_at=_from_ms_or_none(stored["success"]),
        consecutive_failures=stored["failures"],
        failure=_failure_from_json(stored["failure"]),
        next_check_at=_from_ms_or_none(stored["next"]),
        maintenance_until=_from_ms_or_none(stored["until"]),
        certificate_days=stored["certificate"],
    )


def _failure_to_json(failure: Failure | None) -> list[str | int | None] | None:
    return [failure.kind, failure.message, failure.http_status] if failure else None


def _failure_from_json(stored: list[Any] | None) -> Failure | None:
    return Failure(kind=FailureKind(stored[0]), message=stored[1], http_status=stored[2]) if stored else None


def _tallies(stored: Mapping[str, list[int]]) -> NamedTallies:
    return {name: Tally(*numbers) for name, numbers in stored.items()}


def _to_ms(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND


def _from_ms(milliseconds: int) -> datetime:
    return _EPOCH + milliseconds * _MILLISECOND


def _to_ms_or_none(at: datetime | None) -> int | None:
    return None if at is None else _to_ms(at)


def _from_ms_or_none(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else _from_ms(milliseconds)


def _dump(value: object) -> bytes:
    return zlib.compress(json.dumps(value, separators=(",", ":"), allow_nan=False).encode(), 1)


def _load(data: bytes) -> Json:
    loaded = json.loads(zlib.decompress(data))
    if not isinstance(loaded, dict):
        raise TypeError("not an object")
    return loaded
