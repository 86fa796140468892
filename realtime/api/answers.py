"""Between Django's requests and responses and the answers of `realtime/reporting`."""

from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix

from realtime.reporting.responses import Answered, Asked, Conditions


def asked_of(request: HttpRequest) -> Asked:
    """Return what matters of a request."""
    meta = request.META
    return Asked(
        query_string=meta.get("QUERY_STRING", ""),
        accept_encoding=meta.get("HTTP_ACCEPT_ENCODING", ""),
        conditions=Conditions(
            if_match=meta.get("HTTP_IF_MATCH", ""),
            if_none_match=meta.get("HTTP_IF_NONE_MATCH", ""),
            if_modified_since=meta.get("HTTP_IF_MODIFIED_SINCE", ""),
            if_unmodified_since=meta.get("HTTP_IF_UNMODIFIED_SINCE", ""),
        ),
        prefix=get_script_prefix(),
    )


def to_django(answer: Answered) -> HttpResponse:
    """Return an answer as Django sends it."""
    response = HttpResponse(answer.body, status=answer.status)
    del response["Content-Type"]
    for name, value in answer.headers:
        response[name] = value
    return response
