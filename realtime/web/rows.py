"""The services of a document as rows: what each shows, in which order, and which of them were asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from realtime.core import wording
from realtime.core.comparison import INDICATORS
from realtime.core.contract.entry_fields import ENTRY_FIELDS
from realtime.core.document import Document
from realtime.core.phrases import EVIDENCE_WORDS, NOTHING, PHRASES, SINCE_WORDS, STATUS_WORDS, WORST_FIRST
from realtime.core.wording import say

# More than these are not written into the first paint; the browser's own script adds them, or `?show=all`.
ROWS_AT_FIRST = 100
READINGS_SHOWN = 4
CHANGES_SHOWN = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a viewer asked to see; empty means everything. `text` is looked for in names, groups and types."""

    text: str = ""
    group: str = ""
    status: str = ""
    show_all: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveMoment:
    """A time as people read it, with what the script needs to go on counting; all empty where there is none."""

    text: str = ""
    at: str = ""
    template: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One service as text; `readings` are pairs of label and value.

    error: the kind of failure in words. reason: why it has its status, empty while it is healthy.
    next_check: when it is probed again, empty unless it sits sweeps out.
    """

    name: str = ""
    status: str = "unknown"
    status_word: str = ""
    since: LiveMoment = LiveMoment()
    about: str = ""
    is_api: bool = True
    pending: bool = False
    response: str = ""
    mean_response: str = ""
    change: str = ""
    change_words: str = ""
    error_rate: str = ""
    readings: Sequence[tuple[str, str]] = ()
    readings_left: str = ""
    reading_errors: Sequence[tuple[str, str]] = ()
    error: str = ""
    reason: str = ""
    maintenance: LiveMoment = LiveMoment()
    last_success: LiveMoment = LiveMoment()
    checked: LiveMoment = LiveMoment()
    next_check: LiveMoment = LiveMoment()
    uptime: str = ""
    evidence: str = ""
    certificate: str = ""


BLANK = Row()


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One status change of the fleet."""

    at: LiveMoment
    service: str
    before: str
    after: str
    status: str
    reason: str


def all_entries(document: Document) -> list[tuple[Document, bool]]:
    """Return every entry of a document, and whether it counts as an API."""
    return [(entry, True) for entry in document["api_metrics"]] + [
        (entry, False) for entry in document["other_services"]
    ]


def choose(document: Document, wanted: Wanted) -> list[tuple[Document, bool]]:
    """Return the entries that were asked for, worst first, otherwise in registry order."""
    chosen = [found for found in all_entries(document) if _matches(found[0], wanted)]
    return sorted(chosen, key=lambda found: WORST_FIRST.index(found[0]["status"]))


def groups(document: Document) -> list[str]:
    return sorted({entry["group"] for entry, _ in all_entries(document) if entry["group"]})


def changes(document: Document, *, now: datetime) -> list[Change]:
    """Return the last status changes of the fleet, newest first."""
    return [
        Change(
            at=_moment(change["at"], PHRASES["ago"], now=now),
            service=change["service"],
            before=STATUS_WORDS[change["from"]],
            after=STATUS_WORDS[change["to"]],
            status=change["to"],
            reason=change["reason"] or "",
        )
        for change in document["recent_changes"][:CHANGES_SHOWN]
    ]


def row(entry: Document, *, is_api: bool, now: datetime, readings_shown: int | None = READINGS_SHOWN) -> Row:
    """Return the row of one entry; `now` is the moment from which "ago" is counted."""
    readings = [wording.reading(name, value) for name, value in reading_values(entry)]
    left = len(readings[readings_shown:]) if readings_shown else 0
    change, change_words = _change(entry["comparison"]["response_time_ms"])
    return Row(
        name=entry["service"],
        status=entry["status"],
        status_word=STATUS_WORDS[entry["status"]],
        since=_moment(entry["status_since"], SINCE_WORDS[entry["status"]], now=now),
        about=" · ".join(dict.fromkeys(word for word in (entry["group"], entry["type"]) if word)),
        is_api=is_api,
        pending=entry["pending"],
        response=wording.milliseconds(entry["response_time_ms"]),
        mean_response=wording.milliseconds(entry["comparison"]["response_time_ms"]["current"]),
        change=change,
        change_words=change_words,
        error_rate=wording.percent(entry["error_rate"]),
        readings=readings[:readings_shown],
        readings_left=say("more_readings", number=wording.number(left)) if left else "",
        reading_errors=tuple(entry.get("reading_errors", {}).items()),
        error=failure_words(entry["error"]),
        reason=_reason(entry),
        maintenance=_moment(entry.get("maintenance_until"), PHRASES["until"], now=now),
        last_success=_moment(entry["last_success"], PHRASES["ago"], now=now, none=say("never")),
        checked=_moment(entry["checked_at"], PHRASES["ago"], now=now, none=say("never")),
        next_check=_moment(entry.get("next_check_at"), PHRASES["until"], now=now),
        uptime=wording.duration(entry["uptime_seconds"]) if "uptime_seconds" in entry else NOTHING,
        evidence=_evidence(entry),
        certificate=_certificate(entry),
    )


def reading_values(entry: Document) -> Iterable[tuple[str, float]]:
    """Return the readings that stand flat in an entry, beside its own fields."""
    return [(name, value) for name, value in entry.items() if name not in ENTRY_FIELDS]


def failure_words(error: dict[str, Any] | None) -> str:
    """Return the kind of a failure in words, empty for None."""
    if error is None:
        return ""
    if error["kind"] == "http_status" and error["http_status"]:
        return say("answers_with", status=str(error["http_status"]))
    return wording.failure_kind(error["kind"])


def _matches(entry: Document, wanted: Wanted) -> bool:
    searched = " ".join((entry["service"], entry["group"], entry["type"])).lower()
    return (
        wanted.text.lower() in searched
        and wanted.group in ("", entry["group"])
        and wanted.status in ("", entry["status"])
    )


def _change(compared: dict[str, Any]) -> tuple[str, str]:
    """Return arrow and percentage of a change that stands out, and the same in words."""
    trend, changed = compared["trend"], compared["change_percent"]
    if trend not in ("up", "down") or changed is None:
        return "", ""
    percent = wording.percent(abs(changed))
    return f"{INDICATORS[trend]} {percent}", say("slower" if trend == "up" else "faster", percent=percent)


def _reason(entry: Document) -> str:
    """Return why the service has its status; how long a maintenance lasts is a moment of its own."""
    if entry["error"] is not None:
        return str(entry["error"]["message"])
    return "" if entry["status"] == "maintenance" else entry["reason"] or ""


def _evidence(entry: Document) -> str:
    if entry["evidence"] is None:
        return ""
    words = say("rests_on", evidence=EVIDENCE_WORDS[entry["evidence"]])
    if entry["unknown_word"] is not None:
        words += "; " + say("unknown_word", word=entry["unknown_word"])
    return words


def _certificate(entry: Document) -> str:
    days = entry.get("certificate_days")
    return "" if days is None else say("certificate_days", days=wording.count(days, "day"))


def _moment(at: str | None, template: str, *, now: datetime, none: str = "") -> LiveMoment:
    if at is None:
        return LiveMoment(text=none)
    seconds = (now - datetime.fromisoformat(at)).total_seconds()
    return LiveMoment(text=wording.moment(template, seconds), at=at, template=template)
