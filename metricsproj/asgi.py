"""The one ASGI callable: push from an event loop, and all other HTTP through Django's WSGI application.

Django's own ASGI handler costs about 1.1 ms for each request, several times what the same view costs this way.
"""

from http import HTTPStatus

from django.conf import settings

from metricsproj import API_PREFIX, HEALTH_PATHS
from metricsproj.admin_policy import ADMIN_PATH
from metricsproj.request_bodies import BodyRefused, RequestBodies
from metricsproj.wsgi import application as wsgi_application
from metricsproj.wsgi_bridge import WsgiBridge
from realtime.live.asgi import Receive, Scope, Send, request_of
from realtime.live.gate import is_host_served
from realtime.live.routing import with_live_routes

# One interpreter lock: more threads would only take it from each other, for a sixth fewer answers a second. Not one,
# since the request that finds the store frozen waits for it, and the others must not.
API_THREADS = 2
# Pages and the admin wait for the database, and for services that an operator probes.
PAGE_THREADS = 8

# How long a form may be, by its path. The admin has a limit of its own, and nothing else takes a body.
FORM_BYTES = {"/sign-in": 16 * 1024, "/sign-out": 16 * 1024}

_api = WsgiBridge(wsgi_application, threads=API_THREADS)
_pages = WsgiBridge(wsgi_application, threads=PAGE_THREADS)


async def _http(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer programs and people in threads of their own, so that neither waits for the other.

    Health checks count as programs: an orchestrator must not restart a process whose pages wait for the database.
    """
    is_program = scope["type"] == "http" and (scope["path"].startswith(API_PREFIX) or scope["path"] in HEALTH_PATHS)
    await (_api if is_program else _pages)(scope, receive, send)
    if scope["type"] == "lifespan":
        _api.close()


def _body_limit_bytes(scope: Scope) -> int:
    """Return how long a body this request may bring."""
    path = scope["path"]
    if scope["method"] != "POST":
        return 0
    if not is_host_served(request_of(scope)):
        raise BodyRefused(HTTPStatus.BAD_REQUEST, "invalid_host", "this Host is not served")
    if path.startswith(ADMIN_PATH):
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return FORM_BYTES.get(path, 0)


application = RequestBodies(with_live_routes(_http), limit_of=_body_limit_bytes)
