"""`/api/docs/`: the OpenAPI document for people, shown by Swagger UI, which is served from here."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from rest_framework import status
from rest_framework.renderers import StaticHTMLRenderer
from rest_framework.request import Request

from realtime.api.errors import Refusal, handle_error
from realtime.api.views import ReadersView
from realtime.config import ReadAccess
from realtime.reporting.responses import vary

# As strict as that of the other pages, but for Swagger UI's icons, which its style sheet holds as `data:` images.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


_MAY_NOT_READ = (status.HTTP_401_UNAUTHORIZED, status.HTTP_403_FORBIDDEN)


class DocsView(ReadersView):
    """A page; its errors are those of the API, except that a person is led to where one signs in."""

    schema = None  # not an endpoint that the document describes
    renderer_classes = (StaticHTMLRenderer,)

    def get(self, request: Request) -> HttpResponseBase:
        response = render(request._request, "realtime/api_docs.html")
        response["Content-Security-Policy"] = POLICY
        response["Cache-Control"] = "private, no-cache"
        response["Vary"] = vary()
        return response

    def get_exception_handler(self) -> Any:
        return _lead_in


def _lead_in(error: Exception, context: dict[str, Any]) -> HttpResponseBase | None:
    """Return the way in for a person who may not read, the usual answer for anybody else."""
    request: Request = context["request"]
    is_stranger = isinstance(error, Refusal) and error.status_code in _MAY_NOT_READ
    if not is_stranger or "text/html" not in request.META.get("HTTP_ACCEPT", ""):
        return handle_error(error, context)
    page = "admin:login" if settings.REALTIME.read_access is ReadAccess.STAFF else "sign-in"
    return HttpResponseRedirect(f"{reverse(page)}?{urlencode({'next': request.get_full_path()})}")
