"""Django's middleware for who uses a browser; the API, which knows neither sessions nor messages, passes it by."""

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from metricsproj import API_PREFIX
from realtime.config import ReadAccess


class _ForPages(MiddlewareMixin):
    """Costs a request of the API nothing, unless the session tells who may read."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(API_PREFIX) and settings.REALTIME.read_access is not ReadAccess.STAFF:
            return self.get_response(request)  # type: ignore[return-value]
        return super().__call__(request)  # type: ignore[return-value]


class Sessions(_ForPages, SessionMiddleware):
    """Sessions."""


class Users(_ForPages, AuthenticationMiddleware):
    """Who is signed in."""


class Messages(_ForPages, MessageMiddleware):
    """What the admin has to say after an action."""
