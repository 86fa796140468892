"""The services of a document as rows: what each shows, in which order, and which of them were asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from realtime.core.document import Document
from realtime.core.readings import ENTRY_FIELDS
from realtime.web import wording

WORST_FIRST = ("error", "unhealthy", "degraded", "unknown", "healthy", "maintenance")
# More than these are not written into the first paint; the browser's own script adds them, or `?show=all`.
ROWS_AT_FIRST = 100
READINGS_SHOWN = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a viewer asked to see; empty means everything. `text` is looked for in names, groups and types."""

    text: str = ""
    group: str = ""
    status: str = ""
    show_all: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One service as text; `readings` are pairs of label and value.

    next_check: when it is probed again, empty unless it sits sweeps out.
    """

    name: str
    status: str
    status_word: str
    about: str
    is_api: bool
    pending: bool
    response: str
    change: str
    change_words: str
    error_rate: str
    readings: Sequence[tuple[str, str]]
    readings_left: int
    reading_errors: Sequence[tuple[str, str]]
    error: str
    error_message: str
    last_success: str
    last_success_at: str
    checked: str
    next_check: str
    uptime: str


BLANK = Row(
    name="", status="unknown", status_word="", about="", is_api=True, pending=False, response="", change="",
    change_words="", error_rate="", readings=(), readings_left=0, reading_errors=(), error="", error_message="",
    last_success="", last_success_at="", checked="", next_check="", uptime="",
)  # fmt: skip


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


def row(entry: Document, *, is_api: bool, at: str, readings_shown: int | None = READINGS_SHOWN) -> Row:
    """Return the row of one entry; `at` is the document's timestamp, from which "ago" is counted."""
    readings = [wording.reading(name, value) for name, value in reading_values(entry)]
    change, change_words = _change(entry["comparison"]["response_time_ms"])
    error, error_message = _error(entry["error"])
    return Row(
        name=entry["service"],
        status=entry["status"],
        status_word=wording.STATUS_WORDS[entry["status"]],
        about=" · ".join(dict.fromkeys(word for word in (entry["group"], entry["type"]) if word)),
        is_api=is_api,
        pending=entry["pending"],
        response=wording.milliseconds(entry["response_time_ms"]),
        change=change,
        change_words=change_words,
        error_rate=wording.percent(entry["error_rate"]),
        readings=readings[:readings_shown],
        readings_left=len(readings[readings_shown:]) if readings_shown else 0,
        reading_errors=tuple(entry.get("reading_errors", {}).items()),
        error=error,
        error_message=error_message,
        last_success=_ago(entry["last_success"], at=at),
        last_success_at=entry["last_success"] or "",
        checked=_ago(entry["checked_at"], at=at),
        next_check=wording.until(_seconds(at, entry["next_check_at"])) if "next_check_at" in entry else "",
        uptime=wording.duration(entry["uptime_seconds"]) if "uptime_seconds" in entry else wording.NOTHING,
    )


def reading_values(entry: Document) -> Iterable[tuple[str, float]]:
    """Return the readings that stand flat in an entry, beside its own fields."""
    return [(name, value) for name, value in entry.items() if name not in ENTRY_FIELDS]


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
    return f"{wording.INDICATORS[trend]} {percent}", f"{percent} {'slower' if trend == 'up' else 'faster'} than before"


def _error(error: dict[str, Any] | None) -> tuple[str, str]:
    if error is None:
        return "", ""
    words = wording.FAILURE_WORDS.get(error["kind"], error["kind"])
    if error["kind"] == "http_status" and error["http_status"]:
        words = f"Answers with HTTP {error['http_status']}"
    return words, error["message"]


def _ago(moment: str | None, *, at: str) -> str:
    if moment is None:
        return "never"
    return wording.ago(_seconds(moment, at))


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
