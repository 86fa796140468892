"""`GET /api/v1/real-time-metrics/history`: one metric over a period, as at most 30 points for each service.

    ?metric=   one of events_per_second, api_calls_active, health_percentage, error_rate, response_time_ms,
               response_time_ms_p50, response_time_ms_p95, or the name of a registered reading; required
    ?period=   as for the main answer
    ?service=  only this service, with its failures by kind in the period and its last 20 status changes

The points are oldest first, one for each bucket of `bucket_seconds`, the last bucket being that of the snapshot. A
point is the mean of the samples of its bucket, null where there was none: in the period of a minute buckets take 2 s,
so that with a sweep each 5 s three in five are null. A chart draws its line from point to point over them.
"""

from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from realtime.api.errors import PreconditionFailed
from realtime.api.parameters import period_seconds
from realtime.api.views import RETRY_AFTER_SECONDS, MetricsView, accepts_gzip
from realtime.reporting.histories import HistoryAnswer, HistoryUnavailable, Question, process_histories
from realtime.reporting.reader import CacheState


class HistoryView(MetricsView):
    """The past of one metric, for all services at once or for one of them."""

    def get(self, request: Request) -> HttpResponseBase:
        """Answer from the store's buckets, or from memory while the store is away; 503 where there is neither."""
        question = Question(
            metric=request.query_params.get("metric", ""),
            period_seconds=period_seconds(request),
            service=request.query_params.get("service"),
        )
        try:
            answer = process_histories().answer(question)
        except HistoryUnavailable as error:
            told = {"code": error.fault.code, "message": error.fault.message}
            return Response(
                {"error": told},
                status=status.HTTP_503_SERVICE_UNAVAILABLE,
                headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
            )
        return _respond(request, answer)


def _respond(request: Request, answer: HistoryAnswer) -> HttpResponseBase:
    gzipped = accepts_gzip(request.META.get("HTTP_ACCEPT_ENCODING", ""))
    response = Response(answer.rendered.gzipped if gzipped else answer.rendered.body)
    if gzipped:
        response["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ["Accept", "Accept-Encoding"])
    etag = f'"{answer.rendered.digest}{"-gzip" if gzipped else ""}"'
    response["ETag"] = etag
    fresh = f"private, max-age={answer.refresh_interval_seconds}"
    response["Cache-Control"] = "no-cache" if answer.fault else fresh
    answered = get_conditional_response(request, etag=etag, response=response) or response
    if answered.status_code == status.HTTP_412_PRECONDITION_FAILED:
        raise PreconditionFailed
    answered["Age"] = str(max(0, int((timezone.now() - answer.finished_at).total_seconds())))
    answered["X-Cache"] = CacheState.STALE if answer.fault else CacheState.HIT
    return answered
