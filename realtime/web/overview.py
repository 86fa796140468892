"""What stands above the table: how everything is in one line, the counts, and the fleet's figures with their trend.

`static/realtime/js/overview.js` says the same of each document that arrives later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from realtime.core import wording
from realtime.core.document import Document
from realtime.core.phrases import ASSESSMENT_WORDS, PERIOD_WORDS, STATUS_WORDS, WORST_FIRST
from realtime.core.wording import say

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
    """One figure of the fleet. `metric` names its history; `tone` is the assessment, for colour beside the word.

    scope: whether the value is that of the last sweep or of the whole period. note: what it is a part of.
    is_hidden: nothing is registered for it.
    """

    metric: str
    label: str
    scope: str
    value: str
    note: str
    change: str
    words: str
    tone: str
    is_hidden: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One registered data source."""

    name: str
    is_active: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """One group of services with its roll-up and the number of services, or of those that fail."""

    name: str
    status: str
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """`status` is the roll-up's word; `problem` is the internal failure, empty when there is none."""

    status: str
    status_word: str
    headline: str
    detail: str
    problem: str
    figures: str
    counts: Sequence[Count]
    tiles: Sequence[Tile]
    sources: Sequence[Source]
    groups: Sequence[Group]
    is_stale: bool
    has_snapshot: bool
    has_services: bool


def overview(document: Document, *, period: str, clock: str) -> Overview:
    """Return the upper part of the page for one document.

    period: its word, e.g. `5m`. clock: the time of the snapshot as people read it.
    """
    counts = document["status_counts"]
    figures = "old_figures" if document["stale"] else "figures"
    return Overview(
        status=document["status"],
        status_word=STATUS_WORDS[document["status"]],
        headline=headline(document),
        detail=_detail(document, period=period),
        problem=_problem(document),
        figures=say(figures, period=PERIOD_WORDS[period], clock=clock),
        counts=[
            Count(
                status=status,
                word=STATUS_WORDS[status],
                number=wording.number(counts[status]),
                is_zero=not counts[status],
            )
            for status in WORST_FIRST
        ],
        tiles=_tiles(document, period=period),
        sources=[
            Source(name=name, is_active=name in document["data_sources_active"])
            for name in document["data_sources_registered"]
        ],
        groups=_groups(document),
        is_stale=document["stale"],
        has_snapshot=bool(document["snapshot_id"]),
        has_services=any(counts.values()),
    )


def headline(document: Document) -> str:
    """Return how everything is, in one line; what is not known is said before anything that was known once."""
    counts = document["status_counts"]
    total, failing = sum(counts.values()), document["errors"]["services_failing"]
    if not document["snapshot_id"]:
        return say("no_snapshot")
    if document["stale"]:
        return say("not_up_to_date")
    if not total:
        return say("no_services")
    services = wording.count(total, "service")
    if failing:
        return say("failing", failing=wording.number(failing), services=services)
    for status in ("degraded", "unknown"):
        if counts[status]:
            return say("of_status", number=wording.number(counts[status]), services=services, status=status)
    return _nothing_wrong(total, in_maintenance=counts["maintenance"])


def _nothing_wrong(total: int, *, in_maintenance: int) -> str:
    if in_maintenance == total:
        return say("all_in_maintenance")
    if in_maintenance:
        return say("others_healthy", number=wording.number(in_maintenance))
    return say("all_healthy" if total > 1 else "one_healthy")


def _detail(document: Document, *, period: str) -> str:
    """Return the counts of APIs; beside a headline without trouble also what failed earlier in the period."""
    if not document["snapshot_id"]:
        return say("nothing_published")
    health = document["health_summary"]
    detail = say("no_apis")
    if health["total"]:
        apis, share = wording.count(health["total"], "API"), wording.percent(health["health_percentage"])
        detail = say("apis_active", active=wording.number(health["healthy"]), apis=apis, health=share)
    if document["stale"]:
        return say("last_known", what=detail)
    errors = document["errors"]
    if errors["failed_probes"] and not errors["services_failing"]:
        failed = say("some_failed", share=wording.percent(errors["error_rate"]), period=PERIOD_WORDS[period])
        return f"{detail} · {failed}"
    return detail


def _problem(document: Document) -> str:
    """Return the internal failure as a sentence; that nothing was published yet is the headline already."""
    if "error" not in document or not document["snapshot_id"]:
        return ""
    message: str = document["error"]["message"]
    return f"{message[:1].upper()}{message[1:]}."


def _groups(document: Document) -> list[Group]:
    """Return the groups with a name, where there is more than one group."""
    named = [group for group in document["groups"] if group["group"]]
    return [
        Group(
            name=group["group"],
            status=group["status"],
            words=say(
                "group_failing",
                failing=wording.number(group["failing"]),
                services=wording.number(group["services"]),
            )
            if group["failing"]
            else wording.count(group["services"], "service"),
        )
        for group in named
        if len(document["groups"]) > 1
    ]


def _tiles(document: Document, *, period: str) -> list[Tile]:
    metrics = document["comparison"]["metrics"]
    sources = document["events_sources"]
    now, in_period = say("now"), say("in_period", period=PERIOD_WORDS[period])
    is_complete = sources["fresh"] >= sources["expected"]
    fresh, expected = (wording.number(sources[name]) for name in ("fresh", "expected"))
    return [
        _tile(
            "events_per_second",
            "Event rate",
            f"{wording.number(document['events_per_second'])}/s",
            metrics,
            scope=now,
            note="" if is_complete else say("sources_report", fresh=fresh, expected=expected),
            is_hidden=not sources["expected"],
        ),
        _tile("error_rate", "Error rate", wording.percent(document["errors"]["error_rate"]), metrics, scope=in_period),
        *(
            _tile(metric, label, wording.milliseconds(metrics[metric]["current"]), metrics, scope=in_period)
            for metric, label in (("response_time_ms_p50", "Latency p50"), ("response_time_ms_p95", "Latency p95"))
        ),
        _tile(
            "api_calls_active",
            "Active APIs",
            wording.number(document["api_calls_active"]),
            metrics,
            scope=now,
            note=say("of", total=wording.number(document["total_apis"])),
            is_hidden=not document["total_apis"],
        ),
    ]


def _tile(
    metric: str,
    label: str,
    value: str,
    metrics: dict[str, Any],
    *,
    scope: str,
    note: str = "",
    is_hidden: bool = False,
) -> Tile:
    compared = metrics[metric]
    return Tile(
        metric=metric,
        label=label,
        scope=scope,
        value=value,
        note=note,
        change=_change(metric, compared),
        words=_words(metric, compared),
        tone=compared["assessment"],
        is_hidden=is_hidden,
    )


def _change(metric: str, compared: dict[str, Any]) -> str:
    """Return the change with its arrow: in percent, or in the figure's own unit where percent of percent confuse."""
    change, changed_percent = compared["change"], compared["change_percent"]
    if change is None or compared["trend"] == "flat":
        return str(compared["indicator"])
    if metric == "error_rate":
        amount = say("points", number=wording.number(abs(change)))
    elif metric == "api_calls_active" or changed_percent is None:
        amount = wording.number(abs(change))
    else:
        amount = wording.percent(abs(changed_percent))
    return f"{compared['indicator']} {amount}"


def _words(metric: str, compared: dict[str, Any]) -> str:
    """Return what the change means, and what it is measured against."""
    assessed = ASSESSMENT_WORDS[compared["assessment"]]
    if compared["previous"] is None or compared["assessment"] == "unknown":
        return assessed
    parts = [assessed, say("before", value=_shown(metric, compared["previous"]))]
    if metric in _MOMENTARY:
        parts.insert(1, say("average", value=_shown(metric, compared["current"])))
    return ", ".join(filter(None, parts))


def _shown(metric: str, value: float) -> str:
    if metric == "error_rate":
        return wording.percent(value)
    if metric.startswith("response_time_ms"):
        return wording.milliseconds(value)
    return wording.number(value) + ("/s" if metric == "events_per_second" else "")
