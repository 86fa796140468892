"""The public contract: a snapshot and its two windows as the object that `GET /api/v1/real-time-metrics` answers with.

Here, and only here, seconds become milliseconds, ratios percent, and datetimes text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from realtime.core import counting, history, sketch
from realtime.core.comparison import Comparison, GoodDirection, assess, compare
from realtime.core.history import Figures, Window
from realtime.core.readings import public_name
from realtime.core.records import Failure, Fault, FaultCode, ServiceState, Snapshot, Status

SCHEMA_VERSION = 1
Document = dict[str, Any]

NOTHING_PUBLISHED = Fault(code=FaultCode.NO_SNAPSHOT, message="no snapshot has been published yet")

_NO_FIGURES = Figures()
_REPORTED_ERRORS = public_name("error_count")
_READING_DIGITS = 9


@dataclass(frozen=True, kw_only=True, slots=True)
class _Figure:
    """A figure of the fleet's comparison: its series, the unit it is shown in, its noise floor and good direction."""

    name: str
    series: str
    shown_per_unit: float
    floor: float
    good: GoodDirection
    quantile: float | None = None


_FLEET_FIGURES = (
    _Figure(name="events_per_second", series=history.EVENTS_PER_SECOND, shown_per_unit=1, floor=0.1,
            good=GoodDirection.NEITHER),
    _Figure(name="api_calls_active", series=history.API_CALLS_ACTIVE, shown_per_unit=1, floor=0.5,
            good=GoodDirection.UP),
    _Figure(name="health_percentage", series=history.HEALTH_RATIO, shown_per_unit=100, floor=1,
            good=GoodDirection.UP),
    _Figure(name="error_rate", series=history.FAILED, shown_per_unit=100, floor=1, good=GoodDirection.DOWN),
    _Figure(name="response_time_ms_p50", series=history.LATENCY_SWEEPS, shown_per_unit=1000, floor=5,
            good=GoodDirection.DOWN, quantile=0.50),
    _Figure(name="response_time_ms_p95", series=history.LATENCY_SWEEPS, shown_per_unit=1000, floor=5,
            good=GoodDirection.DOWN, quantile=0.95),
)  # fmt: skip
_MS_FLOOR = 5.0
_PERCENT_FLOOR = 1.0


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
    expected = current.span.seconds / snapshot.refresh_interval_seconds
    entries = [
        (state.counts_as_api, _entry(state, current=current, previous=previous, expected=expected))
        for state in snapshot.services
    ]
    document: Document = {
        "events_per_second": _reading(snapshot.events_per_second),
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
            "health_percentage": round(counts.health_ratio * 100, 1),
        },
        "timestamp": timestamp(snapshot.finished_at),
        "other_services": [entry for is_api, entry in entries if not is_api],
        "status": Status.UNKNOWN if stale else counting.roll_up(statuses),
        "status_counts": dict(statuses),
        "stale": stale,
        "snapshot_id": snapshot.id,
        "schema_version": SCHEMA_VERSION,
        "refresh_interval_seconds": snapshot.refresh_interval_seconds,
        "collection_time_ms": _milliseconds(snapshot.collection_seconds),
        "events_per_minute": _reading(snapshot.events_per_second * 60),
        "events_per_hour": _reading(snapshot.events_per_second * 3600),
        "events_sources": {"expected": snapshot.events_expected, "fresh": snapshot.events_fresh},
        "errors": _errors(snapshot, current),
        "comparison": _comparison(current, previous, expected=expected),
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


def _entry(state: ServiceState, *, current: Window, previous: Window, expected: float) -> Document:
    now = current.services.get(state.name, {})
    before = previous.services.get(state.name, {})
    probes = now.get(history.FAILED, _NO_FIGURES)
    entry: Document = {
        "service": state.name,
        "status": state.status,
        "response_time_ms": _milliseconds(state.response_time_seconds),
        **{name: _reading(value) for name, value in state.readings.items()},
        "type": state.type,
        "group": state.group,
        "checked_at": timestamp(state.checked_at) if state.checked_at else None,
        "last_success": timestamp(state.last_success_at) if state.last_success_at else None,
        "consecutive_failures": state.consecutive_failures,
        "pending": state.pending,
        "error_count": _failed(probes),
        "error_rate": _percent(probes),
        "error": _failure(state.failure),
    }
    if state.uptime_seconds is not None:
        entry["uptime_seconds"] = _reading(state.uptime_seconds)
    if state.reading_errors:
        entry["reading_errors"] = dict(state.reading_errors)
    entry["comparison"] = _entry_comparison(state, now=now, before=before, expected=expected)
    return entry


def _entry_comparison(
    state: ServiceState, *, now: Mapping[str, Figures], before: Mapping[str, Figures], expected: float
) -> Document:
    figures = [
        ("response_time_ms", history.RESPONSE_TIME, 1000.0, _MS_FLOOR),
        ("error_rate", history.FAILED, 100.0, _PERCENT_FLOOR),
        *((name, history.reading_series(name), 1.0, 0.0) for name in state.tracked),
    ]
    shown = {}
    for name, series, per_unit, floor in figures:
        compared = compare(
            current=_in_unit(now.get(series, _NO_FIGURES), per_unit),
            previous=_in_unit(before.get(series, _NO_FIGURES), per_unit),
            expected=expected,
            floor=floor,
        )
        shown[name] = {
            "current": _reading(compared.current),
            "previous": _reading(compared.previous),
            "change_percent": _rounded(compared.change_percent, digits=1),
            "trend": compared.trend,
        }
    return shown


def _errors(snapshot: Snapshot, current: Window) -> Document:
    probes = current.fleet.get(history.FAILED, _NO_FIGURES)
    reported = (state.readings.get(_REPORTED_ERRORS, 0.0) for state in snapshot.services)
    return {
        "services_failing": sum(state.status.is_bad for state in snapshot.services),
        "probes": probes.count,
        "failed_probes": _failed(probes),
        "error_rate": _percent(probes),
        "failures_per_minute": _per_minute(_failed(probes), snapshot, current),
        "by_kind": history.failures_by_kind(current.fleet),
        "reported_errors": _reading(sum(reported)),
    }


def _per_minute(failed: int, snapshot: Snapshot, current: Window) -> float:
    """Return failures per minute of the time that the window has covered so far."""
    covered = current.fleet.get(history.SWEEPS, _NO_FIGURES).count * snapshot.refresh_interval_seconds
    minutes = min(covered, current.span.seconds) / 60
    return round(failed / minutes, 2) if minutes else 0.0


def _comparison(current: Window, previous: Window, *, expected: float) -> Document:
    return {
        "period_seconds": current.span.seconds,
        "current": _window(current),
        "previous": _window(previous),
        "metrics": {
            figure.name: _metric(figure, current=current, previous=previous, expected=expected)
            for figure in _FLEET_FIGURES
        },
    }


def _window(window: Window) -> Document:
    return {
        "start": timestamp(datetime.fromtimestamp(window.span.start, UTC)),
        "end": timestamp(datetime.fromtimestamp(window.span.end, UTC)),
        "samples": window.fleet.get(history.SWEEPS, _NO_FIGURES).count,
    }


def _metric(figure: _Figure, *, current: Window, previous: Window, expected: float) -> Document:
    compared = compare(
        current=_figures(figure, current), previous=_figures(figure, previous), expected=_expected(figure, current,
        previous, expected), floor=figure.floor
    )  # fmt: skip
    return _shown(compared) | {"assessment": assess(compared.trend, good=figure.good)}


def _expected(figure: _Figure, current: Window, previous: Window, sweeps: float) -> float:
    """Return the samples expected of a whole period: one a sweep, or one a probe where every probe is a sample."""
    if figure.series != history.FAILED:
        return sweeps
    return sweeps * max(_probes_per_sweep(current), _probes_per_sweep(previous))


def _probes_per_sweep(window: Window) -> float:
    count = window.fleet.get(history.SWEEPS, _NO_FIGURES).count
    return window.fleet.get(history.FAILED, _NO_FIGURES).count / count if count else 0.0


def _figures(figure: _Figure, window: Window) -> Figures:
    found = window.fleet.get(figure.series, _NO_FIGURES)
    if figure.quantile is not None:
        found = Figures(count=found.count, mean=sketch.quantile(window.latency_bins, figure.quantile))
    return _in_unit(found, figure.shown_per_unit)


def _in_unit(figures: Figures, per_unit: float) -> Figures:
    return Figures(count=figures.count, mean=None if figures.mean is None else figures.mean * per_unit)


def _shown(compared: Comparison) -> Document:
    return {
        "current": _reading(compared.current),
        "previous": _reading(compared.previous),
        "change": _reading(compared.change),
        "change_percent": _rounded(compared.change_percent, digits=1),
        "trend": compared.trend,
        "indicator": compared.indicator,
    }


def _failure(failure: Failure | None) -> Document | None:
    if failure is None:
        return None
    return {"kind": failure.kind, "message": failure.message, "http_status": failure.http_status}


def _failed(probes: Figures) -> int:
    return round(probes.count * (probes.mean or 0.0))


def _percent(probes: Figures) -> float:
    return round(100 * (probes.mean or 0.0), 2)


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)


def _reading(value: float | None) -> float | int | None:
    """Return a number without the noise of binary fractions, and a whole one as an integer, as the story writes it."""
    if value is None:
        return None
    shown = float(f"{value:.{_READING_DIGITS}g}")
    return int(shown) if shown.is_integer() and abs(shown) < 1e15 else shown


def _rounded(value: float | None, *, digits: int) -> float | None:
    return None if value is None else round(value, digits)
