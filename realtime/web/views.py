"""The pages: the dashboard and one page for each service, painted from the same document that REST answers with."""

import json
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from realtime.core import wording
from realtime.core.contract.entry_fields import ENTRY_FIELDS
from realtime.core.document import Document, timestamp
from realtime.core.history import DEFAULT_PERIOD, PERIODS
from realtime.core.phrases import PERIOD_WORDS, STATUS_WORDS, TABLES, WORST_FIRST
from realtime.core.wording import say
from realtime.reporting.reader import process_reader
from realtime.reporting.rendering import Rendered
from realtime.web.overview import overview
from realtime.web.rows import BLANK, ROWS_AT_FIRST, Wanted, all_entries, changes, choose, groups, row
from realtime.web.security import with_policy
from realtime.web.signing_in import for_readers, sign_out_url

SOCKET_PATH = "ws/real-time-metrics"
# How often a viewer wants updates; the schedule of the sweeps stays as it is.
INTERVALS = {"": "every sweep", "10": "every 10 s", "30": "every 30 s", "60": "every minute", "300": "every 5 min"}


@with_policy
@require_safe
@for_readers
def dashboard(request: HttpRequest) -> HttpResponse:
    """Paint the dashboard; an unknown period is the default one, since a page is no place for a 400."""
    period, now = _period(request), timezone.now()
    document = _document(period, now=now)
    wanted = _wanted(request)
    chosen = choose(document, wanted)
    shown = chosen if wanted.show_all else chosen[:ROWS_AT_FIRST]
    context = _frame(document, period=period, now=now) | {
        "overview": overview(document, period=period, clock=_clock(document)),
        "rows": [row(entry, is_api=is_api, now=now) for entry, is_api in shown],
        "changes": changes(document, now=now),
        "blank": BLANK,
        "wanted": wanted,
        "query": _query(request),
        "shown_of_all": say(
            "shown", number=wording.number(len(chosen)), all=wording.number(len(all_entries(document)))
        ),
        "is_empty": not chosen,
        "hidden": len(chosen) - len(shown),
        "show_more": say("show_more", number=wording.number(len(chosen) - len(shown))),
        "groups": groups(document),
        "statuses": [(status, STATUS_WORDS[status]) for status in WORST_FIRST],
        "intervals": INTERVALS,
    }
    return render(request, "realtime/dashboard.html", context)


@with_policy
@require_safe
@for_readers
def service(request: HttpRequest, name: str) -> HttpResponse:
    """Paint the page of one service; 404 when the last snapshot does not know it."""
    period, now = _period(request), timezone.now()
    document = _document(period, now=now)
    context = _frame(document, period=period, now=now) | {"name": name}
    found = [(entry, is_api) for entry, is_api in all_entries(document) if entry["service"] == name]
    if not found:
        return render(request, "realtime/no_such_service.html", context, status=404)
    entry, is_api = found[0]
    charts = [("response_time_ms", "Response time"), ("error_rate", "Error rate")]
    charts += [(metric, wording.reading(metric, 0)[0].capitalize()) for metric in _tracked(entry)]
    shown = row(entry, is_api=is_api, now=now, readings_shown=None)
    is_stale = document["stale"]
    context |= {
        "status": "unknown" if is_stale else entry["status"],
        "status_word": say("last_known_status", status=shown.status_word) if is_stale else shown.status_word,
        "title": say("stale_page_title" if is_stale else "page_title", service=name, status=shown.status_word),
        "row": shown,
        "charts": charts,
        "service_page": True,
    }
    return render(request, "realtime/service.html", context)


def _tracked(entry: Document) -> list[str]:
    """Return the readings of an entry that have a history."""
    return [metric for metric in entry["comparison"] if metric not in ("response_time_ms", "error_rate")]


def _period(request: HttpRequest) -> str:
    word = request.GET.get("period", DEFAULT_PERIOD)
    return word if word in PERIODS else DEFAULT_PERIOD


def _wanted(request: HttpRequest) -> Wanted:
    status = request.GET.get("status", "")
    return Wanted(
        text=request.GET.get("q", "").strip(),
        group=request.GET.get("group", ""),
        status=status if status in WORST_FIRST else "",
        show_all=request.GET.get("show") == "all",
    )


def _query(request: HttpRequest) -> str:
    """Return what was asked for, but for the period, to be carried along in links."""
    query = request.GET.copy()
    query.pop("period", None)
    return query.urlencode()


def _document(period: str, *, now: datetime) -> Document:
    return _parsed(process_reader().answer(period_seconds=PERIODS[period], now=now).rendered)


@lru_cache(maxsize=2 * len(PERIODS))
def _parsed(rendered: Rendered) -> Document:
    """Return an answer's document; parsed once, however many viewers come while it is the latest."""
    parsed: Document = json.loads(rendered.body)
    return parsed


def _clock(document: Document) -> str:
    """Return the time of the sweep as people read it; the script replaces it by the viewer's own time."""
    return f"{document['timestamp'][11:19]} UTC"


def _frame(document: Document, *, period: str, now: datetime) -> dict[str, Any]:
    """Return what every page needs: where the script finds its data, and the state of what is painted."""
    metrics = reverse("real-time-metrics").rstrip("/")
    return {
        "at": document["timestamp"],
        "at_clock": _clock(document),
        "now": timestamp(now),
        "words": TABLES,
        "numbers_from": say("numbers_from", clock=_clock(document)),
        "status": document["status"],
        "stale": document["stale"],
        "snapshot_id": document["snapshot_id"],
        "refresh_seconds": max(document["refresh_interval_seconds"], 5),
        "period": period,
        "periods": [(word, PERIOD_WORDS[word]) for word in PERIODS],
        "entry_fields": " ".join(sorted(ENTRY_FIELDS)),
        "metrics_url": metrics,
        "stream_url": f"{metrics}/stream",
        "history_url": f"{metrics}/history",
        "socket_url": get_script_prefix() + SOCKET_PATH,
        "admin_url": _admin_url("index"),
        "sign_out_url": sign_out_url(),
        "add_service_url": _admin_url("realtime_service_add"),
    }


def _admin_url(name: str) -> str:
    """Return where the admin is, empty in an installation without it."""
    try:
        return reverse(f"admin:{name}")
    except NoReverseMatch:
        return ""
