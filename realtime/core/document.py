"""The public contract: a snapshot and its two windows as the object that `GET /api/v1/real-time-metrics` answers with.

Here, and only here, seconds become milliseconds, ratios percent, and datetimes text.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from realtime.core import counting, history, sketch
from realtime.core.comparison import Comparison, GoodDirection, assess, compare
from realtime.core.history import Figures, Window
from realtime.core.readings import public_name
from realtime.core.records import Failure, Fault, FaultCode, ServiceState, Snapshot, Status, StatusChange

SCHEMA_VERSION = 1
Document = dict[str, Any]

NOTHING_PUBLISHED = Fault(code=FaultCode.NO_SNAPSHOT, message="no snapshot has been published yet")

_NO_FIGURES = Figures()
_REPORTED_ERRORS = public_name("error_count")

# Nine digits of a number are shown, and three decimals even where the digits before the point are more: enough for
# whole numbers and for Unix times with milliseconds to come out as they went in, and less than binary noise.
_DIGITS = 9
_LEAST_DECIMALS = 3
# Whole numbers up to here are exact in a double, and in the JavaScript that reads them.
_MAX_WHOLE = 2**53


@dataclass(frozen=True, kw_only=True, slots=True)
class _Figure:
    """A figure that is compared: its series, the unit and decimals it is shown in, its noise floor in that unit.

    counted_by: the series whose samples say how much of a period is covered; None: its own.
    quantile: of the latencies; None: the mean of the series.
    """

    name: str
    series: str
    shown_per_unit: float = 1.0
    decimals: int | None = None
    floor: float = 0.0
    good: GoodDirection = GoodDirection.NEITHER
    counted_by: str | None = None
    quantile: float | None = None


_EVENTS = _Figure(name="events_per_second", series=history.EVENTS_PER_SECOND, floor=0.1)
_ACTIVE = _Figure(name="api_calls_active", series=history.API_CALLS_ACTIVE, floor=0.5, good=GoodDirection.UP)
_HEALTH = _Figure(
    name="health_percentage",
    series=history.HEALTH_RATIO,
    shown_per_unit=100,
    decimals=2,
    floor=1,
    good=GoodDirection.UP,
)
_ERROR_RATE = _Figure(
    name="error_rate", series=history.FAILED, shown_per_unit=100, decimals=2, floor=1, good=GoodDirection.DOWN
)
_RESPONSE_TIME = _Figure(
    name="response_time_ms",
    series=history.RESPONSE_TIME,
    shown_per_unit=1000,
    decimals=1,
    floor=5,
    good=GoodDirection.DOWN,
)
_FLEET_LATENCY = replace(_RESPONSE_TIME, series=history.LATENCY_SWEEPS)
_FLEET_FIGURES = (
    _EVENTS,
    _ACTIVE,
    _HEALTH,
    # A dozen probes of one sweep say no more of a period than one does.
    replace(_ERROR_RATE, counted_by=history.PROBED_SWEEPS),
    replace(_FLEET_LATENCY, name="response_time_ms_p50", quantile=0.50),
    replace(_FLEET_LATENCY, name="response_time_ms_p95", quantile=0.95),
)


def build(
    *, snapshot: Snapshot, current: Window, previous: Window, stale: bool = False, fault: Fault | None = None
) -> Document:
    """Return the answer for one snapshot and period.

    Args:
        stale: changes only `stale`, `status` and `error`, never a count or an entry.
        fault: what of ours fails now; without it, what failed when the snapshot was made.
    """
    counts = counting.count_apis(snapshot.services)
    statuses = counting.count_statuses(snapshot.services)
    entries = [(state.counts_as_api, _entry(state, current=current, previous=previous)) for state in snapshot.services]
    document: Document = {
        "events_per_second": _number(snapshot.events_per_second),
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
            "health_percentage": round((counts.health_ratio or 0.0) * 100, 1),
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
        "collection_time_ms": _milliseconds(snapshot.collection_seconds),
        "events_per_minute": _number(snapshot.events_per_second * 60),
        "events_per_hour": _number(snapshot.events_per_second * 3600),
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


def _entry(state: ServiceState, *, current: Window, previous: Window) -> Document:
    now = current.services.get(state.name, {})
    probes = now.get(history.FAILED, _NO_FIGURES)
    entry: Document = {
        "service": state.name,
        "status": state.status,
        "response_time_ms": _milliseconds(state.response_time_seconds),
        **{name: _number(value) for name, value in state.readings.items()},
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
        "error_rate": _percent(probes),
        "error": _failure(state.failure),
    }
    if state.maintenance_until is not None:
        entry["maintenance_until"] = timestamp(state.maintenance_until)
    if state.certificate_days is not None:
        entry["certificate_days"] = state.certificate_days
    if state.next_check_at is not None:
        entry["next_check_at"] = timestamp(state.next_check_at)
    if state.uptime_seconds is not None:
        entry["uptime_seconds"] = _number(state.uptime_seconds)
    if state.reading_errors:
        entry["reading_errors"] = dict(state.reading_errors)
    entry["comparison"] = _entry_comparison(state, current=current, previous=previous)
    return entry


def _entry_comparison(state: ServiceState, *, current: Window, previous: Window) -> Document:
    now, before = (window.services.get(state.name, {}) for window in (current, previous))
    readings = (_Figure(name=name, series=history.reading_series(name)) for name in state.tracked)
    shown = {}
    for figure in (_RESPONSE_TIME, _ERROR_RATE, *readings):
        compared = compare(
            current=_in_unit(now.get(figure.series, _NO_FIGURES), figure.shown_per_unit),
            previous=_in_unit(before.get(figure.series, _NO_FIGURES), figure.shown_per_unit),
            period_seconds=current.span.seconds,
            floor=figure.floor,
        )
        previous_shown = _number(compared.previous, decimals=figure.decimals)
        shown[figure.name] = {
            "current": _number(compared.current, decimals=figure.decimals),
            "previous": previous_shown,
            "change_percent": _change_percent(compared, of=previous_shown),
            "trend": compared.trend,
        }
    return shown


def _errors(snapshot: Snapshot, current: Window) -> Document:
    probes = current.fleet.get(history.FAILED, _NO_FIGURES)
    reported = (state.readings.get(_REPORTED_ERRORS, 0.0) for state in snapshot.services)
    return {
        "services_failing": sum(state.status.is_bad for state in snapshot.services),
        "probes": probes.samples,
        "failed_probes": _failed(probes),
        "error_rate": _percent(probes),
        "failures_per_minute": _per_minute(_failed(probes), current),
        "by_kind": history.failures_by_kind(current.fleet),
        "reported_errors": _number(sum(reported)),
    }


def _per_minute(failed: int, current: Window) -> float:
    """Return failures per minute of the time in which services were probed."""
    minutes = current.fleet.get(history.PROBED_SWEEPS, _NO_FIGURES).covered_seconds / 60
    return round(failed / minutes, 2) if minutes else 0.0


def _comparison(current: Window, previous: Window) -> Document:
    return {
        "period_seconds": current.span.seconds,
        "current": _window(current),
        "previous": _window(previous),
        "metrics": {figure.name: _metric(figure, current=current, previous=previous) for figure in _FLEET_FIGURES},
    }


def _window(window: Window) -> Document:
    return {
        "start": timestamp(datetime.fromtimestamp(window.span.start, UTC)),
        "end": timestamp(datetime.fromtimestamp(window.span.end, UTC)),
        "samples": window.fleet.get(history.SWEEPS, _NO_FIGURES).samples,
    }


def _metric(figure: _Figure, *, current: Window, previous: Window) -> Document:
    compared = compare(
        current=_figures(figure, current),
        previous=_figures(figure, previous),
        period_seconds=current.span.seconds,
        floor=figure.floor,
    )
    previous_shown = _number(compared.previous, decimals=figure.decimals)
    return {
        "current": _number(compared.current, decimals=figure.decimals),
        "previous": previous_shown,
        "change": _change(compared, decimals=figure.decimals),
        "change_percent": _change_percent(compared, of=previous_shown),
        "trend": compared.trend,
        "indicator": compared.indicator,
        "assessment": assess(compared.trend, good=figure.good),
    }


def _figures(figure: _Figure, window: Window) -> Figures:
    found = window.fleet.get(figure.series, _NO_FIGURES)
    if figure.quantile is not None:
        found = found._replace(mean=sketch.quantile(window.latency_bins, figure.quantile))
    if figure.counted_by is not None:
        counted = window.fleet.get(figure.counted_by, _NO_FIGURES)
        found = found._replace(samples=counted.samples, covered_seconds=counted.covered_seconds)
    return _in_unit(found, figure.shown_per_unit)


def _in_unit(figures: Figures, per_unit: float) -> Figures:
    return figures if figures.mean is None else figures._replace(mean=figures.mean * per_unit)


def _failure(failure: Failure | None) -> Document | None:
    if failure is None:
        return None
    return {"kind": failure.kind, "message": failure.message, "http_status": failure.http_status}


def _failed(probes: Figures) -> int:
    return round(probes.samples * (probes.mean or 0.0))


def _percent(probes: Figures) -> float:
    return round(100 * (probes.mean or 0.0), 2)


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)


def _change(compared: Comparison, *, decimals: int | None) -> float | int | None:
    """Return the change with as many decimals as the two figures have: their difference is no more exact than they."""
    if compared.change is None or compared.current is None or compared.previous is None:
        return None
    largest = max(abs(compared.current), abs(compared.previous))
    return _number(compared.change, decimals=_decimals(largest) if decimals is None else decimals)


def _change_percent(compared: Comparison, *, of: float | None) -> float | None:
    """Return the change in percent, None where the previous figure is shown as 0."""
    return _rounded(compared.change_percent, decimals=1) if of else None


def _number(value: float | None, *, decimals: int | None = None) -> float | int | None:
    """Return a number without the noise of binary fractions, and a whole one as an integer, as the story writes it."""
    if value is None:
        return None
    shown = round(value, _decimals(abs(value)) if decimals is None else decimals)
    return int(shown) if abs(shown) <= _MAX_WHOLE and shown == int(shown) else shown


def _decimals(magnitude: float) -> int:
    if magnitude == 0:
        return _LEAST_DECIMALS
    return max(_LEAST_DECIMALS, _DIGITS - 1 - math.floor(math.log10(magnitude)))


def _rounded(value: float | None, *, decimals: int) -> float | None:
    # Adding zero makes the zero of a small negative number a plain one.
    return None if value is None else round(value, decimals) + 0.0
