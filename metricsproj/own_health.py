"""What a process says of itself, `/livez` and `/readyz`: before everything that could fail, and for any Host."""

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from realtime.core.records import FaultCode
from realtime.reporting.reader import latest_snapshot

NOT_CACHED = {"Cache-Control": "no-store"}


def answer_health(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: answers the two paths itself, whoever asks, however often, without a key and over plain HTTP."""
    answers = {"/livez": _liveness, "/readyz": _readiness}

    def middleware(request: HttpRequest) -> HttpResponse:
        answer = answers.get(request.path_info)
        return answer() if answer else get_response(request)

    return middleware


def _liveness() -> HttpResponse:
    """Return 200 as long as this process works; nobody is asked."""
    return HttpResponse("ok\n", content_type="text/plain", headers=NOT_CACHED)


def _readiness() -> HttpResponse:
    """Return 503 only while this process has no snapshot to serve: answering from memory is what it is for."""
    latest = latest_snapshot(timezone.now())
    is_store_away = latest.fault is not None and latest.fault.code is FaultCode.STORE_UNAVAILABLE
    snapshot = None
    if latest.snapshot is not None:
        snapshot = {
            "id": latest.snapshot.id,
            "age_seconds": round(latest.age_seconds or 0.0, 1),
            "stale": latest.stale,
        }
    told = {
        "ready": snapshot is not None,
        "store": "unavailable" if is_store_away else "available",
        "snapshot": snapshot,
    }
    body = json.dumps(told) + "\n"
    status = 200 if snapshot else 503
    return HttpResponse(body, status=status, content_type="application/json", headers=NOT_CACHED)
