"""What a process says of itself, `/livez` and `/readyz`: before everything that could fail, and for any Host."""

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from metricsproj import HEALTH_PATHS
from metricsproj.descriptors import Supply, process_descriptors
from realtime.core.records import FaultCode
from realtime.reporting.reader import latest_snapshot

NOT_CACHED = {"Cache-Control": "no-store"}


def answer_health(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: answers the two paths itself, whoever asks, however often, without a key and over plain HTTP."""
    answers = dict(zip(HEALTH_PATHS, (_liveness, _readiness), strict=True))

    def middleware(request: HttpRequest) -> HttpResponse:
        answer = answers.get(request.path_info)
        return answer() if answer else get_response(request)

    return middleware


def _liveness() -> HttpResponse:
    """Return 200 as long as this process works; nobody is asked."""
    return HttpResponse("ok\n", content_type="text/plain", headers=NOT_CACHED)


def _readiness() -> HttpResponse:
    """Return 503 while this process has no snapshot to serve, or refuses clients because it has no descriptors left.

    A store that is away does not matter here: this process can answer from memory.
    """
    latest = latest_snapshot(timezone.now())
    is_store_away = latest.fault is not None and latest.fault.code is FaultCode.STORE_UNAVAILABLE
    snapshot = None
    if latest.snapshot is not None:
        snapshot = {
            "id": latest.snapshot.id,
            "age_seconds": round(latest.age_seconds or 0.0, 1),
            "stale": latest.stale,
        }
    supply = process_descriptors().supply()
    is_ready = snapshot is not None and supply is not Supply.EXHAUSTED
    told = {
        "ready": is_ready,
        "store": "unavailable" if is_store_away else "available",
        "snapshot": snapshot,
        "descriptors": supply,
    }
    body = json.dumps(told) + "\n"
    status = 200 if is_ready else 503
    return HttpResponse(body, status=status, content_type="application/json", headers=NOT_CACHED)
