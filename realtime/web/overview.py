"""What stands above the table: how everything is in one line, the counts, and the fleet's figures with their trend."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from realtime.core.document import Document
from realtime.web import wording
from realtime.web.rows import WORST_FIRST

# Figures whose large number is that of the last sweep, so that the period's own mean must be said beside it.
_MOMENTARY = ("events_per_second", "api_calls_active")


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """How many services have one status."""

    status: str
    word: str
    number: str
    is_zero: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Tile:
    """One figure of the fleet. `metric` names its history; `tone` is the assessment, for colour beside the word."""

    metric: str
    label: str
    value: str
    note: str
    change: str
    words: str
    tone: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """`status` is the roll-up's word; `problem` is what of ours failed, empty when nothing did."""

    status: str
    status_word: str
    headline: str
    detail: str
    problem: str
    counts: Sequence[Count]
    tiles: Sequence[Tile]
    sources: Sequence[str]
    is_stale: bool
    has_snapshot: bool
    has_services: bool


def overview(document: Document) -> Overview:
    """Return the upper part of the page for one document."""
    counts = document["status_counts"]
    return Overview(
        status=document["status"],
        status_word=wording.STATUS_WORDS[document["status"]],
        headline=headline(document),
        detail=_detail(document),
        problem=_problem(document),
        counts=[
            Count(
                status=status,
                word=wording.STATUS_WORDS[status],
                number=wording.number(counts[status]),
                is_zero=not counts[status],
            )
            for status in WORST_FIRST
        ],
        tiles=_tiles(document),
        sources=document["data_sources_active"],
        is_stale=document["stale"],
        has_snapshot=bool(document["snapshot_id"]),
        has_services=any(counts.values()),
    )


def headline(document: Document) -> str:
    """Return how everything is, in one line; what is not known is said before anything that was known once."""
    counts = document["status_counts"]
    total, failing = sum(counts.values()), document["errors"]["services_failing"]
    if not document["snapshot_id"]:
        return "No data yet"
    if document["stale"]:
        return "Not up to date"
    if not total:
        return "No services yet"
    if failing:
        return f"{wording.number(failing)} of {wording.count(total, 'service')} failing"
    for status in ("degraded", "unknown"):
        if counts[status]:
            return f"{wording.number(counts[status])} of {wording.count(total, 'service')} {status}"
    return _nothing_wrong(total, in_maintenance=counts["maintenance"])


def _nothing_wrong(total: int, *, in_maintenance: int) -> str:
    if in_maintenance == total:
        return "Everything in maintenance"
    if in_maintenance:
        return f"{wording.number(in_maintenance)} in maintenance, all others healthy"
    return "All services healthy" if total > 1 else "The service is healthy"


def _detail(document: Document) -> str:
    if not document["snapshot_id"]:
        return "The collector has not published a snapshot."
    health = document["health_summary"]
    if not health["total"]:
        return "Nothing that counts as an API is registered."
    return (
        f"{wording.number(health['healthy'])} of {wording.count(health['total'], 'API')} active,"
        f" health {wording.percent(health['health_percentage'])}"
    )


def _problem(document: Document) -> str:
    """Return what of ours failed as a sentence; that nothing was published yet is the headline already."""
    if "error" not in document or not document["snapshot_id"]:
        return ""
    message: str = document["error"]["message"]
    return f"{message[:1].upper()}{message[1:]}."


def _tiles(document: Document) -> list[Tile]:
    metrics = document["comparison"]["metrics"]
    sources = document["events_sources"]
    complete = sources["fresh"] >= sources["expected"]
    return [
        _tile(
            "events_per_second",
            "Event rate",
            f"{wording.number(document['events_per_second'])}/s",
            metrics,
            note="" if complete else f"{sources['fresh']} of {sources['expected']} sources report",
        ),
        _tile("error_rate", "Error rate", wording.percent(document["errors"]["error_rate"]), metrics),
        _tile(
            "response_time_ms_p50",
            "Latency p50",
            wording.milliseconds(metrics["response_time_ms_p50"]["current"]),
            metrics,
        ),
        _tile(
            "response_time_ms_p95",
            "Latency p95",
            wording.milliseconds(metrics["response_time_ms_p95"]["current"]),
            metrics,
        ),
        _tile(
            "api_calls_active",
            "Active APIs",
            wording.number(document["api_calls_active"]),
            metrics,
            note=f"of {wording.number(document['total_apis'])}",
        ),
    ]


def _tile(metric: str, label: str, value: str, metrics: dict[str, Any], *, note: str = "") -> Tile:
    compared = metrics[metric]
    return Tile(
        metric=metric,
        label=label,
        value=value,
        note=note,
        change=_change(metric, compared),
        words=_words(metric, compared),
        tone=compared["assessment"],
    )


def _change(metric: str, compared: dict[str, Any]) -> str:
    """Return the change with its arrow: in percent, or in the figure's own unit where percent of percent confuse."""
    change, changed_percent = compared["change"], compared["change_percent"]
    if change is None or compared["trend"] == "flat":
        return str(compared["indicator"])
    if metric in ("error_rate", "api_calls_active") or changed_percent is None:
        amount = wording.number(abs(change))
        unit = " points" if metric == "error_rate" else ""
    else:
        amount, unit = wording.percent(abs(changed_percent)), ""
    return f"{compared['indicator']} {amount}{unit}"


def _words(metric: str, compared: dict[str, Any]) -> str:
    """Return what the change means, and what it is measured against."""
    assessed = wording.ASSESSMENT_WORDS[compared["assessment"]]
    if compared["previous"] is None or compared["assessment"] == "unknown":
        return assessed
    parts = [assessed, f"before {_shown(metric, compared['previous'])}"]
    if metric in _MOMENTARY:
        parts.insert(1, f"average {_shown(metric, compared['current'])}")
    return ", ".join(filter(None, parts))


def _shown(metric: str, value: float) -> str:
    if metric == "error_rate":
        return wording.percent(value)
    if metric.startswith("response_time_ms"):
        return wording.milliseconds(value)
    return wording.number(value) + ("/s" if metric == "events_per_second" else "")
