"""The endpoints as REST framework serves them: it asks for rights, rates and media types, `reporting` answers."""

import math
from typing import Any, NoReturn

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from realtime.api.answers import asked_of, to_django
from realtime.api.errors import Refusal, handle_error
from realtime.api.negotiation import JSONFirstNegotiation
from realtime.api.openapi import openapi_document
from realtime.api.permissions import MayRead
from realtime.core import parameters
from realtime.core.parameters import InvalidParameter
from realtime.reporting.histories import process_histories
from realtime.reporting.rate_limit import too_many_requests
from realtime.reporting.reader import process_reader
from realtime.reporting.responses import document_answer, fixed_answer, history_answer, refusal, vary


class ReadersView(APIView):
    """What every endpoint has in common: who may read it, and the form of errors."""

    permission_classes = (MayRead,)

    def get_exception_handler(self) -> Any:
        return handle_error

    def throttled(self, request: Request, wait: float | None) -> NoReturn:
        raise Refusal(too_many_requests(math.ceil(wait or 0)))


class MetricsView(ReadersView):
    """An endpoint that answers with JSON."""

    content_negotiation_class = JSONFirstNegotiation
    renderer_classes = (JSONRenderer,)


class RealTimeMetricsView(MetricsView):
    """All services as of the last sweep, compared with the period before."""

    def get(self, request: Request) -> HttpResponseBase:
        """Answer from memory; 503 with the full shape only while this process never saw a snapshot."""
        return to_django(document_answer(asked_of(request._request), reader=process_reader(), now=timezone.now()))


class HistoryView(MetricsView):
    """The past of one metric, as at most 30 points for each service, oldest first.

    A point is the mean of the samples of its bucket, null where there was none: in the period of a minute buckets take
    2 s, so that with a sweep each 5 s three in five are null. A chart draws its line from point to point over them.
    """

    def get(self, request: Request) -> HttpResponseBase:
        """Answer from the store's buckets, or from memory while the store is away; 503 where there is neither."""
        return to_django(history_answer(asked_of(request._request), histories=process_histories(), now=timezone.now()))


class IndexView(MetricsView):
    """The endpoints of the API."""

    def get(self, request: Request) -> HttpResponseBase:
        try:
            parameters.no_query(request.META.get("QUERY_STRING", ""))
        except InvalidParameter as error:
            return to_django(refusal(error.problem))
        metrics = reverse("real-time-metrics").rstrip("/")
        endpoints = {
            "real_time_metrics": {"href": metrics, "description": "all services now, compared with the period before"},
            "history": {"href": f"{metrics}/history", "description": "one metric over a period"},
            "stream": {"href": f"{metrics}/stream", "description": "each new snapshot as a server-sent event"},
            "schema": {"href": reverse("api-schema"), "description": "this API as an OpenAPI document"},
            "docs": {"href": reverse("api-docs"), "description": "the same for people"},
        }
        return Response({"endpoints": endpoints}, headers={"Vary": vary(), "Cache-Control": "private, no-cache"})


class SchemaView(MetricsView):
    """The API as an OpenAPI document."""

    schema = None  # not an endpoint that the document describes

    def get(self, request: Request) -> HttpResponseBase:
        asked = asked_of(request._request)
        return to_django(fixed_answer(asked, rendered=openapi_document(prefix=asked.prefix)))
