"""The headers that Django's middleware adds to every answer, for the answers that do not pass through it."""

from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware

Header = tuple[bytes, bytes]


def site_headers(request: HttpRequest) -> list[Header]:
    """Return what protects a browser, and what lets pages of allowed origins read, as the same middleware says it."""
    response = HttpResponse()
    del response["Content-Type"]
    if settings.REALTIME.allowed_origins:
        CorsMiddleware(_answer).add_response_headers(request, response)
    # Made anew each time, since they read the settings when they are made; an opening connection can afford it.
    XFrameOptionsMiddleware(_answer).process_response(request, response)
    SecurityMiddleware(_answer).process_response(request, response)
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]


def _answer(request: HttpRequest) -> HttpResponse:
    """Stand for the view, which middleware wants to know and these calls never ask."""
    raise NotImplementedError
