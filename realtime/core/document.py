"""Builds the document: a snapshot and its two windows as the object that `GET /api/v1/real-time-metrics` answers with.

What each field means is in `contract/document_fields.py` and `contract/entry_fields.py`; a number is converted and
rounded by its quantity.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from realtime.core import counting, history, sketch
from realtime.core.contract.compared import metric_comparison, service_comparison
from realtime.core.contract.metrics import FLEET_METRICS, SERVICE_METRICS, Metric, reading_metric
from realtime.core.contract.quantities import (
    EVENTS_PER_HOUR,
    EVENTS_PER_MINUTE,
    EVENTS_PER_SECOND,
    FAILURES_PER_MINUTE,
    HEALTH_PERCENT,
    MILLISECONDS,
    PERCENT,
    READING,
    UPTIME_SECONDS,
)
from realtime.core.history import Figures, Window
from realtime.core.readings import public_name
from realtime.core.records import Failure, Fault, FaultCode, ServiceState, Snapshot, Status, StatusChange
from realtime.core.slices import WHOLE, Fields, Slice

SCHEMA_VERSION = 1
Document = dict[str, Any]

NOTHING_PUBLISHED = Fault(code=FaultCode.NO_SNAPSHOT, message="no snapshot has been published yet")

_NO_FIGURES = Figures()
_REPORTED_ERRORS = public_name("error_count")


def build(
    *,
    snapshot: Snapshot,
    current: Window,
    previous: Window,
    stale: bool = False,
    fault: Fault | None = None,
    part: Slice = WHOLE,
) -> Document:
    """Return the answer for one snapshot and period.

    Args:
        stale: changes only `stale`, `status` and `error`, never a count or an entry.
        fault: the present internal failure; None: the one when the snapshot was made, if any.
        part: which entries are wanted, and how much of each.
    """
    counts = counting.count_apis(snapshot.services)
    statuses = counting.count_statuses(snapshot.services)
    entries = [
        (state.counts_as_api, _entry(state, current=current, previous=previous, fields=part.fields))
        for state in snapshot.services
        if part.selects(state)
    ]
    document: Document = {
        "events_per_second": EVENTS_PER_SECOND.shown(snapshot.events_per_second),
        "api_calls_active": counts.active,
        "data_sources_active": list(snapshot.active_sources),
        "api_metrics": [entry for is_api, entry in entries if is_api],
        "inactive_apis": counts.inactive,
        "error_apis": counts.error,
        "total_apis": counts.total,
        "health_summary": {
            "healthy": counts.active,
            "unhealthy": counts.inactive + counts.error,
            "total": counts.total,
            "health_percentage": HEALTH_PERCENT.shown(counts.health_ratio or 0.0),
        },
        "timestamp": timestamp(snapshot.finished_at),
        "data_sources_registered": list(snapshot.registered_sources),
        "other_services": [entry for is_api, entry in entries if not is_api],
        "status": Status.UNKNOWN if stale else counting.roll_up(statuses),
        "status_since": timestamp(snapshot.finished_at if stale else snapshot.status_since or snapshot.finished_at),
        "groups": _groups(snapshot.services),
        "recent_changes": [_recent_change(change) for change in snapshot.recent_changes],
        "status_counts": dict(statuses),
        "stale": stale,
        "snapshot_id": snapshot.id,
        "schema_version": SCHEMA_VERSION,
        "refresh_interval_seconds": snapshot.refresh_interval_seconds,
        "collection_time_ms": MILLISECONDS.shown(snapshot.collection_seconds),
        "events_per_minute": EVENTS_PER_MINUTE.shown(snapshot.events_per_second),
        "events_per_hour": EVENTS_PER_HOUR.shown(snapshot.events_per_second),
        "events_sources": {"expected": snapshot.events_expected, "fresh": snapshot.events_fresh},
        "errors": _errors(snapshot, current),
        "comparison": _comparison(current, previous),
    }
    shown_fault = fault or snapshot.fault
    if shown_fault is not None:
        document["error"] = {"code": shown_fault.code, "message": shown_fault.message}
    return document


def build_without_snapshot(*, now: datetime, period_seconds: int) -> Document:
    """Return the answer of a process that never saw a snapshot: the full shape with zeros and empty lists."""
    nothing = Snapshot(
        id=0, finished_at=now, refresh_interval_seconds=1, sweep_deadline_seconds=0.0, collection_seconds=0.0
    )
    current, previous = history.spans(at=now.timestamp(), period_seconds=period_seconds)
    document = build(
        snapshot=nothing,
        current=Window(span=current, is_known=False),
        previous=Window(span=previous, is_known=False),
        stale=True,
        fault=NOTHING_PUBLISHED,
    )
    return document | {"refresh_interval_seconds": 0}


def timestamp(at: datetime) -> str:
    """Return a moment as the contract writes it: UTC, milliseconds, `Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def timestamp_or_none(at: datetime | None) -> str | None:
    """Return a moment as the contract writes it, null where there is none."""
    return None if at is None else timestamp(at)


def _groups(services: Iterable[ServiceState]) -> list[Document]:
    """Return one row for each group, in registry order; services without a group are in the last one."""
    members: dict[str, list[ServiceState]] = {}
    for state in services:
        members.setdefault(state.group, []).append(state)
    return [
        {
            "group": group,
            "status": counting.roll_up_of(states),
            "services": len(states),
            "failing": sum(state.status.is_bad for state in states),
        }
        for group, states in sorted(members.items(), key=lambda item: item[0] == "")
    ]


def _recent_change(change: StatusChange) -> Document:
    return {
        "at": timestamp(change.at),
        "service": change.service,
        "from": change.was,
        "to": change.became,
        "reason": change.reason,
    }


def _entry(state: ServiceState, *, current: Window, previous: Window, fields: Fields) -> Document:
    now = current.services.get(state.name, {})
    probes = now.get(history.FAILED, _NO_FIGURES)
    entry: Document = {
        "service": state.name,
        "status": state.status,
        "response_time_ms": MILLISECONDS.shown(state.response_time_seconds),
        **{name: READING.shown(value) for name, value in state.readings.items()},
        "type": state.type,
        "group": state.group,
        "status_since": timestamp_or_none(state.status_since),
        "reason": state.reason,
        "evidence": state.evidence,
        "unknown_word": state.unknown_word,
        "checked_at": timestamp_or_none(state.checked_at),
        "last_success": timestamp_or_none(state.last_success_at),
        "consecutive_failures": state.consecutive_failures,
        "pending": state.pending,
        "error_count": _failed(probes),
        "error_rate": PERCENT.shown(probes.mean or 0.0),
        "error": _failure(state.failure),
    }
    if state.maintenance_until is not None:
        entry["maintenance_until"] = timestamp(state.maintenance_until)
    if state.certificate_days is not None:
        entry["certificate_days"] = state.certificate_days
    if state.next_check_at is not None:
        entry["next_check_at"] = timestamp(state.next_check_at)
    if state.uptime_seconds is not None:
        entry["uptime_seconds"] = UPTIME_SECONDS.shown(state.uptime_seconds)
    if state.reading_errors:
        entry["reading_errors"] = dict(state.reading_errors)
    if fields is not Fields.BRIEF:
        entry["comparison"] = _entry_comparison(state, current=current, previous=previous)
    return entry


def _entry_comparison(state: ServiceState, *, current: Window, previous: Window) -> Document:
    now, before = (window.services.get(state.name, {}) for window in (current, previous))
    return {
        metric.name: service_comparison(
            metric,
            current=now.get(metric.series, _NO_FIGURES),
            previous=before.get(metric.series, _NO_FIGURES),
            period_seconds=current.span.seconds,
        )
        for metric in (*SERVICE_METRICS, *map(reading_metric, state.tracked))
    }


def _errors(snapshot: Snapshot, current: Window) -> Document:
    probes = current.fleet.get(history.FAILED, _NO_FIGURES)
    reported = (state.readings.get(_REPORTED_ERRORS, 0.0) for state in snapshot.services)
    return {
        "services_failing": sum(state.status.is_bad for state in snapshot.services),
        "probes": probes.samples,
        "failed_probes": _failed(probes),
        "error_rate": PERCENT.shown(probes.mean or 0.0),
        "failures_per_minute": _per_minute(_failed(probes), current),
        "by_kind": history.failures_by_kind(current.fleet),
        "reported_errors": READING.shown(sum(reported)),
    }


def _per_minute(failed: int, current: Window) -> float | int | None:
    """Return failures per minute of the time in which services were probed."""
    minutes = current.fleet.get(history.PROBED_SWEEPS, _NO_FIGURES).covered_seconds / 60
    return FAILURES_PER_MINUTE.shown(failed / minutes if minutes else 0.0)


def _comparison(current: Window, previous: Window) -> Document:
    return {
        "period_seconds": current.span.seconds,
        "current": _window(current),
        "previous": _window(previous),
        "metrics": {
            metric.name: metric_comparison(
                metric,
                current=_figures(metric, current),
                previous=_figures(metric, previous),
                period_seconds=current.span.seconds,
            )
            for metric in FLEET_METRICS
        },
    }


def _window(window: Window) -> Document:
    return {
        "start": timestamp(datetime.fromtimestamp(window.span.start, UTC)),
        "end": timestamp(datetime.fromtimestamp(window.span.end, UTC)),
        "samples": window.fleet.get(history.SWEEPS, _NO_FIGURES).samples,
    }


def _figures(metric: Metric, window: Window) -> Figures:
    found = window.fleet.get(metric.series, _NO_FIGURES)
    if metric.quantile is not None:
        found = found._replace(mean=sketch.quantile(window.latency_bins, metric.quantile))
    if metric.counted_by is not None:
        counted = window.fleet.get(metric.counted_by, _NO_FIGURES)
        found = found._replace(samples=counted.samples, covered_seconds=counted.covered_seconds)
    return found


def _failure(failure: Failure | None) -> Document | None:
    if failure is None:
        return None
    return {"kind": failure.kind, "message": failure.message, "http_status": failure.http_status}


def _failed(probes: Figures) -> int:
    return round(probes.samples * (probes.mean or 0.0))
