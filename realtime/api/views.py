"""`GET /api/v1/real-time-metrics`: the last published snapshot, from this process's memory."""

import re
from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from realtime.api.errors import PreconditionFailed, handle_error
from realtime.api.negotiation import JSONFirstNegotiation
from realtime.api.parameters import period_seconds
from realtime.api.permissions import MayRead
from realtime.api.renderers import RenderedJSONRenderer
from realtime.core.records import Snapshot
from realtime.reporting.access import is_public
from realtime.reporting.reader import Answer, process_reader

RETRY_AFTER_SECONDS = 5
_WEIGHT = re.compile(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", re.ASCII)


class MetricsView(APIView):
    """What all answers have in common: who may read them, and how errors are told."""

    content_negotiation_class = JSONFirstNegotiation
    permission_classes = (MayRead,)
    renderer_classes = (RenderedJSONRenderer,)

    def get_exception_handler(self) -> Any:
        return handle_error

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        finalized = super().finalize_response(request, response, *args, **kwargs)
        if finalized.status_code >= status.HTTP_400_BAD_REQUEST:
            finalized["Cache-Control"] = "no-store"
        if not is_public():
            patch_vary_headers(finalized, ["Authorization", "X-API-Key", "Cookie"])
        return finalized


class RealTimeMetricsView(MetricsView):
    """All services as of the last sweep, compared with the period before."""

    def get(self, request: Request) -> HttpResponseBase:
        """Answer from memory; 503 with the full shape only while this process never saw a snapshot."""
        answer = process_reader().answer(period_seconds=period_seconds(request), now=timezone.now())
        gzipped = accepts_gzip(request.META.get("HTTP_ACCEPT_ENCODING", ""))
        response = Response(answer.rendered.gzipped if gzipped else answer.rendered.body)
        if gzipped:
            response["Content-Encoding"] = "gzip"
        patch_vary_headers(response, ["Accept", "Accept-Encoding"])
        response["X-Cache"] = answer.cache_state
        snapshot = answer.latest.snapshot
        if snapshot is None:
            response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
            response["Retry-After"] = str(RETRY_AFTER_SECONDS)
            return response
        etag = f'"{answer.rendered.digest}{"-gzip" if gzipped else ""}"'
        return _conditional(request, response, answer, snapshot=snapshot, etag=etag)


def accepts_gzip(accept_encoding: str) -> bool:
    """Tell whether a client takes gzip, and likes it no less than no coding at all (RFC 9110, section 12.5.3)."""
    weights = {}
    for part in accept_encoding.lower().split(","):
        coding, _, parameter = part.partition(";")
        weight = _WEIGHT.fullmatch(parameter)
        weights[coding.strip()] = float(weight.group(1)) if weight else 1.0
    gzip = weights.get("gzip", weights.get("*", 0.0))
    return gzip > 0 and gzip >= weights.get("identity", 0.0)


def _conditional(
    request: Request, response: Response, answer: Answer, *, snapshot: Snapshot, etag: str
) -> HttpResponseBase:
    """Add the headers of caching, and turn the answer into a 304 where the client has it already."""
    latest = answer.latest
    modified = int(snapshot.finished_at.timestamp())
    response["ETag"] = etag
    response["Last-Modified"] = http_date(modified)
    response["Cache-Control"] = "no-cache" if latest.stale else f"private, max-age={snapshot.refresh_interval_seconds}"
    # A date cannot tell that the same snapshot went stale or that the store failed since.
    dated = None if latest.stale or latest.fault else modified
    answered = get_conditional_response(request, etag=etag, last_modified=dated, response=response) or response
    if answered.status_code == status.HTTP_412_PRECONDITION_FAILED:
        raise PreconditionFailed
    answered["Age"] = str(int(latest.age_seconds or 0))
    answered["X-Cache"] = answer.cache_state
    return answered
